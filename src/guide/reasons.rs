//! Which `reason` a case has in `okta_probe_failures_total`, as far as its signs tell.

use std::collections::BTreeSet;

use super::{case::Case, sign::Sign, symptom::FailureMode};
use crate::okta::Reason;

impl Case {
    /// The reasons under which failures of this case are counted; none where nothing failed.
    pub fn reasons(&self) -> BTreeSet<Reason> {
        let reasons = self.signs.iter().flat_map(Sign::reasons);
        reasons.copied().collect()
    }
}

impl Sign {
    fn reasons(&self) -> &'static [Reason] {
        match self {
            Self::Response(sign) => sign.reasons(),
            Self::Failed(mode) | Self::FailedSaying(mode, _) => mode.reasons(),
            Self::Known(_) => &[],
        }
    }
}

impl FailureMode {
    fn reasons(self) -> &'static [Reason] {
        match self {
            Self::Dns => &[Reason::Dns],
            Self::Connect => &[Reason::Connect],
            Self::Tls | Self::PageTls => &[Reason::Tls],
            Self::TimeoutDns
            | Self::TimeoutConnect
            | Self::TimeoutFirstByte
            | Self::TimeoutBody => &[Reason::Timeout],
            Self::Cut | Self::Body | Self::PageBody => &[Reason::InvalidBody],
            Self::TooLarge | Self::PageTooLarge => &[Reason::TooLarge],
            Self::Redirect | Self::PageRedirect => &[Reason::Redirect],
            Self::Mismatch | Self::Secret | Self::NotAToken => &[Reason::Config],
            Self::Scope => &[Reason::Forbidden],
            Self::Overlap => &[Reason::Overlap],
            Self::BreakerOpen => &[Reason::BreakerOpen],
            Self::Budget => &[Reason::Budget],
            Self::NoDescriptor | Self::Internal => &[Reason::Internal],
            Self::PageRefused => &[
                Reason::HttpStatus,
                Reason::RateLimited,
                Reason::Unauthorized,
                Reason::Forbidden,
            ],
            Self::PageUnreached => &[
                Reason::Dns,
                Reason::Connect,
                Reason::Timeout,
                Reason::InvalidBody,
            ],
        }
    }
}
