//! From a body to what it says. Each format's own reading is in its own file.

use super::{
    content::PageContent,
    feed,
    format::{Format, Source, sniff},
    okta, statuspage,
    unreadable::Unreadable,
};

/// Each byte that is none of UTF-8 becomes three.
const MOST_WRONG: usize = 1_000;

/// Reads the body of a status page.
pub fn read(
    format: Format,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<PageContent, Unreadable> {
    if body.trim_ascii().is_empty() {
        return Err(Unreadable::Empty);
    }
    // A wrong byte spoils at most a title; it is no reason to lose the page.
    let wrong = body
        .utf8_chunks()
        .filter(|chunk| !chunk.invalid().is_empty());
    if wrong.take(MOST_WRONG + 1).count() > MOST_WRONG {
        return Err(Unreadable::NotText(MOST_WRONG));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_nothing_known_says_nothing() {
        assert_eq!(
            read(Format::Auto, None, b"OK"),
            Err(Unreadable::Unrecognised)
        );
        assert_eq!(read(Format::Auto, None, b" \n"), Err(Unreadable::Empty));
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
