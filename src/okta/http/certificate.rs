//! X.509 as far as expiry goes. Verifying is rustls' work.

use x509_cert::{Certificate, der::Decode};

use crate::units::Timestamp;

/// When this DER certificate expires; `None` if it cannot be read. RFC 5280's "no end" lies beyond
/// the last moment that can be told, and is that moment.
pub(super) fn not_after(der: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate
        .tbs_certificate()
        .validity()
        .not_after
        .to_unix_duration();
    let seconds = i64::try_from(end.as_secs()).ok()?;
    Some(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read_and_rubbish_is_unknown() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let der = params.self_signed(&key).unwrap();
        assert_eq!(
            not_after(der.der()),
            Some("2031-02-03T00:00:00Z".parse().unwrap())
        );
        assert_eq!(not_after(b"rubbish"), None);
        params.not_after = rcgen::date_time_ymd(9999, 12, 31) + Duration::from_secs(86_399);
        let der = params.self_signed(&key).unwrap();
        assert_eq!(not_after(der.der()), Some(Timestamp::MAX));
    }
}
