//! The quoted-strings of HTTP headers (RFC 9110, 5.6.4): splitting around them, and opening them.
//! What the parts mean is said by the reader of each header.

/// The parts between separators; a separator within quotes is text. Nothing is trimmed.
pub(super) fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return c == separator && !quoted,
        }
        false
    })
}

/// A value as it is meant: without its quotes and escapes, if it has any.
pub(super) fn open(value: &str) -> String {
    let value = value.trim();
    let Some(inner) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let (mut text, mut escaped) = (String::new(), false);
    for c in inner.chars() {
        match c {
            _ if escaped => {
                text.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => break,
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_separator_within_quotes_is_text() {
        let parts: Vec<&str> = split(r#"a, b="1, \", 2" ,"#, ',').collect();
        assert_eq!(parts, ["a", r#" b="1, \", 2" "#, ""]);
        assert_eq!(open(r#" "it's \"so\"" "#), r#"it's "so""#);
        assert_eq!(open("plain "), "plain");
        assert_eq!(open(r#""cut off"#), "cut off");
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in any::<String>()) {
            let parts: Vec<&str> = split(&text, ',').collect();
            prop_assert_eq!(parts.join(","), text.as_str());
            open(&text);
        }

        #[test]
        fn what_was_quoted_comes_back(text in any::<String>()) {
            let quoted = format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""));
            prop_assert_eq!(split(&quoted, ',').count(), 1);
            prop_assert_eq!(open(&quoted), text);
        }
    }
}
