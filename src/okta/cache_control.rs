//! How long an answer may be cached. For Okta's keys `max-age` counts down to a fixed moment.

use std::time::Duration;

use http::{HeaderMap, header};

use super::date;

/// How long the answer may be cached: 0 if not at all, `None` if it does not say.
pub fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all(header::CACHE_CONTROL).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let directives: Vec<String> = lines
        .iter()
        .flat_map(|line| line.split(','))
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
    let age = ages
        .filter_map(|age| age.trim_matches('"').parse::<u32>().ok())
        .min();
    age.map(|seconds| Duration::from_secs(u64::from(seconds)))
        .or_else(|| until_expires(headers))
}

fn until_expires(headers: &HeaderMap) -> Option<Duration> {
    let expires = date::of(headers, &header::EXPIRES)?;
    let left = expires.duration_since(date::of(headers, &header::DATE)?);
    Some(Duration::try_from(left).unwrap_or_default())
}

#[cfg(test)]
mod tests {
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
        assert_eq!(age(&[("cache-control", "max-age=99999999999999")]), None);
        assert_eq!(age(&[]), None);
    }
}
