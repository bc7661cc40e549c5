//! Commands and their flags.
