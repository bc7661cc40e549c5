//! What one org's requests came to: counts, latency, clock, certificate. It learns from exchanges,
//! whichever probe made them, and draws their series. Nothing of a probe's own observation is here,
//! and rate limits are in [`limits`](super::limits).

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use crate::{
    metrics::{Family, Histogram, Page},
    okta::{Exchange, OktaClock, Phases, ResponseMeta, ServedChain},
    units::{Moment, OktaTime, Timestamp},
};

const REQUESTS: Family = Family::counter(
    "okta_requests_total",
    "Answers to requests, by HTTP status.",
    &["org", "api", "code"],
);
const DURATION: Family = Family::histogram(
    "okta_request_duration_seconds",
    "How long requests took, to the last byte.",
    &["org", "api"],
);
const PHASE: Family = Family::gauge(
    "okta_request_phase_seconds",
    "How long each phase of the last request took that had it: dns, connect (TCP and TLS), first_byte, body.",
    &["org", "api", "phase"],
);
const FAILURES: Family = Family::counter(
    "okta_request_failures_total",
    "Requests that got no whole answer.",
    &["org", "api", "reason"],
);
const ERRORS: Family = Family::counter(
    "okta_api_errors_total",
    "Answers that carried an error: Okta's code, an OAuth error, or edge.",
    &["org", "api", "code", "error_code"],
);
const SKEW: Family = Family::gauge(
    "okta_clock_skew_seconds",
    "Local clock minus Okta's, by the Date of the last answer; absent once five minutes brought none.",
    &["org"],
);
const CERTIFICATE: Family = Family::gauge(
    "okta_tls_certificate_expiry_timestamp_seconds",
    "When the certificate that the org's host serves to a new connection expires.",
    &["org"],
);
const CHAIN: Family = Family::gauge(
    "okta_org_tls_chain_expiry_timestamp_seconds",
    "When the first certificate expires of the chain that the org's host serves to a new connection, its own included.",
    &["org"],
);

/// Every family drawn here.
pub(super) const FAMILIES: [&Family; 8] = [
    &REQUESTS,
    &DURATION,
    &PHASE,
    &FAILURES,
    &ERRORS,
    &SKEW,
    &CERTIFICATE,
    &CHAIN,
];

/// How long after the first request in vain the clocks' difference is still taken to be known: it
/// outlives a short outage, and neither alerts nor the time of other things hang on an old one.
const UNANSWERED: Duration = Duration::from_mins(5);

/// What one org's requests came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    apis: BTreeMap<Cow<'static, str>, ApiCounts>,
    clock: OktaClock,
    /// When the first request was sent that the org did not answer, since the last that it did.
    unanswered: Option<Moment>,
    /// As the last connection showed it that was made.
    chain: Option<ServedChain>,
}

#[derive(Debug, Clone)]
struct ApiCounts {
    codes: BTreeMap<u16, u64>,
    duration: Histogram,
    phases: Phases,
    failures: BTreeMap<&'static str, u64>,
    errors: BTreeMap<(u16, &'static str), u64>,
}

impl Default for ApiCounts {
    fn default() -> Self {
        Self {
            codes: BTreeMap::new(),
            duration: Histogram::new(Histogram::LATENCY),
            phases: Phases::default(),
            failures: BTreeMap::new(),
            errors: BTreeMap::new(),
        }
    }
}

impl Ledger {
    /// Tells the org's clock from now on, which learns where exchanges are settled.
    pub(super) fn follow(&mut self, clock: &OktaClock) {
        self.clock = clock.clone();
    }

    /// Writes one exchange down.
    pub(super) fn enter(&mut self, exchange: Exchange) {
        let Exchange {
            api: name,
            path: _,
            credential: _,
            bucket: _,
            at: _,
            sent,
            took,
            phases,
            answer,
        } = exchange;
        let api = self.apis.entry(name).or_default();
        api.phases = phases.or(api.phases);
        let answered = match answer {
            Ok(answered) => answered,
            Err(reason) => {
                *api.failures.entry(reason).or_default() += 1;
                self.unanswered.get_or_insert(sent);
                return;
            }
        };
        let ResponseMeta {
            status,
            request_id: _,
            error_code,
            date,
            rate_limit: _,
            limited: _,
            chain,
        } = answered;
        api.duration.observe(took.as_secs_f64());
        *api.codes.entry(status).or_default() += 1;
        if let Some(code) = error_code {
            *api.errors.entry((status, code)).or_default() += 1;
        }
        match date {
            Some(_) => self.unanswered = None,
            // Another answered in the org's place, or a cache did.
            None => drop(self.unanswered.get_or_insert(sent)),
        }
        self.chain = chain.or(self.chain);
    }

    /// Keeps only the counts of what is still asked.
    pub(super) fn retain(&mut self, asked: impl Fn(&str) -> bool) {
        self.apis.retain(|api, _| asked(api));
    }

    /// Local clock minus Okta's, as far as that is still known.
    pub(super) fn skew(&self, now: Moment) -> Option<f64> {
        let is_old = |since: Moment| now.since(since) > UNANSWERED;
        self.clock
            .skew()
            .filter(|_| !self.unanswered.is_some_and(is_old))
    }

    /// The same moment by Okta's clock. Their difference does not fade: the best that is known of it
    /// is nearer the truth than none.
    pub(super) fn oktas_time(&self, now: Timestamp) -> OktaTime {
        self.clock.at(now)
    }

    /// What the org's host showed of its certificates as a connection was last made.
    pub(super) fn chain(&self) -> Option<ServedChain> {
        self.chain
    }

    /// Writes the series.
    pub(super) fn draw(&self, org: &str, now: Moment, page: &mut Page) {
        for (name, api) in &self.apis {
            api.draw(org, name, page);
        }
        page.push_some(&SKEW, &[org], self.skew(now));
        let leaf_end = self.chain.map(|chain| chain.leaf_end);
        let earliest_end = self.chain.and_then(|chain| chain.earliest_end);
        for (family, end) in [(&CERTIFICATE, leaf_end), (&CHAIN, earliest_end)] {
            page.push_some(family, &[org], end.map(|end| end.as_second() as f64));
        }
    }
}

impl ApiCounts {
    fn draw(&self, org: &str, name: &str, page: &mut Page) {
        for (code, count) in &self.codes {
            page.push(&REQUESTS, &[org, name, &code.to_string()], *count as f64);
        }
        if !self.codes.is_empty() {
            page.histogram(&DURATION, &[org, name], &self.duration);
        }
        for (phase, took) in self.phases.known() {
            page.push(&PHASE, &[org, name, phase], took.as_secs_f64());
        }
        for (reason, count) in &self.failures {
            page.push(&FAILURES, &[org, name, reason], *count as f64);
        }
        for ((code, error), count) in &self.errors {
            page.push(
                &ERRORS,
                &[org, name, &code.to_string(), error],
                *count as f64,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(second: i64, answer: Result<ResponseMeta, &'static str>) -> Exchange {
        Exchange {
            api: "users".into(),
            path: "/api/v1/users".to_owned(),
            credential: None,
            bucket: None,
            at: Timestamp::UNIX_EPOCH,
            sent: Moment::test_seconds(second),
            took: Duration::from_millis(200),
            phases: Phases::default(),
            answer,
        }
    }

    fn answered(second: i64, status: u16, error_code: Option<&'static str>) -> Exchange {
        let told = ResponseMeta {
            status,
            request_id: None,
            error_code,
            date: Timestamp::from_second(second).ok(),
            rate_limit: None,
            limited: None,
            chain: Some(ServedChain {
                leaf_end: Timestamp::from_second(1_000).unwrap(),
                earliest_end: None,
            }),
        };
        exchange(second, Ok(told))
    }

    fn series(ledger: &Ledger) -> Vec<String> {
        let mut page = Page::new();
        ledger.draw("acme", Moment::test_seconds(0), &mut page);
        let series = page.test_series().into_iter();
        let series = series.filter(|line| !line.contains("_bucket{"));
        series
            .map(|line| line.replace(r#"org="acme","#, ""))
            .collect()
    }

    #[test]
    fn answers_are_counted_by_status_and_code_and_failures_by_reason() {
        let mut ledger = Ledger::default();
        for _ in 0..2 {
            ledger.enter(answered(1, 200, None));
            ledger.enter(answered(2, 401, Some("E0000011")));
            ledger.enter(exchange(3, Err("timeout")));
        }
        ledger.enter(answered(4, 200, None));
        let expected = [
            r#"okta_api_errors_total{api="users",code="401",error_code="E0000011"} 2"#,
            r#"okta_request_duration_seconds_count{api="users"} 5"#,
            r#"okta_request_duration_seconds_sum{api="users"} 1"#,
            r#"okta_request_failures_total{api="users",reason="timeout"} 2"#,
            r#"okta_requests_total{api="users",code="200"} 3"#,
            r#"okta_requests_total{api="users",code="401"} 2"#,
            r#"okta_tls_certificate_expiry_timestamp_seconds{org="acme"} 1000"#,
        ];
        assert_eq!(series(&ledger), expected);
        ledger.retain(|api| api != "users");
        assert_eq!(series(&ledger).len(), 1, "the certificate is the org's");
    }

    #[test]
    fn the_clocks_difference_is_unknown_once_five_minutes_brought_no_answer() {
        let clock = OktaClock::default();
        let told = answered(0, 200, None);
        clock.learn(&told);
        let mut ledger = Ledger::default();
        assert_eq!(ledger.skew(Moment::test_seconds(0)), None);
        ledger.follow(&clock);
        let known = |ledger: &Ledger, second| ledger.skew(Moment::test_seconds(second)).is_some();
        ledger.enter(told);
        assert!(known(&ledger, 4_000), "nothing was asked in vain");
        ledger.enter(exchange(10, Err("timeout")));
        ledger.enter(exchange(200, Err("timeout")));
        assert!(known(&ledger, 310) && !known(&ledger, 311));
        ledger.enter(answered(320, 200, None));
        assert!(known(&ledger, 4_000));
    }
}
