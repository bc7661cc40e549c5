//! Text from outside, looked at no further than is worth it.

/// The beginning of a text: so many bytes at most, and whole characters.
pub fn head(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// What stands before and after the first separator that lies within the first so many bytes. Searched
/// for again and again, one that is not there would cost a look at all the rest each time.
pub fn split_within(text: &str, most: usize, separator: char) -> Option<(&str, &str)> {
    let end = head(text, most).find(separator)?;
    Some((text.get(..end)?, text.get(end + separator.len_utf8()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_split_near_its_beginning_only() {
        assert_eq!(
            (head("aéb", 2), head("aéb", 3), head("a", 9)),
            ("a", "aé", "a")
        );
        assert_eq!(split_within("amp; x", 4, ';'), Some(("amp", " x")));
        assert_eq!(split_within("amp; x", 3, ';'), None);
    }
}
