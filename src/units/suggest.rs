//! The name that somebody who mistyped most likely meant. Pure.

/// A name longer than this is no slip of anybody's: it is compared with nothing.
const LONGEST: usize = 100;

/// The known name nearest to this one, if any is near. Neither case nor `-` for `_` makes a difference.
pub fn suggestion<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let alike = |name: &str| name.to_lowercase().replace('-', "_");
    let name = alike(name);
    let allowed = 1 + name.chars().count() / 4;
    let near = known
        .iter()
        .map(|known| (distance(&name, &alike(known)), *known));
    near.filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, known)| known)
}

/// How many letters must be put in, taken out or changed to make one of the other (Levenshtein),
/// row by row.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut left = index + 1;
        let mut next = vec![left];
        for ((above, diagonal), known) in row.iter().skip(1).zip(&row).zip(&other) {
            left = (left + 1)
                .min(above + 1)
                .min(diagonal + usize::from(letter != *known));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_put_in_taken_out_or_changed() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("url", "url", 0),
            ("ur", "url", 1),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn only_what_is_near_is_meant() {
        let known = ["url", "cell", "credentials", "probes", "ca_file"];
        assert_eq!(suggestion("uri", &known), Some("url"));
        assert_eq!(suggestion("credentails", &known), Some("credentials"));
        assert_eq!(suggestion("CA-File", &known), Some("ca_file"));
        assert_eq!(suggestion("oauth", &known), None);
        let known = ["OktaOrgIncident", "timeout-dns"];
        assert_eq!(suggestion("oktaorgincidents", &known), Some(known[0]));
        assert_eq!(suggestion("timeout_dsn", &known), Some(known[1]));
        assert_eq!(suggestion(&"timeout-dns".repeat(10), &known), None);
    }
}
