//! Rate-limit headers, one in each line of the input: what is read makes sense.
#![no_main]

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use okta_exporter::okta::{LimitKind, RateLimit, readers};

fuzz_target!(|line: &[u8]| {
    let names = ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset", "retry-after", "date"];
    let mut headers = HeaderMap::new();
    for (name, line) in names.iter().cycle().zip(line.split(|byte| *byte == b'\n').take(20)) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(*name, value);
        }
    }
    if let Some(read) = RateLimit::read(&headers) {
        assert!(read.limit > 0 && read.remaining <= read.limit);
        assert!((0.0..=1.0).contains(&read.usage_ratio()));
    }
    let _ = LimitKind::of_429(&headers);
    let wait = readers::back_off(http::StatusCode::TOO_MANY_REQUESTS, &headers);
    assert!(wait.is_some_and(|wait| wait.as_secs() <= 300));
});
