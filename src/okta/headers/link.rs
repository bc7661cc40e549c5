//! `Link` headers by RFC 8288: Okta sends `self` and `next` in two lines.

use http::{HeaderMap, header};

use super::quoted;

/// The target of the link whose relation is `next`.
pub(in crate::okta) fn next(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::LINK).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .find_map(next_in)
}

fn next_in(line: &str) -> Option<String> {
    let mut rest = line;
    // A target may hold commas: it ends at `>` and nowhere else.
    while let Some((target, after)) = rest
        .split_once('<')
        .and_then(|(_, link)| link.split_once('>'))
    {
        let params = quoted::split(after, ',').next().unwrap_or_default();
        if quoted::split(params, ';').any(is_next) {
            return Some(target.trim().to_owned());
        }
        rest = after.get(params.len()..).unwrap_or_default();
    }
    None
}

fn is_next(param: &str) -> bool {
    let Some((name, value)) = param.split_once('=') else {
        return false;
    };
    name.trim().eq_ignore_ascii_case("rel")
        && quoted::open(value)
            .split_ascii_whitespace()
            .any(|relation| relation.eq_ignore_ascii_case("next"))
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

    #[test]
    fn a_title_is_text_whatever_stands_in_it() {
        let line = r#"<https://a>; title="x; rel=next, <https://evil>; rel=next"; rel=self"#;
        assert_eq!(next_in(line), None);
        let line = format!(r#"{line}, <https://b>; title="\"<"; rel="next""#);
        assert_eq!(next_in(&line).as_deref(), Some("https://b"));
    }

    proptest! {
        #[test]
        fn nothing_panics(line in any::<String>()) {
            next_in(&line);
        }

        #[test]
        fn next_is_found_wherever_it_stands(target in "[!-;=?-~]{1,40}", before in 0_usize..4) {
            let line = "<https://a>; rel=\"self\", ".repeat(before) + &format!("<{target}>; rel=\"next\"");
            prop_assert_eq!(next_in(&line), Some(target));
        }
    }
}
