//! What an answer other than 2xx says of itself: short, and in one line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okta_exporter::okta::readers;

fuzz_target!(|body: &[u8]| {
    let told = readers::error(&http::HeaderMap::new(), body);
    assert!(!told.contains(char::is_control) && told.chars().count() <= 3_000);
});
