//! What it does is in `readers.rs`, where tests find it as well.
#![no_main]

#[path = "../readers.rs"]
#[allow(dead_code, reason = "each target uses its own")]
mod readers;

libfuzzer_sys::fuzz_target!(|input: &[u8]| readers::log_page(input));
