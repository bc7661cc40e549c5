//! A URL or a path as it may be shown: a password may stand before its host, a key in its query.

/// What stands where a secret may have been written.
pub(crate) const REDACTED: &str = "<redacted>";

/// Parameters that Okta's API reads, and that hold no secret.
const HARMLESS: [&str; 13] = [
    "after",
    "expand",
    "filter",
    "format",
    "limit",
    "match",
    "q",
    "search",
    "since",
    "sortBy",
    "sortOrder",
    "type",
    "until",
];

/// The text without user, password, fragment, and what the parameters of its query are set to, but
/// for those of Okta's own. What is neither a URL nor a path, nor looks like one, stays as it is.
pub(crate) fn without_secrets(text: &str) -> String {
    let (before, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        // People leave out the scheme; what has blanks is prose, or a filter.
        None if text.starts_with(['/', '?']) || !text.contains(char::is_whitespace) => {
            (String::new(), text)
        }
        None => return text.to_owned(),
    };
    let (rest, fragment) = match rest.split_once('#') {
        Some((rest, "")) => (rest, "#"),
        Some((rest, _)) => (rest, "#…"),
        None => (rest, ""),
    };
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let (host, path) = place.split_at(place.find(['/', '\\']).unwrap_or(place.len()));
    let host = match host.rsplit_once('@') {
        Some((user, host)) if !before.is_empty() || user.contains(':') => {
            format!("{REDACTED}@{host}")
        }
        _ => host.to_owned(),
    };
    let query = query.map_or_else(String::new, |query| {
        let shown: Vec<String> = query.split('&').map(parameter).collect();
        format!("?{}", shown.join("&"))
    });
    format!("{before}{host}{path}{query}{fragment}")
}

fn parameter(text: &str) -> String {
    match text.split_once('=') {
        Some((name, _)) if HARMLESS.contains(&name) => text.to_owned(),
        Some((_, "")) => text.to_owned(),
        Some((name, _)) => format!("{name}={REDACTED}"),
        None if text.is_empty() || HARMLESS.contains(&text) => text.to_owned(),
        None => REDACTED.to_owned(),
    }
}

#[cfg(test)]
mod tests;
