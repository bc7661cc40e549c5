//! Where Okta's status page keeps its JSON: hidden elements told apart by their `data-id`. What the
//! JSON says is not read here.

use serde::de::DeserializeOwned;
use serde_json::Deserializer;

use super::{
    content::MOST_LISTED,
    text,
    unreadable::{Unreadable, bad_json},
};
use crate::okta::{Listed, Object};

/// How every list of incidents begins, whatever the markup around it.
const MARK: &str = r#"[{"attributes":{"type":"Incident__c""#;

/// The longest opening tag looked at; a bound, so that a hostile page costs little.
const LONGEST_TAG: usize = 1000;

type List<T> = Result<Vec<T>, Unreadable>;
type Records<T> = Listed<Object<T>, MOST_LISTED>;

/// The list in the element with this `data-id`; `None` if there is no such element. Scripts may
/// quote the markup, so the first that holds a list wins.
pub(super) fn named<T: DeserializeOwned>(page: &str, id: &'static str) -> Option<List<T>> {
    let mut lists = contents(page, id).map(|content| list(content, id));
    let first = lists.next()?;
    Some(first.or_else(|error| lists.find(Result::is_ok).unwrap_or(Err(error))))
}

/// All lists that begin like a list of incidents, as one; `None` if there is none.
pub(super) fn marked<T: DeserializeOwned>(page: &str, part: &'static str) -> Option<List<T>> {
    page.contains(MARK).then(|| {
        let mut all = Vec::new();
        for (at, _) in page.match_indices(MARK) {
            all.extend(list(page.get(at..).unwrap_or_default(), part)?);
            if all.len() > MOST_LISTED {
                let error = format!("they have more than {MOST_LISTED} entries");
                return Err(Unreadable::BadShape { part, error });
            }
        }
        Ok(all)
    })
}

/// What follows each opening tag with this `data-id`.
fn contents<'a>(page: &'a str, id: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = page;
    std::iter::from_fn(move || {
        loop {
            rest = rest.split_once('<')?.1;
            // What somebody commented out is not what the page says.
            if rest.starts_with("!--") {
                rest = rest.split_once("-->")?.1;
                continue;
            }
            if let Some(after) = after_quoted(rest) {
                rest = after;
                continue;
            }
            let tag = rest.split('<').next()?;
            if tag.contains("data-id")
                && let Some(content) = content(rest, id)
            {
                return Some(content);
            }
        }
    })
}

/// What follows the element that `text` begins with, if its content is no markup of the page. One
/// that is not closed reaches to the page's end, as browsers have it.
fn after_quoted(text: &str) -> Option<&str> {
    let name = ["script", "style", "template"].into_iter().find(|name| {
        let (start, rest) = text.split_at_checked(name.len()).unwrap_or_default();
        start.eq_ignore_ascii_case(name) && !rest.starts_with(|c: char| c.is_alphanumeric())
    })?;
    let closes = |(at, _): &(usize, &str)| {
        let tag = text.get(at + 2..at + 2 + name.len());
        tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name))
    };
    let end = text.match_indices("</").find(closes);
    Some(end.and_then(|(at, _)| text.get(at..)).unwrap_or_default())
}

/// What follows the opening tag that `text` begins with, if it has this `data-id`.
fn content<'a>(text: &'a str, id: &str) -> Option<&'a str> {
    let mut quote = None;
    let (end, _) = text.char_indices().take(LONGEST_TAG).find(|&(_, c)| {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        // A tag that another begins in was none: `a <b` in a script.
        quote.is_none() && matches!(c, '>' | '<')
    })?;
    let (tag, content) = text.split_at_checked(end)?;
    let is_tag = tag.starts_with(|c: char| c.is_ascii_alphabetic());
    let content = content.strip_prefix('>')?;
    (is_tag && has_data_id(tag, id)).then_some(content)
}

/// True for `data-id="incidents"`, with either quote or none, and blanks where HTML allows them.
fn has_data_id(tag: &str, id: &str) -> bool {
    let has = |(at, name): (usize, &str)| {
        let (before, attribute) = tag.split_at_checked(at)?;
        let value = attribute
            .strip_prefix(name)?
            .trim_start()
            .strip_prefix('=')?;
        let value = value.trim_start().trim_start_matches(['"', '\'']);
        let after = value.strip_prefix(id)?;
        let ends = after.is_empty() || after.starts_with(['"', '\'', ' ', '\t', '\n', '\r']);
        (ends && before.ends_with(char::is_whitespace)).then_some(())
    };
    tag.match_indices("data-id")
        .any(|found| has(found).is_some())
}

/// The list of objects that `text` begins with. The page writes JSON as it is, quotes and all, so
/// its end is found by walking it: a title may contain `</span>`. Escaped JSON is the second try.
fn list<T: DeserializeOwned>(text: &str, part: &'static str) -> List<T> {
    let mut values = Deserializer::from_str(text).into_iter::<Records<T>>();
    let value = match values.next() {
        None => return Err(Unreadable::Cut(part)),
        Some(Err(error)) if error.is_eof() => return Err(Unreadable::Cut(part)),
        Some(Err(error)) => {
            let (escaped, _) = text.split_once('<').ok_or(Unreadable::Cut(part))?;
            serde_json::from_str(&text::unescape(escaped)).map_err(|_| bad_json(part, &error))?
        }
        Some(Ok(value)) => {
            // A list that is not the whole content of its element may be only a part of it.
            let rest = text.get(values.byte_offset()..).unwrap_or_default();
            match rest.trim_start() {
                "" => return Err(Unreadable::Cut(part)),
                rest if rest.starts_with('<') => value,
                _ => {
                    let error = "something follows the list".to_owned();
                    return Err(Unreadable::BadJson { part, error });
                }
            }
        }
    };
    let Listed(records) = value;
    let records: Option<Vec<T>> = records.into_iter().map(|Object(record)| record).collect();
    records.ok_or_else(|| Unreadable::BadShape {
        part,
        error: "it is not a list of records".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const ID: &str = "incidents";

    fn count(page: &str) -> Option<Result<usize, Unreadable>> {
        named::<Value>(page, ID).map(|list| list.map(|list| list.len()))
    }

    #[test]
    fn the_element_is_found_however_its_tag_is_written() {
        for page in [
            r#"<span data-id="incidents">[{}]</span>"#,
            r#"<span data-id='incidents' id="j_id0:j_id10:StringJSON">[{}]</span>"#,
            "<div class=\"a > b\"\n data-id = incidents\t>\n [{}] </div>",
            r#"<!-- <p data-id="incidents">[]</p> --><p data-id="incidents">[{}]</p>"#,
            r#"<script>$('<p data-id="incidents">' + x)</script><p data-id="incidents">[{}]</p>"#,
            r#"<script>if (a<b) $('[data-id="incidents"]') > 0</script><p data-id="incidents">[{}]</p>"#,
            r#"<script>x = '<p data-id="incidents">[]</p>'</SCRIPT><p data-id="incidents">[{}]</p>"#,
            r#"<template><p data-id="incidents">[]</p></template><p data-id="incidents">[{}]</p>"#,
            r#"<a data-id="incidents" <p data-id="incidents">[{}]</p>"#,
        ] {
            assert_eq!(count(page), Some(Ok(1)), "{page}");
        }
        for page in [
            "",
            r#"<p data-id="incidents"#,
            r#"<p data-id="incidents-old">[{}]</p>"#,
            r#"<p x-data-id="incidents">[{}]</p>"#,
            r#"data-id="incidents">[{}]"#,
            r#"<!-- <p data-id="incidents">[]</p>"#,
            r#"<script><p data-id="incidents">[]</p>"#,
        ] {
            assert_eq!(count(page), None, "{page}");
        }
    }

    #[test]
    fn escaped_json_is_read_too_and_escapes_inside_raw_json_are_left_alone() {
        let escaped = r#"<p data-id="incidents">[{&quot;a&quot;:&quot;x &amp;lt; y&quot;}]</p>"#;
        let read = |page| named::<Value>(page, ID).unwrap().unwrap();
        assert_eq!(read(escaped)[0]["a"], "x &lt; y");
        let raw = r#"<p data-id="incidents">[{"a":"&quot;"}]</p>"#;
        assert_eq!(read(raw)[0]["a"], "&quot;");
    }

    #[test]
    fn what_breaks_off_is_told_from_what_is_wrong() {
        for page in [
            "",
            "[{\"a\":",
            "[{&quot;a&quot;:",
            "[{}",
            "[",
            "[{}]",
            "[{}] ",
        ] {
            let page = format!("<p data-id='incidents'>{page}");
            assert_eq!(count(&page), Some(Err(Unreadable::Cut(ID))), "{page}");
        }
        for page in [
            "</p>",
            "soon</p>",
            "{}</p>",
            "[1]</p>",
            "[{}</p>",
            "null</p>",
            "[{}], [{}]</p>",
        ] {
            let page = format!("<p data-id='incidents'>{page}");
            let bad = |error| {
                matches!(
                    error,
                    Unreadable::BadJson { .. } | Unreadable::BadShape { .. }
                )
            };
            let is_bad = count(&page).is_some_and(|list| list.is_err_and(bad));
            assert!(is_bad, "{page}: {:?}", count(&page));
        }
    }

    #[test]
    fn a_hostile_page_of_half_tags_costs_little() {
        for half in ["<a data-id=\"", "<script", "<template ", "<!-"] {
            assert_eq!(count(&half.repeat(20_000)), None);
        }
    }

    #[test]
    fn a_list_that_ends_in_the_middle_was_half_read_whatever_stands_in_it() {
        let said = |text| list::<serde_json::Value>(text, "incidents").unwrap_err();
        let cut = Unreadable::Cut("incidents");
        assert_eq!(said(""), cut);
        assert_eq!(said(r#"[{"title": "slow <b"#), cut);
        let bad = said("[{title}]<");
        assert!(matches!(bad, Unreadable::BadJson { .. }), "{bad}");
    }
}
