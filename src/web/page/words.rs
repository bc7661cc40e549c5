//! How words are shown: badges that say it by shape, word and colour alike, and the guide's text.

use maud::{Markup, html};

use crate::{fleet::OrgView, guide::Severity};

/// A word with its shape and colour: a severity's, or `well`, `unknown` or `stale`.
pub(super) fn badge(tone: &str, word: &str) -> Markup {
    html! { span.badge.(tone) { span aria-hidden="true" { (glyph(tone)) } " " (word) } }
}

/// A severity.
pub(super) fn severe(severity: Severity) -> Markup {
    badge(severity.as_str(), severity.as_str())
}

/// The shape that says the same as the colour.
pub(super) fn glyph(tone: &str) -> &'static str {
    match tone {
        "critical" => "✖",
        "warning" => "▲",
        "info" => "●",
        "well" => "✓",
        _ => "?",
    }
}

/// What an org is called; what belongs to none are the status pages.
pub(super) fn name(org: &OrgView) -> &str {
    org.name.as_deref().unwrap_or("Status pages")
}

/// The id of all that is told of an org.
pub(super) fn anchor(org: &OrgView) -> String {
    org.name
        .as_ref()
        .map_or_else(|| "status-pages".to_owned(), |name| format!("org/{name}"))
}

/// Parts as one id, which holds no blank.
pub(super) fn id(parts: &[&str]) -> String {
    let joined = parts.join("/");
    joined.replace(|c: char| c.is_whitespace() || c.is_control(), "_")
}

/// Text whose words between backticks are code, as the guide writes them.
pub(super) fn marked(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

/// A ratio in percent.
pub(super) fn percent(ratio: f64) -> String {
    format!("{:.0} %", ratio * 100.0)
}

/// So many of something.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
