//! Which kind of page a body is, who reads it, and why it may be unreadable. Each kind's own
//! reading is in its own file.

use serde::Deserialize;

use super::{Reading, feed, okta, statuspage};

/// What the configuration says a status page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Why nothing is known from a body. A page that is not understood is unknown, never fine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum Unreadable {
    #[error("the answer is empty")]
    Empty,
    #[error("this is neither Okta's status page, nor Statuspage JSON, nor a feed")]
    Unrecognised,
    #[error("this is a sign-in page: the status page has moved or is not public")]
    SignInPage,
    #[error("this is an HTML page where {expected} was expected")]
    Html { expected: &'static str },
    #[error("there is no `{0}` in it: its owner has rewritten it, or it was half read")]
    Missing(&'static str),
    #[error("`{0}` breaks off: the page was half read")]
    Cut(&'static str),
    #[error("`{part}` is not JSON: {error}")]
    BadJson { part: &'static str, error: String },
    #[error("an entry of `{part}` has no `{field}`: its owner has changed its form")]
    BadEntry {
        part: &'static str,
        field: &'static str,
    },
    #[error("this is not an Atom or RSS feed")]
    NotAFeed,
    #[error("the feed is not XML: {0}")]
    BadXml(String),
    #[error("the feed has no entries, so it may be dead as well as quiet")]
    EmptyFeed,
    #[error("no entry of the feed says how far its incident has come")]
    NoStates,
}

/// Reads the body of a status page.
pub fn read(
    format: Format,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Reading, Unreadable> {
    if body.trim_ascii().is_empty() {
        return Err(Unreadable::Empty);
    }
    // A wrong byte spoils at most a title; it is no reason to lose the page.
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}');
    let source = match format {
        Format::Auto => sniff(content_type, text).ok_or(Unreadable::Unrecognised)?,
        Format::Okta => Source::Okta,
        Format::Statuspage => Source::Statuspage,
        Format::Atom => Source::Feed,
    };
    match source {
        Source::Okta => okta::read(text),
        Source::Statuspage => statuspage::read(text),
        Source::Feed => feed::read(text),
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

/// What an HTML page without the data is: a sign-in page says so by asking for a password.
pub(super) fn without_data(text: &str, otherwise: Unreadable) -> Unreadable {
    let text = text.to_ascii_lowercase();
    let asks = ["type=\"password\"", "type='password'", "signin-container"];
    if asks.iter().any(|mark| text.contains(mark)) {
        Unreadable::SignInPage
    } else {
        otherwise
    }
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
        assert_eq!(
            read(Format::Auto, None, b"OK"),
            Err(Unreadable::Unrecognised)
        );
        assert_eq!(read(Format::Auto, None, b" \n"), Err(Unreadable::Empty));
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

    #[test]
    fn a_byte_order_mark_and_one_wrong_byte_do_not_lose_the_page() {
        let page = "\u{feff}<feed><entry><id>1</id><title>Resolved ?</title><updated>2026-07-01</updated></entry></feed>";
        let bytes: Vec<u8> = page
            .bytes()
            .map(|b| if b == b'?' { 0xff } else { b })
            .collect();
        let seen = super::read(Format::Auto, None, &bytes).unwrap();
        assert_eq!(seen.incidents.unwrap()[0].title, "Resolved \u{fffd}");
    }
}
