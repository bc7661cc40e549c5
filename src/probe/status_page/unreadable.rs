//! Why a body may say nothing.

use serde_json::error::Category;

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
    #[error("this JSON is no Statuspage: there is no `{0}` in it")]
    NotStatuspage(&'static str),
    #[error("`{0}` breaks off: the page was half read")]
    Cut(&'static str),
    #[error("`{part}` is not JSON: {error}")]
    BadJson { part: &'static str, error: String },
    #[error("`{part}` is not what it was: {error}: its owner has changed its form")]
    BadShape { part: &'static str, error: String },
    #[error("it is not text: more than {0} bytes are none of UTF-8")]
    NotText(usize),
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

/// What cannot be read as JSON of the expected form.
pub(super) fn bad_json(part: &'static str, error: &serde_json::Error) -> Unreadable {
    let told = error.to_string();
    match error.classify() {
        Category::Eof => Unreadable::Cut(part),
        Category::Data => Unreadable::BadShape { part, error: told },
        Category::Syntax | Category::Io => Unreadable::BadJson { part, error: told },
    }
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
