//! What comes from outside and becomes a label's value or a sample's: short, plain, bounded.

use jiff::{civil, tz::TimeZone};

use crate::{okta::clean, units::Timestamp};

/// The longest name that becomes a label value.
const LONGEST_NAME: usize = 64;

/// A name that people gave at Okta, as a label value: in one line, and not long. Two may become the
/// same, so Okta's id stands beside it.
pub(super) fn name(text: &str) -> String {
    let plain = clean(text);
    if plain.chars().count() <= LONGEST_NAME {
        return plain;
    }
    let cut = plain.chars().take(LONGEST_NAME - 1);
    cut.chain(['…']).collect()
}

/// A word from outside, as a label value: short and plain, or unknown.
pub(super) fn plain_word(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain)).then_some(text)
}

/// A moment, as Prometheus counts: seconds since 1970.
pub(super) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1e3
}

/// A moment as Okta's documents write it: mostly with its offset, else in UTC, at times a day alone.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let in_utc = || {
        let local = text.parse::<civil::DateTime>().ok();
        let local = local.or_else(|| {
            Some(
                text.parse::<civil::Date>()
                    .ok()?
                    .to_datetime(civil::Time::MIN),
            )
        });
        TimeZone::UTC.to_timestamp(local?).ok()
    };
    text.parse().ok().or_else(in_utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_each_of_the_forms_that_okta_writes() {
        let at = |text: &str| moment(text).map(|at| at.to_string());
        for (written, read) in [
            ("2025-03-13T23:23:10.000Z", "2025-03-13T23:23:10Z"),
            ("2025-03-13T23:23:10+02:00", "2025-03-13T21:23:10Z"),
            (" 2021-06-14 14:45:46 ", "2021-06-14T14:45:46Z"),
            ("2021-06-14", "2021-06-14T00:00:00Z"),
        ] {
            assert_eq!(at(written).as_deref(), Some(read), "{written}");
        }
        for other in ["", "tomorrow", "1741908190", "2021-13-01"] {
            assert_eq!(at(other), None, "{other}");
        }
    }

    #[test]
    fn a_word_from_outside_is_short_and_plain_or_unknown() {
        let long = "a".repeat(64);
        for plain in ["ok7", "a-B_2.c:d", &long] {
            assert_eq!(plain_word(plain), Some(plain));
        }
        for other in ["", "two words", "ok7\n", "é", &"a".repeat(65)] {
            assert_eq!(plain_word(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_name_that_people_gave_is_one_short_line() {
        assert_eq!(name(" CI\nof \"acme\"\t\u{202e}x"), "CI of \"acme\" x");
        assert_eq!(name(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(name(&"é".repeat(10_000)), "é".repeat(63) + "…");
        assert_eq!(name("\n"), "");
    }

    #[test]
    fn a_moment_is_told_in_seconds_and_their_parts() {
        let shown = seconds(Timestamp::from_millisecond(2500).unwrap()).to_string();
        assert_eq!(shown, "2.5");
    }
}
