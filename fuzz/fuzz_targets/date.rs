//! Dates and ages of HTTP.
#![no_main]

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use okta_exporter::okta::{max_age, readers};

fuzz_target!(|line: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(line) else {
        return;
    };
    for name in [http::header::DATE, http::header::EXPIRES, http::header::AGE, http::header::CACHE_CONTROL] {
        let headers = HeaderMap::from_iter([(name, value.clone())]);
        let _ = (readers::date(&headers), max_age(&headers), readers::request_id(&headers));
    }
});
