//! X.509 as far as expiry goes. Verifying is rustls' work.

use x509_cert::{Certificate, der::Decode};

use crate::units::Timestamp;

/// When this DER certificate ends; `None` if it cannot be read.
pub(super) fn not_after(der: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate
        .tbs_certificate()
        .validity()
        .not_after
        .to_unix_duration();
    Timestamp::from_second(i64::try_from(end.as_secs()).ok()?).ok()
}

#[cfg(test)]
mod tests {
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
    }
}
