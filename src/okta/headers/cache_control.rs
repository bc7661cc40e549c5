//! How long an answer may be cached. For Okta's keys `max-age` counts down to a fixed moment.

use std::time::Duration;

use http::{HeaderMap, header};

use super::{date, quoted};

/// The most that caches count: 68 years.
const LONGEST: u64 = 1 << 31;

/// How long the answer may still be cached: 0 if not at all, `None` if it does not say.
pub fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all(header::CACHE_CONTROL).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let directives: Vec<String> = lines
        .iter()
        .flat_map(|line| quoted::split(line, ','))
        .map(|part| part.trim().to_ascii_lowercase())
        .collect();
    // Okta once served keys with both `no-store` and an age: then nobody could rely on the age.
    if directives
        .iter()
        .any(|directive| directive == "no-store" || directive == "no-cache")
    {
        return Some(Duration::ZERO);
    }
    let ages = directives
        .iter()
        .filter_map(|directive| directive.strip_prefix("max-age="));
    // Of two ages the shorter is the one that somebody out there goes by.
    let age = ages.filter_map(|age| seconds(&quoted::open(age))).min();
    let lifetime = age
        .map(Duration::from_secs)
        .or_else(|| until_expires(headers))?;
    Some(lifetime.saturating_sub(spent(headers)))
}

/// How much of it a cache on the way has spent already.
fn spent(headers: &HeaderMap) -> Duration {
    let age = headers.get(header::AGE).and_then(|age| age.to_str().ok());
    Duration::from_secs(age.and_then(|age| seconds(age.trim())).unwrap_or_default())
}

/// A number of seconds. One that is larger than a cache can count stands for the largest, and does
/// not give way to `Expires` (RFC 9111, 1.2.2).
fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().map_or(LONGEST, |age: u64| age.min(LONGEST)))
}

/// `Expires` minus `Date`. An `Expires` that is not a date, above all `0`, lies in the past
/// (RFC 9111, 5.3).
fn until_expires(headers: &HeaderMap) -> Option<Duration> {
    if !headers.contains_key(header::EXPIRES) {
        return None;
    }
    let Some(expires) = date::of(headers, &header::EXPIRES) else {
        return Some(Duration::ZERO);
    };
    let left = expires.duration_since(date::of(headers, &header::DATE)?);
    Some(Duration::try_from(left).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn age(lines: &[(&'static str, &'static str)]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        max_age(&headers).map(|age| age.as_secs())
    }

    #[test]
    fn the_recorded_shapes_are_read() {
        assert_eq!(
            age(&[("cache-control", "max-age=3885115, must-revalidate")]),
            Some(3_885_115)
        );
        assert_eq!(
            age(&[("cache-control", "no-cache, no-store, max-age=60")]),
            Some(0)
        );
        assert_eq!(
            age(&[
                ("cache-control", "private"),
                ("cache-control", "Max-Age=\"60\"")
            ]),
            Some(60)
        );
        let dates = [
            ("date", "Fri, 18 Sep 2026 06:54:21 GMT"),
            ("expires", "Fri, 18 Sep 2026 06:55:21 GMT"),
        ];
        assert_eq!(age(&dates), Some(60));
        assert_eq!(age(&[("cache-control", "max-age=-5")]), None);
        for long in ["max-age=99999999999999", "max-age=99999999999999999999999"] {
            let lines = [("cache-control", long), dates[0], dates[1]];
            assert_eq!(age(&lines), Some(1 << 31), "not what `Expires` says");
        }
        assert_eq!(age(&[("expires", "0")]), Some(0));
        assert_eq!(
            age(&[("cache-control", r#"private="x, max-age=9", max-age=60"#)]),
            Some(60)
        );
        assert_eq!(age(&[]), None);
    }

    #[test]
    fn what_a_cache_kept_may_be_kept_for_the_rest_of_its_time() {
        let kept = |lifetime, spent| age(&[("cache-control", lifetime), ("age", spent)]);
        assert_eq!(kept("max-age=3600", "600"), Some(3_000));
        assert_eq!(kept("max-age=3600", "7200"), Some(0));
        assert_eq!(kept("max-age=3600", "old"), Some(3_600));
        let expires = [
            ("date", "Fri, 18 Sep 2026 06:54:21 GMT"),
            ("expires", "Fri, 18 Sep 2026 06:55:21 GMT"),
            ("age", "20"),
        ];
        assert_eq!(age(&expires), Some(40));
    }

    proptest! {
        #[test]
        fn nothing_panics(control in "[ -~]{0,60}", expires in "[ -~]{0,40}", seconds in any::<u32>()) {
            let mut headers = HeaderMap::new();
            headers.append(header::CACHE_CONTROL, control.parse().unwrap());
            headers.append(header::EXPIRES, expires.parse().unwrap());
            max_age(&headers);
            headers.insert(header::CACHE_CONTROL, format!("public, max-age={seconds}").parse().unwrap());
            let counted = u64::from(seconds).min(LONGEST);
            prop_assert_eq!(max_age(&headers), Some(Duration::from_secs(counted)));
        }
    }
}
