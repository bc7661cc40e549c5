//! What one org's requests came to: counts, latency, rate limits, clock, certificate. It learns
//! from exchanges, whichever probe made them, and draws their series. Nothing of a probe's own
//! observation is here.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use jiff::SignedDuration;

use crate::{
    metrics::{Family, Histogram, Page},
    okta::{Answered, Exchange, LimitKind, RateLimit},
    units::{Name, Timestamp},
};

const REQUESTS: Family = Family::counter(
    "okta_requests_total",
    "Answers to requests, by HTTP status.",
    &["org", "endpoint", "code"],
);
const DURATION: Family = Family::histogram(
    "okta_request_duration_seconds",
    "How long requests took, to the last byte.",
    &["org", "endpoint"],
);
const PHASE: Family = Family::gauge(
    "okta_request_phase_seconds",
    "How long each phase of the last request took that had it: dns, connect (TCP and TLS), first_byte, body.",
    &["org", "endpoint", "phase"],
);
const FAILURES: Family = Family::counter(
    "okta_request_failures_total",
    "Requests that got no whole answer.",
    &["org", "endpoint", "reason"],
);
const ERRORS: Family = Family::counter(
    "okta_api_errors_total",
    "Answers that carried an error: Okta's code, an OAuth error, or edge.",
    &["org", "endpoint", "code", "error_code"],
);
const SKEW: Family = Family::gauge(
    "okta_clock_skew_seconds",
    "Local clock minus Okta's, by the Date of the last answer.",
    &["org"],
);
const CERTIFICATE: Family = Family::gauge(
    "okta_tls_certificate_expiry_timestamp_seconds",
    "When the certificate that the org's host serves ends.",
    &["org"],
);
const SAMPLE: &[&str] = &["org", "credential", "bucket", "endpoint"];
const LIMIT: Family = Family::gauge(
    "okta_rate_limit_limit",
    "Requests that one window grants this credential, by the last answer; absent once its window is over.",
    SAMPLE,
);
const REMAINING: Family = Family::gauge(
    "okta_rate_limit_remaining",
    "Requests left to this credential in the window, by the last answer; absent once its window is over.",
    SAMPLE,
);
const RESET: Family = Family::gauge(
    "okta_rate_limit_reset_timestamp_seconds",
    "When the window ends, by Okta's clock.",
    SAMPLE,
);
const USAGE: Family = Family::gauge(
    "okta_rate_limit_usage_ratio",
    "Share of the window's limit that is used.",
    SAMPLE,
);
const OWN: Family = Family::counter(
    "okta_rate_limit_own_requests_total",
    "This exporter's own requests to the bucket.",
    &["org", "credential", "bucket"],
);
const EXCEEDED: Family = Family::counter(
    "okta_rate_limit_exceeded_total",
    "429 answers by kind: limit, concurrency or unknown.",
    &["org", "credential", "endpoint", "kind"],
);

/// Every family drawn here.
pub(super) const FAMILIES: [&Family; 13] = [
    &REQUESTS,
    &DURATION,
    &PHASE,
    &FAILURES,
    &ERRORS,
    &SKEW,
    &CERTIFICATE,
    &LIMIT,
    &REMAINING,
    &RESET,
    &USAGE,
    &OWN,
    &EXCEEDED,
];

/// The credential label of requests that carry none: their headers show the org's own bucket.
const ANONYMOUS: &str = "none";

/// How long a sample outlives its window, so that a scrape that comes a little later still sees it.
const GRACE: Duration = Duration::from_secs(15);

/// The longest that a window is believed to last: Okta's are a minute. A reset far ahead is a
/// header to be shown, and no reason to draw its sample for ever.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// What one org's requests came to.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    endpoints: BTreeMap<Cow<'static, str>, Endpoint>,
    samples: BTreeMap<SampleKey, Sample>,
    own: BTreeMap<(String, Cow<'static, str>), u64>,
    exceeded: BTreeMap<(String, Cow<'static, str>), BTreeMap<LimitKind, u64>>,
    skew: Option<f64>,
    certificate: Option<Timestamp>,
}

#[derive(Debug)]
struct Endpoint {
    codes: BTreeMap<u16, u64>,
    duration: Histogram,
    phases: BTreeMap<&'static str, Duration>,
    failures: BTreeMap<&'static str, u64>,
    errors: BTreeMap<(u16, &'static str), u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct SampleKey {
    credential: String,
    bucket: Cow<'static, str>,
    endpoint: Cow<'static, str>,
}

#[derive(Debug)]
struct Sample {
    read: RateLimit,
    /// By the local clock; the answer's own `Date` was used to get here, so skew cancels.
    void_at: Timestamp,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            codes: BTreeMap::new(),
            duration: Histogram::new(Histogram::LATENCY),
            phases: BTreeMap::new(),
            failures: BTreeMap::new(),
            errors: BTreeMap::new(),
        }
    }
}

/// The label value of a credential, or of none.
fn label(credential: Option<&Name>) -> String {
    credential.map_or_else(|| ANONYMOUS.to_owned(), Name::to_string)
}

impl Ledger {
    /// Writes one exchange down.
    pub(super) fn enter(&mut self, exchange: Exchange) {
        let skew = exchange.clock_skew();
        let Exchange {
            endpoint: name,
            path: _,
            credential,
            bucket,
            at,
            took,
            phases,
            answer,
        } = exchange;
        let credential = label(credential.as_ref());
        let endpoint = self.endpoints.entry(name.clone()).or_default();
        endpoint.phases.extend(phases.known());
        if let Some(bucket) = &bucket {
            *self
                .own
                .entry((credential.clone(), bucket.clone()))
                .or_default() += 1;
        }
        let answered = match answer {
            Ok(answered) => answered,
            Err(reason) => {
                *endpoint.failures.entry(reason).or_default() += 1;
                return;
            }
        };
        let Answered {
            status,
            request_id: _,
            error_code,
            date,
            rate_limit,
            limited,
            certificate_not_after,
        } = answered;
        endpoint.duration.observe(took.as_secs_f64());
        *endpoint.codes.entry(status).or_default() += 1;
        if let Some(code) = error_code {
            *endpoint.errors.entry((status, code)).or_default() += 1;
        }
        if bucket.is_some() || limited.is_some() {
            // Entered with the first answer, so that a counter of 429s starts at 0 and `rate` sees the first.
            let kinds = self
                .exceeded
                .entry((credential.clone(), name.clone()))
                .or_default();
            if let Some(kind) = limited {
                *kinds.entry(kind).or_default() += 1;
            }
        }
        self.skew = skew.or(self.skew);
        self.certificate = certificate_not_after.or(self.certificate);
        if let (Some(read), Some(bucket)) = (rate_limit, bucket) {
            let answered_at = at.saturating_add(took).unwrap_or(at);
            // Reset by Okta's clock minus Date by Okta's clock, counted from now by ours.
            let left = read.reset.duration_since(date.unwrap_or(answered_at));
            let left = left.min(LONGEST_WINDOW);
            let void_at = answered_at
                .saturating_add(left)
                .and_then(|t| t.saturating_add(GRACE))
                .unwrap_or(answered_at);
            self.samples.insert(
                SampleKey {
                    credential,
                    bucket,
                    endpoint: name,
                },
                Sample { read, void_at },
            );
        }
    }

    /// The rate-limit samples that still count, for the page that people read.
    pub(super) fn samples(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (&str, &str, &str, RateLimit)> {
        let current = self
            .samples
            .iter()
            .filter(move |(_, sample)| now < sample.void_at);
        current.map(|(key, sample)| {
            (
                key.credential.as_str(),
                &*key.bucket,
                &*key.endpoint,
                sample.read,
            )
        })
    }

    /// Local clock minus Okta's.
    pub(super) fn skew(&self) -> Option<f64> {
        self.skew
    }

    /// When the certificate that the org's host serves ends.
    pub(super) fn certificate_ends(&self) -> Option<Timestamp> {
        self.certificate
    }

    /// Writes the series.
    pub(super) fn draw(&self, org: &str, now: Timestamp, page: &mut Page) {
        for (name, endpoint) in &self.endpoints {
            endpoint.draw(org, name, page);
        }
        for (credential, bucket, endpoint, read) in self.samples(now) {
            let labels = [org, credential, bucket, endpoint];
            page.push(&LIMIT, &labels, read.limit as f64);
            page.push(&REMAINING, &labels, read.remaining as f64);
            page.push(&RESET, &labels, read.reset.as_second() as f64);
            page.push(&USAGE, &labels, read.usage_ratio());
        }
        for ((credential, bucket), count) in &self.own {
            page.push(&OWN, &[org, credential, bucket], *count as f64);
        }
        for ((credential, endpoint), kinds) in &self.exceeded {
            for kind in LimitKind::ALL {
                let count = kinds.get(&kind).copied().unwrap_or_default();
                page.push(
                    &EXCEEDED,
                    &[org, credential, endpoint, kind.as_str()],
                    count as f64,
                );
            }
        }
        if org.is_empty() {
            // A status page belongs to no org: its host's clock and certificate are not Okta's.
            return;
        }
        page.push_some(&SKEW, &[org], self.skew);
        page.push_some(
            &CERTIFICATE,
            &[org],
            self.certificate.map(|end| end.as_second() as f64),
        );
    }
}

impl Endpoint {
    fn draw(&self, org: &str, name: &str, page: &mut Page) {
        for (code, count) in &self.codes {
            page.push(&REQUESTS, &[org, name, &code.to_string()], *count as f64);
        }
        if !self.codes.is_empty() {
            page.histogram(&DURATION, &[org, name], &self.duration);
        }
        for (phase, took) in &self.phases {
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
