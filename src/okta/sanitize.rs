//! Words from outside, cut and cleaned before they can reach a log. Which of them matter is said
//! by those who read an answer.

use serde_json::Value;

use crate::units::is_hidden;

/// The longest text that is kept.
pub(super) const LONGEST: usize = 300;
/// How much of a page is searched for its title.
const PAGE_HEAD: usize = 4096;

/// A member's text; `None` where there is none to be read.
pub(super) fn text(json: &Value, name: &str) -> Option<String> {
    let text = clean(json.get(name)?.as_str()?);
    (!text.is_empty()).then_some(text)
}

/// What the edge, a proxy or problem+json (RFC 9457) says for people.
pub(super) fn of(json: &Value) -> Option<String> {
    let names = ["detail", "message", "title", "error"];
    names.iter().find_map(|name| text(json, name))
}

/// The title of a page, which is what an error page has to say.
pub(super) fn title(body: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(body.get(..PAGE_HEAD).unwrap_or(body));
    let begin = page.to_ascii_lowercase().find("<title>")? + "<title>".len();
    let title = clean(page.get(begin..)?.split('<').next()?);
    (!title.is_empty()).then_some(title)
}

/// Short, and in one line.
pub(crate) fn clean(text: &str) -> String {
    let text: String = text.chars().take(LONGEST).collect();
    let words = text.split(|c: char| c.is_whitespace() || is_hidden(c));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_speaks_by_its_title() {
        let page = b"<html><head><TITLE>502 Bad\r\n Gateway</TITLE></head>";
        assert_eq!(title(page).as_deref(), Some("502 Bad Gateway"));
        for bad in [&b""[..], b"<title>", b"<title></title>", b"<p>\xff</p>"] {
            assert_eq!(title(bad), None);
        }
    }

    #[test]
    fn what_is_not_text_is_not_read() {
        let json = serde_json::json!({"detail": 5, "message": " \n", "title": "Forbidden"});
        assert_eq!(of(&json).as_deref(), Some("Forbidden"));
        assert_eq!(text(&json, "detail"), None);
        assert_eq!(of(&Value::Null), None);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_short_and_in_one_line(said in any::<String>(), body in any::<Vec<u8>>()) {
            let page = [b"<title>", &body[..]].concat();
            for words in [Some(clean(&said)), title(&page), title(&body)].into_iter().flatten() {
                prop_assert!(words.chars().count() <= LONGEST);
                prop_assert!(!words.contains(is_hidden) && words == words.trim());
            }
        }
    }
}
