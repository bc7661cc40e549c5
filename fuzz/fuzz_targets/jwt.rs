//! Tokens: decoded without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okta_exporter::okta::AccessToken;

fuzz_target!(|body: &[u8]| {
    let _ = AccessToken::decode(&String::from_utf8_lossy(body));
});
