//! `WWW-Authenticate` by RFC 9110: under OAuth the only place where Okta tells why it refused.

use std::collections::BTreeMap;

use http::{HeaderMap, header};

use super::quoted;

/// The longest line that is read, in bytes,
const LONGEST: usize = 16 << 10;
/// the most challenges, and the most parameters of one.
const MOST: usize = 20;

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
        // Descriptions are for people, and may be in a language that ASCII cannot write.
        lines
            .flat_map(|line| {
                let line = line.as_bytes();
                read(&String::from_utf8_lossy(
                    line.get(..LONGEST).unwrap_or(line),
                ))
            })
            .take(MOST)
            .collect()
    }
}

fn read(line: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    for item in quoted::split(line, ',').map(str::trim) {
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
        // Nothing but `=` is the padding of a token68 such as `dG9rZW4==`, which may be a secret.
        let padding = value.trim().bytes().all(|b| b == b'=');
        if !name.is_empty() && !padding && self.params.len() < MOST {
            self.params
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| quoted::open(value));
        }
    }
}

/// The token at the beginning (RFC 9110's `tchar`), and the rest.
fn split_word(item: &str) -> (&str, &str) {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = item.find(|c| !token(c)).unwrap_or(item.len());
    item.split_at(end)
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
        assert!(all[0].params.is_empty(), "bare");
        assert!(all[3].params.is_empty(), "a token68 is not a parameter");
    }

    #[test]
    fn a_description_in_another_language_does_not_hide_the_error() {
        let line = r#"Bearer error="invalid_token", error_description="Jeton expiré""#;
        let mut headers = HeaderMap::new();
        headers.append(
            header::WWW_AUTHENTICATE,
            http::HeaderValue::from_bytes(line.as_bytes()).unwrap(),
        );
        let all = Challenge::read_all(&headers);
        assert_eq!(all[0].params["error"], "invalid_token");
        assert_eq!(all[0].params["error_description"], "Jeton expiré");
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
