//! Text and times that a page wrote, made safe to keep: bounded, in one line, without markup's
//! escapes. What they mean is not decided here.

use jiff::{civil::DateTime, fmt::rfc2822, tz::TimeZone};

use crate::units::{Timestamp, head, is_hidden, split_within};

/// The longest id kept: it is a label value.
const LONGEST_ID: usize = 63;
/// The longest title or component name kept.
const LONGEST_TITLE: usize = 100;
/// How much of a text is looked at for a line of that length: escapes and white space are more.
const LONGEST_LINE: usize = 20 * LONGEST_TITLE;
/// The longest escape between `&` and `;`: the highest character, with some zeros before it.
const LONGEST_ESCAPE: usize = 16;
/// The longest text that may be a time.
const LONGEST_TIME: usize = 64;

/// An id as a label value: plain characters only, so that no page writes a URL or a sentence into
/// a series. `None` if nothing is left to tell it by.
pub(super) fn id(text: &str) -> Option<String> {
    let plain = |c: char| match c {
        c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
        _ => '_',
    };
    let id: String = text.trim().chars().take(LONGEST_ID).map(plain).collect();
    id.contains(|c: char| c.is_ascii_alphanumeric())
        .then_some(id)
}

/// A line for people: escapes resolved, control characters and runs of white space to one blank.
pub(super) fn line(text: &str) -> String {
    let text = unescape(head(text, LONGEST_LINE));
    let words = text.split(|c: char| c.is_whitespace() || is_hidden(c));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let line: String = words.join(" ").chars().take(LONGEST_TITLE).collect();
    line.trim_end().to_owned()
}

/// HTML's escapes, as far as status pages use them; what is no escape stays as it is.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let escape = split_within(after, LONGEST_ESCAPE, ';');
        if let Some((resolved, tail)) = escape.and_then(|(name, tail)| Some((entity(name)?, tail)))
        {
            out.push(resolved);
            rest = tail;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// The character that `&name;` or `&#number;` stands for.
pub(super) fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

/// A time as status pages write them: RFC 3339 (Salesforce leaves the colon out of the offset),
/// RFC 2822, whatever weekday it names, or without an offset, which means UTC; of a bare date, its
/// first second.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > LONGEST_TIME {
        return None;
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    // A wrong weekday is a slip of who wrote it by hand: the date counts.
    let rfc2822 = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    if let Ok(time) = rfc2822.parse_timestamp(text) {
        return Some(time);
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_one_moment_reads_alike() {
        let moment = time("2026-07-24T07:30:00Z").unwrap();
        for text in [
            "2026-07-24T07:30:00.000+0000",
            "2026-07-24T09:30:00+02:00",
            " 2026-07-24T00:30:00.000-07:00 ",
            "Fri, 24 Jul 2026 07:30:00 +0000",
            "Fri, 24 Jul 2026 07:30:00 GMT",
            "Sat, 24 Jul 2026 07:30:00 GMT",
            "2026-07-24T07:30:00",
            "2026-07-24 07:30",
        ] {
            assert_eq!(time(text), Some(moment), "{text}");
        }
        assert_eq!(time("2026-07-24"), time("2026-07-24T00:00:00Z"));
        for text in ["", "yesterday", "2026-13-01", "2026-07-24T25:30:00"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn no_page_can_write_what_it_likes_into_a_label() {
        assert_eq!(id(" I-11070 ").unwrap(), "I-11070");
        assert_eq!(id("a\"b\n{c}").unwrap(), "a_b__c_");
        assert_eq!(id(&"é1".repeat(99)).unwrap().len(), LONGEST_ID);
        assert_eq!(id("  "), None);
        assert_eq!(id("//"), None);
        assert_eq!(
            line("a&nbsp;\n\tb\u{7} &amp;c & d &bogus;"),
            "a b &c & d &bogus;"
        );
        assert_eq!(line(&"x ".repeat(500)).len(), LONGEST_TITLE - 1);
    }

    #[test]
    fn escapes_that_name_no_character_stay_as_written() {
        assert_eq!(unescape("&#65;&#x42;&quot;"), "AB\"");
        for text in ["&#xD800;", "&#;", "&#99999999999;", "&", "&;", "a&b"] {
            assert_eq!(unescape(text), text);
        }
    }
}
