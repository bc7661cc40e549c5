//! Rate-limit headers, read defensively: missing is not zero, limit 0 is not a limit.

use std::time::Duration;

use http::{HeaderMap, header};

use super::date;
use crate::units::Timestamp;

/// Longer than any window that Okta documents (5 minutes for one-time passwords): a reset that lies
/// further ahead is a mistake, and waiting for it would leave the probe blind.
const LONGEST: Duration = Duration::from_mins(5);
/// How long a window is, where an answer does not say.
const WINDOW: Duration = Duration::from_mins(1);
/// A concurrency limit clears as soon as a request ends; the reset that comes with it is only "a
/// suggested value".
const CONCURRENCY: Duration = Duration::from_secs(5);

/// What the three `X-Rate-Limit-*` headers of an answer say: the ceiling of the credential that
/// asked, not the org's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests that a window grants; never 0.
    pub limit: u64,
    /// Requests left in it; at most `limit`.
    pub remaining: u64,
    /// When it ends, by Okta's clock, in whole seconds.
    pub reset: Timestamp,
}

impl RateLimit {
    /// Reads the headers; `None` unless all three are there and make sense.
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        // A limit of 0 belongs to a concurrency 429 and says nothing of the bucket.
        let limit = number(headers, "x-rate-limit-limit").filter(|&limit| limit > 0)?;
        let remaining = number(headers, "x-rate-limit-remaining").filter(|&left| left <= limit)?;
        let reset =
            Timestamp::from_second(i64::try_from(number(headers, "x-rate-limit-reset")?).ok()?)
                .ok()?;
        Some(Self {
            limit,
            remaining,
            reset,
        })
    }

    /// The share of the window's limit that is used, 0 to 1.
    pub fn usage_ratio(&self) -> f64 {
        (self.limit - self.remaining) as f64 / self.limit as f64
    }
}

/// Which limit a 429 stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitKind {
    /// The bucket is empty until its reset.
    Limit,
    /// Too many requests at once.
    Concurrency,
    /// The answer does not say: the edge or a proxy, most likely.
    Unknown,
}

impl LimitKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Limit, Self::Concurrency, Self::Unknown];

    /// The label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Concurrency => "concurrency",
            Self::Unknown => "unknown",
        }
    }

    /// Which limit a 429 with these headers stands for: Okta marks concurrency with a limit of 0.
    pub fn of_429(headers: &HeaderMap) -> Self {
        match number(headers, "x-rate-limit-limit") {
            Some(0) => Self::Concurrency,
            Some(_) => Self::Limit,
            None => Self::Unknown,
        }
    }
}

/// How long the answer asks its caller to stay away; `None` if it does not.
pub(super) fn back_off(
    headers: &HeaderMap,
    limited: Option<LimitKind>,
    date: Option<Timestamp>,
) -> Option<Duration> {
    let asked = retry_after(headers, date);
    let own = match limited {
        None => None,
        Some(LimitKind::Concurrency) => Some(CONCURRENCY),
        // One second more, since the reset is cut to whole seconds.
        Some(_) => Some(until_reset(headers, date).unwrap_or(WINDOW) + Duration::from_secs(1)),
    };
    asked.or(own).map(|wait| wait.min(LONGEST))
}

/// Reset minus `Date`, both by Okta's clock, so that our own does not matter.
fn until_reset(headers: &HeaderMap, date: Option<Timestamp>) -> Option<Duration> {
    let reset = RateLimit::read(headers)?.reset;
    Some(Duration::try_from(reset.duration_since(date?)).unwrap_or_default())
}

/// `Retry-After`, which Okta does not send but a proxy may: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Option<Timestamp>) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(Duration::try_from(date::parse(text)?.duration_since(now?)).unwrap_or_default())
}

/// A header's number. Okta has sent these headers twice, and proxies join two with a comma; the
/// smallest is taken, since it is the one that will be enforced first.
fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    let lines = headers.get_all(name).iter();
    let values: Vec<&str> = lines
        .map(|line| line.to_str().ok())
        .collect::<Option<_>>()?;
    let numbers: Option<Vec<u64>> = values
        .iter()
        .flat_map(|line| line.split(','))
        .map(plain_number)
        .collect();
    numbers?.into_iter().min()
}

/// Digits only: `+5` parses as a number elsewhere, and is garbage here.
fn plain_number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATE: &str = "Thu, 11 Sep 2025 16:21:50 GMT";

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .fold(
                HeaderMap::new(),
                |mut map: HeaderMap, (name, value): (http::HeaderName, http::HeaderValue)| {
                    map.append(name, value);
                    map
                },
            )
    }

    fn three(limit: &str, remaining: &str, reset: &str) -> HeaderMap {
        headers(&[
            ("x-rate-limit-limit", limit),
            ("X-Rate-Limit-Remaining", remaining),
            ("X-Rate-Limit-Reset", reset),
        ])
    }

    #[test]
    fn the_recorded_shapes_are_read() {
        let read = RateLimit::read(&three("50", "49", "1757607758")).unwrap();
        assert_eq!(
            (read.limit, read.remaining, read.reset.as_second()),
            (50, 49, 1_757_607_758)
        );
        assert!((read.usage_ratio() - 0.02).abs() < 1e-9);
        assert!(
            (RateLimit::read(&three("10", "0", "1757607758"))
                .unwrap()
                .usage_ratio()
                - 1.0)
                .abs()
                < 1e-9
        );
    }

    #[test]
    fn missing_is_not_zero_and_garbage_is_unknown() {
        assert_eq!(RateLimit::read(&HeaderMap::new()), None);
        assert_eq!(
            RateLimit::read(&headers(&[
                ("x-rate-limit-limit", "50"),
                ("x-rate-limit-remaining", "1")
            ])),
            None
        );
        for (limit, remaining, reset) in [
            ("0", "0", "1757607716"),
            ("50", "51", "1757607758"),
            ("-50", "1", "1757607758"),
            ("+50", "1", "1757607758"),
            ("50", "", "1757607758"),
            ("50", "many", "1757607758"),
            ("50", "1", "99999999999999999999999"),
            ("50", "1", "9223372036854775807"),
            ("50", "1", "Thu, 11 Sep 2025 16:21:50 GMT"),
            ("50, x", "1", "1757607758"),
        ] {
            assert_eq!(
                RateLimit::read(&three(limit, remaining, reset)),
                None,
                "{limit} {remaining} {reset}"
            );
        }
    }

    #[test]
    fn headers_sent_twice_or_joined_count_once_with_the_smaller_number() {
        let joined =
            RateLimit::read(&three("600, 50", " 49 ,599", "1757607758,1757607758")).unwrap();
        let mut twice = three("600", "599", "1757607758");
        for (name, value) in &three("50", "49", "1757607758") {
            twice.append(name, value.clone());
        }
        assert_eq!(RateLimit::read(&twice), Some(joined));
        assert_eq!((joined.limit, joined.remaining), (50, 49));
    }

    #[test]
    fn the_three_kinds_of_429_are_told_apart() {
        assert_eq!(
            LimitKind::of_429(&three("10", "0", "1757607758")),
            LimitKind::Limit
        );
        assert_eq!(
            LimitKind::of_429(&three("0", "0", "1757607716")),
            LimitKind::Concurrency
        );
        assert_eq!(LimitKind::of_429(&HeaderMap::new()), LimitKind::Unknown);
    }

    #[test]
    fn backing_off_follows_the_answers_own_clock() {
        let date = date::parse(DATE);
        let wait = |map: &HeaderMap, kind| back_off(map, kind, date).map(|wait| wait.as_secs());
        let limit = Some(LimitKind::Limit);
        assert_eq!(
            wait(&three("10", "0", "1757607758"), limit),
            Some(49),
            "48 s to the reset, and one more"
        );
        assert_eq!(
            wait(&three("10", "0", "1757607000"), limit),
            Some(1),
            "a reset in the past"
        );
        assert_eq!(
            wait(&three("10", "0", "1757999999"), limit),
            Some(300),
            "a reset that cannot be"
        );
        assert_eq!(
            wait(&three("0", "0", "1757607716"), Some(LimitKind::Concurrency)),
            Some(5)
        );
        assert_eq!(wait(&HeaderMap::new(), Some(LimitKind::Unknown)), Some(61));
        assert_eq!(wait(&HeaderMap::new(), None), None);
        assert_eq!(
            wait(&headers(&[("retry-after", "7")]), Some(LimitKind::Unknown)),
            Some(7)
        );
        assert_eq!(
            wait(
                &headers(&[("retry-after", "Thu, 11 Sep 2025 16:22:00 GMT")]),
                None
            ),
            Some(10)
        );
        assert_eq!(
            back_off(&three("10", "0", "1757607758"), limit, None).map(|wait| wait.as_secs()),
            Some(61)
        );
    }

    proptest! {
        #[test]
        fn whatever_the_headers_hold_a_sample_makes_sense(
            lines in proptest::collection::vec((0_usize..4, "[ -~]{0,24}"), 0..8)
        ) {
            let names = ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset", "retry-after"];
            let lines: Vec<(&str, &str)> = lines.iter().map(|(name, value)| (names[*name], value.as_str())).collect();
            let map = headers(&lines);
            if let Some(read) = RateLimit::read(&map) {
                prop_assert!(read.limit > 0 && read.remaining <= read.limit);
                prop_assert!((0.0..=1.0).contains(&read.usage_ratio()));
            }
            for kind in LimitKind::ALL {
                let wait = back_off(&map, Some(kind), date::parse(DATE));
                prop_assert!(wait.is_some_and(|wait| wait <= LONGEST));
            }
        }
    }
}
