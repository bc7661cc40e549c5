//! The runbooks, as `docs/runbooks/` has them: a page for each alert, and the table of all.

use super::case::Case;

/// What to know and do when an alert fires.
#[derive(Debug)]
pub struct Runbook {
    /// The alert's name.
    pub alert: &'static str,
    /// The page, in Markdown. Its links lead to other files of `docs/`.
    pub text: &'static str,
}

/// The table of all, in Markdown.
pub const RUNBOOKS_INDEX: &str = include_str!("../../docs/runbooks/README.md");

macro_rules! runbooks {
    ($($alert:ident,)*) => {
        /// Every runbook, by its alert's name.
        pub static RUNBOOKS: &[Runbook] = &[$(Runbook {
            alert: stringify!($alert),
            text: include_str!(concat!("../../docs/runbooks/", stringify!($alert), ".md")),
        },)*];
    };
}

runbooks! {
    OktaAgentPoolDegraded,
    OktaAgentPoolDown,
    OktaApiTokenDisappeared,
    OktaApiTokenExpiring,
    OktaAppCertificateExpiring,
    OktaAuthenticationFailureSurge,
    OktaBreakerOpen,
    OktaClockSkew,
    OktaConcurrencyLimited,
    OktaCredentialMissingScope,
    OktaDomainCertificateExpiring,
    OktaDomainNotVerified,
    OktaErrorSurge,
    OktaEventHookSilent,
    OktaEventHookUnverified,
    OktaExporterConfigReloadFailed,
    OktaExporterDown,
    OktaExporterStoreFailing,
    OktaFailedOver,
    OktaHookDeactivated,
    OktaIdpCertificateExpiring,
    OktaKeySetEmpty,
    OktaLogGap,
    OktaLogLagging,
    OktaLogStreamDeactivated,
    OktaMaintenanceAhead,
    OktaManagedDomainCertificateExpiring,
    OktaNobodySubscribed,
    OktaOrgExpiring,
    OktaOrgIncident,
    OktaOrgIncidentPossible,
    OktaOrgRateLimitViolation,
    OktaOrgRateLimitWarning,
    OktaOrgUnreachable,
    OktaOrgVerdictCell,
    OktaOrgVerdictCredential,
    OktaOrgVerdictDegraded,
    OktaOrgVerdictLimit,
    OktaOrgVerdictNetwork,
    OktaOrgVerdictOkta,
    OktaOrgVerdictUnknown,
    OktaPrincipalRateLimitViolation,
    OktaProbeBudgetSpent,
    OktaProbeFailing,
    OktaProbeOverdue,
    OktaRateLimitExhausted,
    OktaRateLimitNearlyExhausted,
    OktaRateLimitProjectedToExhaust,
    OktaServerErrors,
    OktaSigningKeyRemovedEarly,
    OktaSigningKeyRotationAhead,
    OktaSigningKeyRotationOverdue,
    OktaSigningKeysRotated,
    OktaSlow,
    OktaStatusIncident,
    OktaStatusPageFrozen,
    OktaStatusPageUnreadable,
    OktaSupportAccessOpen,
    OktaTlsCertificateExpiring,
    OktaTokenAudienceUnexpected,
    OktaTokenExpired,
    OktaTokenExpiring,
    OktaTokenGrantsRefused,
    OktaTokenInactive,
    OktaTokenIssuerUnexpected,
    OktaTokenMissingScope,
    OktaTokenSignatureInvalid,
    OktaTokenSigningKeyUnpublished,
    OktaTokenUnreadable,
}

impl Case {
    /// The alerts that point to it: the one that fires for it, and those whose runbooks name it.
    pub fn alerts(&self) -> impl Iterator<Item = &'static str> {
        let link = format!("(../troubleshooting.md#{})", self.slug);
        let of_it = move |book: &&Runbook| book.text.contains(&link);
        RUNBOOKS.iter().filter(of_it).map(|book| book.alert)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;
    use crate::guide::cases;

    #[test]
    fn every_page_of_the_directory_is_built_in() {
        let files = fs::read_dir("docs/runbooks").unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut kept: BTreeSet<String> = names.collect();
        assert!(kept.remove("README.md"));
        let built_in = RUNBOOKS.iter().map(|book| format!("{}.md", book.alert));
        assert_eq!(built_in.collect::<BTreeSet<_>>(), kept);
        assert!(RUNBOOKS.is_sorted_by_key(|book| book.alert));
    }

    #[test]
    fn the_alert_of_a_case_points_to_it() {
        for case in cases() {
            let alerts: Vec<&str> = case.alerts().collect();
            let of_it = case.alert.is_none_or(|alert| alerts.contains(&alert));
            assert!(of_it, "{}: {alerts:?}", case.slug);
        }
    }
}
