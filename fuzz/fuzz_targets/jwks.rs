//! Key sets, and what is signed with them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okta_exporter::okta::KeySet;

fuzz_target!(|body: &[u8]| {
    if let Ok(set) = KeySet::read(body) {
        for kid in set.keys.keys() {
            assert!(!kid.is_empty() && kid.len() <= 128);
        }
        let _ = set.verify(&String::from_utf8_lossy(body));
    }
});
