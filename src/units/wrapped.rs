//! Long texts in lines, as a terminal shows them.

use super::is_hidden;

/// Text in lines of at most this many characters; a longer word has a line of its own. What would
/// steer the terminal is left out: a token or a page may say anything.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
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
    fn nothing_steers_the_terminal() {
        let said = wrapped("red \x1b[31malert\u{7}\r\n", 80);
        assert_eq!(said, ["red [31malert"]);
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_line_too_long(text in "[a-z ]{0,200}", width in 1_usize..60) {
            let lines = wrapped(&text, width);
            let words: Vec<&str> = text.split_whitespace().collect();
            prop_assert_eq!(lines.join(" "), words.join(" "));
            for line in lines {
                prop_assert!(line.chars().count() <= width || !line.contains(' '));
            }
        }
    }
}
