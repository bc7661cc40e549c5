//! Status pages in every format: the first byte chooses it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okta_exporter::probe::status_page::{Format, read};

fuzz_target!(|body: &[u8]| {
    let Some((first, body)) = body.split_first() else {
        return;
    };
    let format = match first % 4 {
        0 => Format::Auto,
        1 => Format::Okta,
        2 => Format::Statuspage,
        _ => Format::Atom,
    };
    if let Ok(seen) = read(format, None, body) {
        for incident in seen.incidents.iter().chain(&seen.maintenances).flatten() {
            assert!(incident.id.len() <= 63 && incident.id.is_ascii());
            assert!(incident.title.chars().count() <= 100);
        }
    }
});
