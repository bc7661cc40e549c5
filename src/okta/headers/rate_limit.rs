//! Rate-limit headers, read defensively: missing is not zero, limit 0 is not a limit.

use std::time::Duration;

use http::{HeaderMap, header};

use super::date;
use crate::units::{Timestamp, closed_list};

const LIMIT: &str = "x-rate-limit-limit";
const REMAINING: &str = "x-rate-limit-remaining";
const RESET: &str = "x-rate-limit-reset";

/// Longer than any window that Okta documents (5 minutes for one-time passwords): a reset that lies
/// further ahead is a mistake, and waiting for it would leave the probe blind.
const LONGEST: Duration = Duration::from_mins(5);
/// How long a window is, where an answer does not say.
const WINDOW: Duration = Duration::from_mins(1);
/// A reset that is already past is not a leave to ask again at once.
const SHORTEST: Duration = Duration::from_secs(1);
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
    /// Reads the headers; `None` unless all three are there and make sense. Okta has sent them
    /// twice, and proxies join two with a comma: then each position is a bucket of its own, and
    /// the one with the fewest requests left counts, since it will refuse first.
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let columns = [LIMIT, REMAINING, RESET].map(|name| numbers(headers, name));
        let rows = columns.iter().map(Vec::len).max()?;
        let samples: Option<Vec<Self>> = (0..rows).map(|row| Self::of(&columns, row)).collect();
        samples?.into_iter().min_by_key(|sample| sample.remaining)
    }

    fn of(columns: &[Vec<u64>; 3], row: usize) -> Option<Self> {
        let [limit, remaining, reset] = columns.each_ref().map(|column| match column[..] {
            [only] => Some(only),
            _ => column.get(row).copied(),
        });
        // A limit of 0 belongs to a concurrency 429 and says nothing of the bucket.
        let limit = limit.filter(|&limit| limit > 0)?;
        Some(Self {
            limit,
            remaining: remaining.filter(|&left| left <= limit)?,
            reset: moment(reset?)?,
        })
    }

    /// The share of the window's limit that is used, 0 to 1.
    pub fn usage_ratio(&self) -> f64 {
        (self.limit - self.remaining) as f64 / self.limit as f64
    }
}

closed_list! {
    /// Which limit a 429 stands for.
    pub enum LimitKind {
        /// The bucket is empty until its reset.
        Limit = "limit",
        /// Too many requests at once.
        Concurrency = "concurrency",
        /// The answer does not say: the edge or a proxy, most likely.
        Unknown = "unknown",
    }
}

impl LimitKind {
    /// Which limit a 429 with these headers stands for: Okta marks concurrency with a limit of 0.
    pub fn of_429(headers: &HeaderMap) -> Self {
        match numbers(headers, LIMIT)[..] {
            [] => Self::Unknown,
            ref limits if limits.contains(&0) => Self::Concurrency,
            _ => Self::Limit,
        }
    }
}

/// How long the answer asks its caller to stay away; `None` if it does not. Where a proxy's
/// `Retry-After` and Okta's reset differ, the longer one is kept to.
pub(in crate::okta) fn back_off(
    headers: &HeaderMap,
    limited: Option<LimitKind>,
    date: Option<Timestamp>,
) -> Option<Duration> {
    let own = match limited {
        None => None,
        Some(LimitKind::Concurrency) => Some(CONCURRENCY),
        Some(LimitKind::Limit | LimitKind::Unknown) => until_reset(headers, date),
    };
    let asked = retry_after(headers, date).max(own);
    let wait = asked.or(limited.map(|_| WINDOW))?;
    Some(wait.clamp(SHORTEST, LONGEST))
}

/// Reset minus `Date`, both by Okta's clock, so that our own does not matter; one second more,
/// since both are cut to whole seconds. Of several resets the last is waited for.
fn until_reset(headers: &HeaderMap, date: Option<Timestamp>) -> Option<Duration> {
    let reset = numbers(headers, RESET).into_iter().max()?;
    // A number too large for a moment is a moment far ahead.
    let reset = moment(reset).unwrap_or(Timestamp::MAX);
    let left = Duration::try_from(reset.duration_since(date?)).unwrap_or_default();
    Some(left.saturating_add(Duration::from_secs(1)))
}

/// `Retry-After`, which Okta does not send but a proxy may: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Option<Timestamp>) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if is_number(text) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    Some(Duration::try_from(date::parse(text)?.duration_since(now?)).unwrap_or_default())
}

/// All numbers of a header, in order. One that is garbage makes all of them worthless.
fn numbers(headers: &HeaderMap, name: &str) -> Vec<u64> {
    let lines = headers.get_all(name).iter();
    let numbers: Option<Vec<u64>> = lines
        .flat_map(|line| line.to_str().unwrap_or("garbage").split(','))
        .map(|text| {
            Some(text.trim())
                .filter(|text| is_number(text))?
                .parse()
                .ok()
        })
        .collect();
    numbers.unwrap_or_default()
}

/// Digits only: `+5` parses as a number elsewhere, and is garbage here.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn moment(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
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
    fn of_headers_sent_twice_or_joined_the_bucket_that_refuses_first_counts() {
        let joined = RateLimit::read(&three("600, 50", " 599 ,49", "1757607758,1757607760"));
        let mut twice = three("600", "599", "1757607758");
        for (name, value) in &three("50", "49", "1757607760") {
            twice.append(name, value.clone());
        }
        assert_eq!(joined, RateLimit::read(&three("50", "49", "1757607760")));
        assert_eq!(RateLimit::read(&twice), joined);
        let emptier = RateLimit::read(&three("600, 50", "7, 49", "1757607758, 1757607760"));
        assert_eq!(emptier, RateLimit::read(&three("600", "7", "1757607758")));
    }

    #[test]
    fn a_header_sent_once_goes_with_each_of_the_others() {
        let one = RateLimit::read(&three("50", "49", "1757607758"));
        assert!(one.is_some());
        assert_eq!(RateLimit::read(&three("50,50", "49", "1757607758")), one);
        assert_eq!(
            RateLimit::read(&three("50,50", "49,49,49", "1757607758")),
            None,
            "nobody knows which belong together"
        );
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
        assert_eq!(
            wait(&headers(&[("x-rate-limit-reset", "1757607758")]), limit),
            Some(49),
            "the reset is worth something by itself"
        );
        assert_eq!(wait(&HeaderMap::new(), Some(LimitKind::Unknown)), Some(60));
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
            Some(60),
            "without Okta's clock nobody can say"
        );
    }

    #[test]
    fn a_proxys_retry_after_never_shortens_what_okta_asks_for() {
        let wait = |after: &str, kind| {
            let mut map = three("10", "0", "1757607758");
            map.append("retry-after", after.parse().unwrap());
            back_off(&map, kind, date::parse(DATE)).map(|wait| wait.as_secs())
        };
        assert_eq!(wait("0", Some(LimitKind::Limit)), Some(49));
        assert_eq!(wait("90", Some(LimitKind::Limit)), Some(90));
        assert_eq!(wait("0", None), Some(1), "a 503");
        assert_eq!(wait("99999999999999999999999", None), Some(300));
        assert_eq!(wait("soon", None), None);
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
                prop_assert!(wait.is_some_and(|wait| (SHORTEST..=LONGEST).contains(&wait)));
            }
        }

        #[test]
        fn what_okta_sends_is_read(limit in 1_u64..1_000_000, used in 0_u64..1_000_000, reset in 0_u32..) {
            let remaining = limit.saturating_sub(used);
            let read = RateLimit::read(&three(&limit.to_string(), &remaining.to_string(), &reset.to_string()));
            let reset = Timestamp::from_second(reset.into()).unwrap();
            prop_assert_eq!(read, Some(RateLimit { limit, remaining, reset }));
        }
    }
}
