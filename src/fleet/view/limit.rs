//! One rate limit, as people read it.

use serde::Serialize;

use crate::{
    fleet::{PastUsage, limits::KnownLimit},
    guide::Severity,
    units::{OktaTime, Timestamp, WallClock},
};

/// The share of a limit that is too much where the org's own setting is not known: Okta's default for
/// workforce orgs, and that of the rule `org:okta_rate_limit_warning_threshold:ratio`.
pub(super) const USUAL_WARNING: f64 = 0.9;

/// One rate limit.
#[derive(Debug, Clone, Serialize)]
pub struct LimitView {
    /// Whose ceiling.
    pub credential: String,
    /// The bucket.
    pub bucket: String,
    /// The api that showed it.
    pub api: String,
    /// Whether too much of it is used.
    pub severity: Option<Severity>,
    /// The share that is used: of the open window, else of the last that is over.
    pub used_ratio: Option<f64>,
    /// Which of them: `open` or `last`.
    pub used_is: Option<&'static str>,
    /// The share from which on it is too much: where the org has Okta warn, else 0.9.
    pub warning_ratio: f64,
    /// What the open window grants; `None` where no window is known to be open.
    pub limit: Option<u64>,
    /// What is left in it.
    pub remaining: Option<u64>,
    /// When it ends.
    pub reset: Option<OktaTime>,
    /// The share that was used in the last window that is over.
    pub last_usage_ratio: Option<f64>,
    /// Where in that window the sample lay that says so; 1 is its end.
    pub last_phase_ratio: Option<f64>,
    /// How long before a window's end a look is sent, where somebody aims at it.
    pub guard_seconds: Option<f64>,
    /// When the next look in this bucket is due.
    pub next_sample: Option<Timestamp>,
    /// Why then.
    pub next_sample_is: Option<String>,
    /// The last three days, the oldest span first; nothing where they were not asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastUsage>,
}

impl LimitView {
    /// What there is to show of a limit; `None` where nothing is known any more.
    pub(super) fn of(limit: KnownLimit, warning_ratio: f64, clock: &WallClock) -> Option<Self> {
        let KnownLimit {
            credential,
            bucket,
            api,
            read,
            last,
            aim,
        } = limit;
        let open = read.map(|read| (read.usage_ratio(), "open"));
        let over = last.map(|(usage, _)| (usage, "last"));
        let (used_ratio, used_is) = open.or(over)?;
        Some(Self {
            credential,
            bucket,
            api,
            severity: severity(used_ratio, warning_ratio),
            used_ratio: Some(used_ratio),
            used_is: Some(used_is),
            warning_ratio,
            limit: read.map(|read| read.limit),
            remaining: read.map(|read| read.remaining),
            reset: read.map(|read| OktaTime::written(read.reset)),
            last_usage_ratio: last.map(|(usage, _)| usage),
            last_phase_ratio: last.map(|(_, phase)| phase),
            guard_seconds: aim.map(|(guard, _)| guard),
            next_sample: aim.map(|(_, next)| clock.at(next.at)),
            next_sample_is: aim.map(|(_, next)| next.why.to_string()),
            past: Vec::new(),
        })
    }
}

/// How bad it is that so much is used: with nothing left, requests are refused.
fn severity(used: f64, warning: f64) -> Option<Severity> {
    if used >= 1.0 {
        Some(Severity::Critical)
    } else {
        (used >= warning).then_some(Severity::Warning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::RateLimit;

    fn told(read: Option<u64>, last: Option<f64>) -> Option<LimitView> {
        let limit = KnownLimit {
            credential: "monitor".to_owned(),
            bucket: "/api/v1/users".to_owned(),
            api: "users".to_owned(),
            read: read.map(|remaining| RateLimit {
                limit: 50,
                remaining,
                reset: Timestamp::UNIX_EPOCH,
            }),
            last: last.map(|usage| (usage, 1.0)),
            aim: None,
        };
        LimitView::of(limit, 0.6, &WallClock::default())
    }

    #[test]
    fn the_last_window_stands_in_where_no_open_one_is_known() {
        let used = |read, last| {
            let view: LimitView = told(read, last)?;
            Some((view.used_ratio?, view.used_is?))
        };
        assert_eq!(used(Some(40), Some(0.9)), Some((0.2, "open")));
        assert_eq!(used(None, Some(0.9)), Some((0.9, "last")));
        assert_eq!(used(None, None), None);
    }

    #[test]
    fn a_limit_is_a_warning_from_the_orgs_own_threshold_on_and_critical_with_nothing_left() {
        let severity = |read, last| told(read, last).unwrap().severity;
        assert_eq!(severity(Some(21), None), None);
        assert_eq!(severity(Some(20), None), Some(Severity::Warning));
        assert_eq!(severity(Some(0), None), Some(Severity::Critical));
        assert_eq!(severity(None, Some(1.0)), Some(Severity::Critical));
        assert_eq!(severity(Some(50), Some(1.0)), None, "that is over");
    }

    #[test]
    fn where_no_threshold_is_known_it_is_that_of_the_rules() {
        let rules = std::fs::read_to_string("config/prometheus/okta.rules.yml").unwrap();
        let (_, rule) = rules
            .split_once("record: org:okta_rate_limit_warning_threshold:ratio")
            .unwrap();
        let (rule, _) = rule.split_once("- record:").unwrap();
        assert!(rule.contains(&format!("* {USUAL_WARNING}")), "{rule}");
    }
}
