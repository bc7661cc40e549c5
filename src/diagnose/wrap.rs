//! How lengths of time, lists and long texts are written for people.

use std::time::Duration;

use crate::units::is_hidden;

/// A length of time in the unit that says most.
pub(super) fn span(length: Duration) -> String {
    match length.as_secs() {
        0 => format!("{} ms", length.as_millis()),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// Words, with commas.
pub(super) fn list<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let words: Vec<T> = words.into_iter().collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    words.join(", ")
}

/// Text in lines of at most this many characters; a longer word has a line of its own. What would
/// steer the terminal is left out: a token or a page may say anything.
pub(super) fn lines(text: &str, width: usize) -> Vec<String> {
    let plain = |c: char| if is_hidden(c) { ' ' } else { c };
    let text: String = text.chars().map(plain).collect();
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_is_told_in_the_unit_that_says_most() {
        let told = [0, 1, 119, 120, 7199, 7200, 172_800].map(|s| span(Duration::from_secs(s)));
        assert_eq!(
            told,
            ["0 ms", "1 s", "119 s", "2 min", "119 min", "2 h", "2 days"]
        );
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let said = lines("red \x1b[31malert\u{7}\r\n", 80);
        assert_eq!(said, ["red [31malert"]);
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_line_too_long(text in "[a-z ]{0,200}", width in 1_usize..60) {
            let lines = lines(&text, width);
            let words: Vec<&str> = text.split_whitespace().collect();
            prop_assert_eq!(lines.join(" "), words.join(" "));
            for line in lines {
                prop_assert!(line.chars().count() <= width || !line.contains(' '));
            }
        }
    }
}
