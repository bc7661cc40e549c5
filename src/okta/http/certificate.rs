//! X.509 as far as expiry goes. Verifying is rustls' work.

use rustls::pki_types::CertificateDer;
use x509_cert::{Certificate, der::Decode};

use crate::units::Timestamp;

/// When the certificates end that a host serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServedChain {
    /// The end of the host's own.
    pub leaf_end: Timestamp,
    /// The earliest end of all, the host's own included; `None` where one of them cannot be read.
    pub earliest_end: Option<Timestamp>,
}

impl ServedChain {
    /// The host's own certificate and the others that it sends along; `None` if its own cannot be read.
    pub(super) fn read(leaf: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Option<Self> {
        let leaf_end = not_after(leaf)?;
        let earliest_end = others.iter().try_fold(leaf_end, |earliest, other| {
            not_after(other).map(|end| end.min(earliest))
        });
        Some(Self {
            leaf_end,
            earliest_end,
        })
    }
}

/// When this DER certificate expires; `None` if it cannot be read. RFC 5280's "no end" lies beyond
/// the last moment that can be told, and is that moment.
pub(in crate::okta) fn not_after(der: &[u8]) -> Option<Timestamp> {
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

    #[test]
    fn a_chain_ends_with_the_first_of_it_and_where_one_is_unreadable_nobody_knows_when() {
        let key = rcgen::KeyPair::generate().unwrap();
        let ending = |year: i32| {
            let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 2, 3);
            params.self_signed(&key).unwrap().der().clone()
        };
        let end = |year: i32| {
            format!("{year}-02-03T00:00:00Z")
                .parse::<Timestamp>()
                .unwrap()
        };
        let rubbish = CertificateDer::from_slice(b"rubbish");
        for (others, earliest_end) in [
            (vec![], Some(end(2031))),
            (vec![ending(2033), ending(2030)], Some(end(2030))),
            (vec![ending(2033)], Some(end(2031))),
            (vec![ending(2030), rubbish.clone()], None),
        ] {
            let leaf_end = end(2031);
            let read = ServedChain::read(&ending(2031), &others).unwrap();
            let expected = ServedChain {
                leaf_end,
                earliest_end,
            };
            assert_eq!(read, expected);
        }
        assert_eq!(ServedChain::read(&rubbish, &[ending(2031)]), None);
    }
}
