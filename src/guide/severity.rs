//! How bad a trouble is, so that what hurts now is seen before what can wait: in the words of the
//! alerts, and by the same measure. Of what shows without a failure each fact says it by itself.

use crate::{
    okta::{Failure, Reason},
    units::closed_list,
};

closed_list! {
    /// How bad a trouble is, the worst first.
    pub enum Severity {
        /// Users are hurt now, or will be within the hour.
        Critical = "critical",
        /// To be fixed in working hours.
        Warning = "warning",
        /// Worth knowing.
        Info = "info",
    }
}

/// How bad it is that a run failed so. Of a status page it is a warning at most: that says nothing of
/// any org.
pub fn severity_of(failure: &Failure) -> Severity {
    if matches!(failure, Failure::DisasterRecovery(_)) {
        return Severity::Warning;
    }
    match failure.reason() {
        // Nobody answers, or a credential is dead, or is refused until a reset. The breaker is opened by
        // such failures alone, and spares the org.
        Reason::Dns
        | Reason::Connect
        | Reason::Tls
        | Reason::Timeout
        | Reason::Unauthorized
        | Reason::RateLimited
        | Reason::Config
        | Reason::BreakerOpen => Severity::Critical,
        // Held back on purpose.
        Reason::Budget => Severity::Info,
        Reason::HttpStatus
        | Reason::InvalidBody
        | Reason::ConcurrencyLimited
        | Reason::Forbidden
        | Reason::TooLarge
        | Reason::Redirect
        | Reason::Overlap
        | Reason::Internal => {
            // What broke off is as bad as what never came.
            if failure.is_org_trouble() {
                Severity::Critical
            } else {
                Severity::Warning
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::{
        guide::Fact,
        okta::{ApiError, LimitKind, Phase, Refusal},
    };

    fn refused(status: u16, limited: Option<LimitKind>) -> Failure {
        Failure::Refused(Box::new(Refusal {
            status,
            path: "/api/v1/users".to_owned(),
            anonymous: false,
            error: ApiError::Unexplained(None),
            request_id: None,
            date: None,
            limited,
            back_off: None,
        }))
    }

    #[test]
    fn the_worst_comes_first() {
        let words = Severity::ALL.map(Severity::as_str);
        assert_eq!(words, ["critical", "warning", "info"]);
        assert_eq!(Severity::ALL.into_iter().min(), Some(Severity::Critical));
    }

    #[test]
    fn what_hurts_users_now_is_critical_what_is_lacking_a_warning_and_what_is_meant_a_notice() {
        let hung = Failure::Timeout {
            phase: Phase::FirstByte,
            after: Duration::from_secs(10),
            proxy: None,
        };
        let cut = Failure::Cut {
            detail: "early".to_owned(),
        };
        let held_back = Failure::Budget {
            why: "spent".to_owned(),
            again_in: Duration::from_secs(1),
        };
        let of_recovery = Failure::DisasterRecovery(Box::new(refused(503, None)));
        for (failure, severity) in [
            (hung, Severity::Critical),
            (cut, Severity::Critical),
            (refused(503, None), Severity::Critical),
            (refused(401, None), Severity::Critical),
            (refused(429, Some(LimitKind::Limit)), Severity::Critical),
            (Failure::BreakerOpen, Severity::Critical),
            (
                Failure::Mismatch("another issuer".to_owned()),
                Severity::Critical,
            ),
            (
                refused(429, Some(LimitKind::Concurrency)),
                Severity::Warning,
            ),
            (refused(403, None), Severity::Warning),
            (refused(404, None), Severity::Warning),
            (Failure::Overlap, Severity::Warning),
            (of_recovery, Severity::Warning),
            (held_back, Severity::Info),
        ] {
            assert_eq!(severity_of(&failure), severity, "{failure}");
        }
    }

    /// The severities of each alert, as the rules have them.
    fn alerts() -> BTreeMap<String, Vec<String>> {
        let rules = std::fs::read_to_string("config/prometheus/okta.alerts.yml").unwrap();
        let mut alerts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut alert = String::new();
        for line in rules.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("- alert: ") {
                name.clone_into(&mut alert);
            } else if let Some(severity) = line.strip_prefix("severity: ") {
                let of_alert = alerts.entry(alert.clone()).or_default();
                of_alert.push(severity.to_owned());
            }
        }
        alerts
    }

    #[test]
    fn a_fact_is_as_bad_as_the_alert_that_fires_for_it() {
        let (alerts, mut compared) = (alerts(), 0);
        for fact in Fact::ALL {
            let Some(alert) = fact.case().alert else {
                continue;
            };
            compared += 1;
            let severity = fact.severity().as_str();
            let has = |severities: &Vec<String>| severities.iter().any(|one| one == severity);
            assert!(
                alerts.get(alert).is_some_and(has),
                "{fact:?} is {severity}, and {alert} {:?}",
                alerts.get(alert)
            );
        }
        assert!(compared > 20, "{compared}");
    }
}
