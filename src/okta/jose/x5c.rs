//! Certificates that stand beside keys (RFC 7517, `x5c`), as far as their end goes.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{okta::http::certificate::not_after, units::Timestamp};

/// When a certificate expires that stands in a key's `x5c`: DER in base64, at times with line breaks in
/// it. `None` if it cannot be read.
pub fn certificate_end(x5c: &str) -> Option<Timestamp> {
    let mut text = x5c.to_owned();
    text.retain(|c| !c.is_ascii_whitespace());
    not_after(&STANDARD.decode(text).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_in_the_text_of_a_certificate_do_no_harm() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["idp".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let text = STANDARD.encode(params.self_signed(&key).unwrap().der());
        let end = Some("2031-02-03T00:00:00Z".parse().unwrap());
        for broken in [
            text.clone(),
            text.replace('A', "A\r\n"),
            format!("\n {text}\t"),
        ] {
            assert_eq!(certificate_end(&broken), end);
        }
        for rubbish in ["", "AAAA", "é", &text[..40]] {
            assert_eq!(certificate_end(rubbish), None, "{rubbish}");
        }
    }
}
