//! What of a source file is code: comments, texts and tests taken out, the rest as words.

use std::collections::BTreeSet;

/// One word of code: an identifier, `::`, or any other single character.
pub type Word = String;

/// A file's code, and the child modules that exist for tests only.
pub fn read(text: &str) -> (Vec<Word>, BTreeSet<String>) {
    without_tests(&words(text))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn words(text: &str) -> Vec<Word> {
    let text: Vec<char> = text.chars().collect();
    let starts =
        |at: usize, what: &str| what.chars().eq(text[at..].iter().copied().take(what.len()));
    let mut words = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let c = text[at];
        if starts(at, "//") {
            while at < text.len() && text[at] != '\n' {
                at += 1;
            }
        } else if starts(at, "/*") {
            let mut depth = 0;
            while at < text.len() {
                if starts(at, "/*") {
                    depth += 1;
                    at += 1;
                } else if starts(at, "*/") {
                    depth -= 1;
                    at += 1;
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
        } else if c == '"' {
            at = after_string(&text, at);
        } else if c == '\'' {
            // A character, or a lifetime, which has no end.
            let escaped = text.get(at + 1) == Some(&'\\');
            let end = if escaped { at + 3 } else { at + 2 };
            let close = (end..text.len().min(end + 10)).find(|end| text[*end] == '\'');
            match close {
                Some(close) if escaped || close == end => at = close + 1,
                _ => at += 1,
            }
        } else if is_name(c) {
            let start = at;
            while at < text.len() && is_name(text[at]) {
                at += 1;
            }
            let word: String = text[start..at].iter().collect();
            let raw = ["r", "br", "cr"].contains(&word.as_str());
            if raw && matches!(text.get(at), Some('"' | '#')) {
                match after_raw_string(&text, at) {
                    Some(after) => at = after,
                    // `r#type` is a name.
                    None => at += 1,
                }
            } else if !(["b", "c"].contains(&word.as_str()) && text.get(at) == Some(&'"')) {
                words.push(word);
            }
        } else if starts(at, "::") {
            words.push("::".to_owned());
            at += 2;
        } else {
            if !c.is_whitespace() {
                words.push(c.to_string());
            }
            at += 1;
        }
    }
    words
}

fn after_string(text: &[char], mut at: usize) -> usize {
    at += 1;
    while at < text.len() && text[at] != '"' {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn after_raw_string(text: &[char], at: usize) -> Option<usize> {
    let hashes = text[at..].iter().take_while(|c| **c == '#').count();
    let open = at + hashes;
    if text.get(open) != Some(&'"') {
        return None;
    }
    let closes = |end: &usize| {
        text[*end] == '"'
            && text[end + 1..]
                .iter()
                .take(hashes)
                .filter(|c| **c == '#')
                .count()
                == hashes
    };
    (open + 1..text.len())
        .find(closes)
        .map(|end| end + 1 + hashes)
}

/// Leaves out every item under `#[cfg(test)]`.
fn without_tests(words: &[Word]) -> (Vec<Word>, BTreeSet<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut of_tests) = (Vec::new(), BTreeSet::new());
    let mut at = 0;
    while at < words.len() {
        if words.len() < at + MARK.len() || words[at..at + MARK.len()] != MARK {
            kept.push(words[at].clone());
            at += 1;
            continue;
        }
        at += MARK.len();
        let (start, mut depth) = (at, 0_i32);
        while at < words.len() {
            let word = words[at].as_str();
            at += 1;
            match word {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 && matches!(word, ";" | "}") {
                break;
            }
        }
        if let [.., module, name, end] = &words[start..at]
            && module == "mod"
            && end == ";"
        {
            of_tests.insert(name.clone());
        }
    }
    (kept, of_tests)
}
