//! How much of each rate limit is left: each credential's own share, as the answers' headers show.

use std::collections::BTreeMap;

use super::{
    check::{Check, Section, Verdict},
    round::{Asked, Run},
    wording::span,
};
use crate::{
    okta::RateLimit,
    probe::rate_limit_settings,
    units::{Name, OktaTime},
};

const HERE: Section = Section::RateLimits;
/// From which share of a limit on Okta warns, where the org's own setting cannot be read.
const WARNS_FROM: f64 = 0.9;

pub(super) fn checks(org: &Asked, now: OktaTime) -> Vec<Check> {
    // Of several answers of one bucket the last counts: the window may have changed.
    let mut samples: BTreeMap<(&str, &str), RateLimit> = BTreeMap::new();
    for exchange in org.exchanges() {
        let limit = exchange.answer.as_ref().ok().and_then(|a| a.rate_limit);
        let who = exchange.credential.as_ref().map(Name::as_str);
        if let (Some(who), Some(bucket), Some(limit)) = (who, exchange.bucket.as_deref(), limit) {
            samples.insert((who, bucket), limit);
        }
    }
    if samples.is_empty() {
        let why = if org.credentials.is_empty() {
            "no credential: set OKTA_TOKEN, or the org's `credentials`"
        } else {
            "no answer showed one"
        };
        return vec![Check::skipped(HERE, "limits", why)];
    }
    let settings = |run: &Run| run.known.of::<rate_limit_settings::Probe>()?.warns_from();
    let warns_from = org.runs.iter().find_map(settings).unwrap_or(WARNS_FROM);
    let several = org.credentials.len() > 1;
    samples
        .into_iter()
        .map(|((who, bucket), limit)| {
            let name = if several {
                format!("{who} {bucket}")
            } else {
                bucket.to_owned()
            };
            check(&name, limit, (now, warns_from))
                .fact("credential", who)
                .fact("bucket", bucket)
        })
        .collect()
}

fn check(name: &str, read: RateLimit, (now, warns_from): (OktaTime, f64)) -> Check {
    let RateLimit {
        limit,
        remaining,
        reset,
    } = read;
    let left = OktaTime::written(reset).left_at(now);
    let says = format!("{remaining} of {limit} left, resets in {}", span(left));
    let check = Check::healthy(HERE, name, says)
        .fact("limit", limit)
        .fact("remaining", remaining)
        .fact("reset", reset);
    if read.usage_ratio() < warns_from {
        return check;
    }
    Check {
        verdict: Verdict::Degraded,
        says: format!(
            "{}: Okta warns from {:.0} % on",
            check.says,
            warns_from * 100.0
        ),
        ..check
    }
}
