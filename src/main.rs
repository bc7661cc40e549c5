//! Arguments, tracing, exit code.

fn main() {}
