//! `Link`: what is found stands in the header.
#![no_main]

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use okta_exporter::okta::readers;

fuzz_target!(|line: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(line) else {
        return;
    };
    let headers = HeaderMap::from_iter([(http::header::LINK, value)]);
    if let Some(target) = readers::next(&headers) {
        assert!(String::from_utf8_lossy(line).contains(&target));
    }
});
