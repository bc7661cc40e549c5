//! `WWW-Authenticate` by RFC 9110: under OAuth the only place where Okta tells why it refused.

use std::collections::BTreeMap;

use http::{HeaderMap, header};

/// One challenge: `Bearer error="insufficient_scope", …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// `Bearer`, `DPoP`, `SSWS`, …, as sent.
    pub scheme: String,
    /// Its parameters, names in small letters; a repeated one counts the first time.
    pub params: BTreeMap<String, String>,
}

impl Challenge {
    /// Every challenge, of every header line.
    pub fn read_all(headers: &HeaderMap) -> Vec<Self> {
        let lines = headers.get_all(header::WWW_AUTHENTICATE).iter();
        lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(read)
            .collect()
    }
}

fn read(line: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    for item in items(line) {
        // `Scheme`, `Scheme name=value`, `Scheme token68` or `name=value`: a word that is not
        // followed by `=` begins a new challenge.
        let (word, rest) = split_word(item);
        if rest.trim_start().starts_with('=') {
            if let Some(challenge) = challenges.last_mut() {
                challenge.note(item);
            }
        } else if !word.is_empty() {
            let mut challenge = Challenge {
                scheme: word.to_owned(),
                params: BTreeMap::new(),
            };
            challenge.note(rest);
            challenges.push(challenge);
        }
    }
    challenges
}

impl Challenge {
    fn note(&mut self, item: &str) {
        let (name, rest) = split_word(item.trim());
        let Some(value) = rest.trim_start().strip_prefix('=') else {
            return;
        };
        if !name.is_empty() {
            self.params
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| unquote(value.trim()));
        }
    }
}

/// The parts between commas, commas within quotes left alone.
fn items(line: &str) -> Vec<&str> {
    let (mut items, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                items.extend(line.get(begin..at));
                begin = at + 1;
            }
            _ => {}
        }
    }
    items.extend(line.get(begin..));
    items
        .into_iter()
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect()
}

/// The token at the beginning (RFC 9110's `tchar`), and the rest.
fn split_word(item: &str) -> (&str, &str) {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = item.find(|c| !token(c)).unwrap_or(item.len());
    item.split_at(end)
}

fn unquote(value: &str) -> String {
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
    fn a_missing_scope_is_read_from_a_challenge_with_quoted_commas() {
        let line = r#"Bearer authorization_uri="http://example.okta.com/oauth2/v1/authorize", realm="a, b", scope="okta.logs.read", error="insufficient_scope", error_description="The access token, it's said, lacks \"scopes\".", resource="/api/v1/logs""#;
        let [challenge] = &read(line)[..] else {
            panic!("one challenge")
        };
        assert_eq!(challenge.scheme, "Bearer");
        assert_eq!(challenge.params["error"], "insufficient_scope");
        assert_eq!(challenge.params["realm"], "a, b");
        assert_eq!(
            challenge.params["error_description"],
            r#"The access token, it's said, lacks "scopes"."#
        );
        assert_eq!(challenge.params.len(), 6);
    }

    #[test]
    fn several_challenges_stand_in_one_line_or_in_several() {
        let mut headers = HeaderMap::new();
        headers.append(header::WWW_AUTHENTICATE, "SSWS".parse().unwrap());
        headers.append(
            header::WWW_AUTHENTICATE,
            r#"DPoP algs="RS256 ES256", error="invalid_dpop_proof", Basic realm=x, Negotiate dG9rZW4=="#.parse().unwrap(),
        );
        let all = Challenge::read_all(&headers);
        let schemes: Vec<&str> = all
            .iter()
            .map(|challenge| challenge.scheme.as_str())
            .collect();
        assert_eq!(schemes, ["SSWS", "DPoP", "Basic", "Negotiate"]);
        assert_eq!(all[1].params["algs"], "RS256 ES256");
        assert_eq!(all[2].params["realm"], "x");
        assert!(all[0].params.is_empty() && all[3].params.len() <= 1);
    }

    proptest! {
        #[test]
        fn nothing_panics(line in any::<String>()) {
            read(&line);
        }

        #[test]
        fn a_quoted_value_comes_back_whole(value in "[ -~]{0,60}") {
            let escaped = value.replace('\\', r"\\").replace('"', "\\\"");
            let all = read(&format!(r#"Bearer a=b, error_description="{escaped}", c=d"#));
            prop_assert_eq!(&all[0].params["error_description"], &value);
            prop_assert_eq!(&all[0].params["c"], "d");
        }
    }
}
