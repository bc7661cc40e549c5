//! Which build this is, as `build.rs` found it.

use super::Timestamp;

/// The version, as the manifest has it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What it was built for, as Rust calls it.
pub const TARGET: &str = env!("OKTA_EXPORTER_TARGET");

/// The commit that it was built of; empty where that is not known.
pub const REVISION: &str = env!("OKTA_EXPORTER_REVISION");

/// The day of that commit, or the one that `SOURCE_DATE_EPOCH` named.
pub fn date() -> Option<String> {
    day(env!("OKTA_EXPORTER_DATE"))
}

/// Version, revision, date and target, a line each, as far as they are known.
pub fn description() -> String {
    let date = date();
    let lines = [
        ("revision", Some(REVISION)),
        ("date", date.as_deref()),
        ("target", Some(TARGET)),
    ];
    let known = lines
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
    known.fold(VERSION.to_owned(), |text, (name, value)| {
        format!("{text}\n{name}: {value}")
    })
}

fn day(epoch: &str) -> Option<String> {
    let at = Timestamp::from_second(epoch.trim().parse().ok()?).ok()?;
    Some(at.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_day_and_what_is_none_is_not_known() {
        assert_eq!(day("1757607758").as_deref(), Some("2025-09-11"));
        for none in ["", "yesterday", "99999999999999999999"] {
            assert_eq!(day(none), None, "{none}");
        }
    }

    #[test]
    fn the_description_begins_with_the_version_and_tells_only_what_is_known() {
        let text = description();
        assert!(text.starts_with(VERSION), "{text}");
        assert!(text.contains(&format!("\ntarget: {TARGET}")), "{text}");
        assert!(
            text.lines().skip(1).all(|line| !line.ends_with(": ")),
            "{text}"
        );
    }
}
