//! Configurations: parsed, or refused with their problems.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

use okta_exporter::config::Config;

fuzz_target!(|body: &[u8]| {
    if let Ok(yaml) = std::str::from_utf8(body) {
        if let Err(problems) = Config::parse(yaml, &BTreeMap::new()) {
            assert!(!problems.to_string().is_empty());
        }
    }
});
