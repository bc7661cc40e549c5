//! `Link` headers by RFC 8288: Okta sends `self` and `next` in two lines.

use http::{HeaderMap, header};

/// The target of the link whose relation is `next`.
pub fn next(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::LINK).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .find_map(next_in)
}

fn next_in(line: &str) -> Option<String> {
    let mut rest = line;
    while let Some((_, link)) = rest.split_once('<') {
        // A target may hold commas: it ends at `>` and nowhere else.
        let (target, after) = link.split_once('>')?;
        let params = after.split('<').next().unwrap_or_default();
        if params.split([';', ',']).any(is_next) {
            return Some(target.to_owned());
        }
        rest = after;
    }
    None
}

fn is_next(param: &str) -> bool {
    let Some((name, value)) = param.split_once('=') else {
        return false;
    };
    let relations = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel")
        && relations
            .split_ascii_whitespace()
            .any(|r| r.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn next_is_found_in_the_second_of_two_lines() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::LINK,
            r#"<https://example.okta.com/api/v1/logs?limit=20>; rel="self""#
                .parse()
                .unwrap(),
        );
        assert_eq!(next(&headers), None);
        headers.append(
            header::LINK,
            r#"<https://example.okta.com/api/v1/logs?after=a,b&limit=20>; rel="next""#
                .parse()
                .unwrap(),
        );
        assert_eq!(
            next(&headers).as_deref(),
            Some("https://example.okta.com/api/v1/logs?after=a,b&limit=20")
        );
    }

    #[test]
    fn several_links_may_stand_in_one_line() {
        let line = r#"<https://a/?x=1>; rel="self", <https://a/?x=2>; title="t"; rel=next"#;
        assert_eq!(next_in(line).as_deref(), Some("https://a/?x=2"));
        assert_eq!(
            next_in("<https://a>; rel=\"prev next\"").as_deref(),
            Some("https://a")
        );
        assert_eq!(next_in("https://a; rel=next"), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(line in any::<String>()) {
            next_in(&line);
        }
    }
}
