//! `WWW-Authenticate`: nothing grows beyond its bounds.
#![no_main]

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use okta_exporter::okta::Challenge;

fuzz_target!(|line: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(line) else {
        return;
    };
    let headers = HeaderMap::from_iter([(http::header::WWW_AUTHENTICATE, value)]);
    let challenges = Challenge::read_all(&headers);
    assert!(challenges.len() <= 20);
    assert!(challenges.iter().all(|challenge| challenge.params.len() <= 20));
});
