//! Which format a status page is in: as configured, or as its body tells.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the configuration says a status page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Whatever its body looks like.
    #[default]
    Auto,
    /// Okta's HTML page with JSON inside.
    Okta,
    /// Statuspage v2: `summary.json` or `status.json`.
    Statuspage,
    /// An Atom or RSS feed.
    Atom,
}

/// What a status page turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Okta's HTML page.
    Okta,
    /// Statuspage v2.
    Statuspage,
    /// An Atom or RSS feed.
    Feed,
}

impl Source {
    /// True if this source says which of Okta's cells an incident is on.
    pub const fn names_cells(self) -> bool {
        matches!(self, Self::Okta)
    }
}

/// Tells the kinds apart: by the body, and only where that is silent by the content type, since
/// mirrors and file servers send `text/plain` for anything.
pub fn sniff(content_type: Option<&str>, text: &str) -> Option<Source> {
    let text = text.trim_start();
    if text.starts_with(['{', '[']) {
        return Some(Source::Statuspage);
    }
    match root(text).as_deref() {
        Some("feed" | "rss" | "rdf:rdf") => return Some(Source::Feed),
        Some(_) => return Some(Source::Okta),
        None => {}
    }
    let declared = content_type?.to_ascii_lowercase();
    let says = |word| declared.contains(word);
    // `xhtml+xml` is a page: ask for HTML before XML.
    match () {
        () if says("html") => Some(Source::Okta),
        () if says("json") => Some(Source::Statuspage),
        () if says("xml") || says("rss") => Some(Source::Feed),
        () => None,
    }
}

/// The name of a document's first element, in small letters; declarations and comments come before.
pub(super) fn root(text: &str) -> Option<String> {
    let mut rest = text.trim_start();
    loop {
        let after = rest.strip_prefix('<')?;
        let end = match after {
            _ if after.starts_with("!--") => "-->",
            _ if after.starts_with('?') => "?>",
            _ if after.starts_with('!') => ">",
            _ => break,
        };
        rest = after.split_once(end)?.1.trim_start();
    }
    let name = rest.get(1..)?;
    let (name, _) = name.split_once(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    begins_well.then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_tells_what_it_is_whatever_the_content_type_says() {
        for (text, source) in [
            ("{}", Some(Source::Statuspage)),
            (" \n[", Some(Source::Statuspage)),
            (
                "<!DOCTYPE html>\n<!-- a --> <HTML lang='en'>",
                Some(Source::Okta),
            ),
            ("<span data-id=''>", Some(Source::Okta)),
            ("<?xml version='1.0'?><feed>", Some(Source::Feed)),
            (
                "<?xml version='1.0'?>\n<?xml-stylesheet?><rss version='2.0'>",
                Some(Source::Feed),
            ),
            ("<rdf:RDF xmlns=''>", Some(Source::Feed)),
            (
                "<?xml version='1.0'?><!DOCTYPE html><html>",
                Some(Source::Okta),
            ),
            ("OK", None),
            ("<", None),
            ("<!-- ", None),
            ("", None),
        ] {
            assert_eq!(sniff(Some("text/plain"), text), source, "{text}");
            assert_eq!(sniff(None, text), source, "{text}");
        }
    }

    #[test]
    fn where_the_body_is_silent_the_content_type_tells() {
        for (content_type, source) in [
            ("text/html; charset=utf-8", Source::Okta),
            ("application/xhtml+xml", Source::Okta),
            ("Application/JSON", Source::Statuspage),
            ("application/atom+xml", Source::Feed),
            ("application/rss", Source::Feed),
        ] {
            assert_eq!(sniff(Some(content_type), "?"), Some(source));
        }
    }

    #[test]
    fn the_configuration_writes_formats_in_small_letters() {
        let read = |word: &str| serde_json::from_str::<Format>(&format!("\"{word}\""));
        assert_eq!(read("auto").unwrap(), Format::default());
        assert_eq!(read("okta").unwrap(), Format::Okta);
        assert_eq!(read("statuspage").unwrap(), Format::Statuspage);
        assert_eq!(read("atom").unwrap(), Format::Atom);
        assert!(read("rss").is_err());
    }
}
