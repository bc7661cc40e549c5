//! What can be a token by its text alone, and what stands there in its place. Whether one is any good
//! is Okta's to say. No error shows what was read.

use secrecy::ExposeSecret;
use serde_json::Value;

use crate::{
    okta::{
        AccessToken, error,
        jose::jwt::{self, BadJwt},
    },
    units::Secret,
};

/// Longer than any token that fits a header.
const LONGEST: usize = 64 * 1024;

/// An API token: `00`, and 40 more of the letters of base64url.
const API_TOKEN: (&str, usize) = ("00", 42);

/// What programs and people write where there is nothing.
const WORDS: [&str; 16] = [
    "null",
    "none",
    "nil",
    "undefined",
    "nan",
    "true",
    "false",
    "error",
    "token",
    "secret",
    "password",
    "redacted",
    "changeme",
    "todo",
    "unset",
    "empty",
];

/// Which kind of token is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An API token, sent as `SSWS`.
    Api,
    /// An access token: a JWT, or what only its server can read.
    Access,
}

/// Why a text can be no token of the kind that is wanted. It never tells what was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum NotAToken {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than any token that fits a header")]
    TooLong,
    #[error("it is the word `{0}`: whatever wrote it had no token")]
    Word(&'static str),
    #[error("it is a token in quotes: write it without them")]
    Quoted,
    #[error(
        "it is a placeholder that nothing filled in: put the token itself there, or name its variable as `…_env`"
    )]
    Placeholder,
    #[error("it is a whole token response: take `access_token` out of it")]
    WholeResponse,
    #[error("it is an error answer{}: whatever asked for a token got none", code.map(|code| format!(" (`{code}`)")).unwrap_or_default())]
    ErrorAnswer { code: Option<&'static str> },
    #[error("it is a key and not a token")]
    Key,
    #[error("it is JSON and not a token")]
    Json,
    #[error("it is a web page: something answered in the token endpoint's place")]
    Page,
    #[error("it is an address and not a token")]
    Address,
    #[error("it is the path of a file: name that file as `…_file`")]
    Path,
    #[error("it is an assignment or a form: only what follows the `=` or `:` is the token")]
    Assignment,
    #[error("it holds a blank: a token is one word")]
    Blank,
    #[error("it holds a character that no token has")]
    Character,
    #[error("it is an API token: that belongs to a credential, as `api_token_file`")]
    ApiToken,
    #[error("it is an access token: that belongs to a credential, as `bearer_token_file`")]
    AccessToken,
    #[error("it is no API token, which begins with `00`")]
    NotApi,
    #[error(transparent)]
    Jwt(#[from] BadJwt),
}

impl TokenKind {
    /// Refuses what can be no token of this kind.
    pub fn check(self, secret: &Secret) -> Result<(), NotAToken> {
        let text = secret.expose_secret();
        anything_else(text)?;
        let of_base64url = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let (begins, length) = API_TOKEN;
        match self {
            Self::Api if jwt::begins(text) || text.contains('.') => Err(NotAToken::AccessToken),
            Self::Api if !text.chars().all(of_base64url) => Err(NotAToken::Character),
            Self::Api if !text.starts_with(begins) => Err(NotAToken::NotApi),
            Self::Api => Ok(()),
            Self::Access
                if text.len() == length
                    && text.starts_with(begins)
                    && text.chars().all(of_base64url) =>
            {
                Err(NotAToken::ApiToken)
            }
            Self::Access => Ok(AccessToken::decode(text).map(drop)?),
        }
    }
}

/// What no token of any kind can be: its letters are those of RFC 6750 (2.1).
fn anything_else(text: &str) -> Result<(), NotAToken> {
    if text.is_empty() {
        return Err(NotAToken::Empty);
    }
    if text.len() > LONGEST {
        return Err(NotAToken::TooLong);
    }
    if let Some(word) = WORDS.iter().find(|word| word.eq_ignore_ascii_case(text)) {
        return Err(NotAToken::Word(word));
    }
    let quote = |c: char| "\"'`“”‘’".contains(c);
    if text.starts_with(quote) || text.ends_with(quote) {
        return Err(NotAToken::Quoted);
    }
    let percent = text.starts_with('%') && text.ends_with('%');
    if percent || text.starts_with('$') || ["${", "{{", "$("].iter().any(|it| text.contains(it)) {
        return Err(NotAToken::Placeholder);
    }
    if text.contains("-----BEGIN ") {
        return Err(NotAToken::Key);
    }
    if text.starts_with(['{', '[']) {
        return Err(of_json(text));
    }
    if text.starts_with('<') {
        // `<your token>`
        let is_page = text.contains("</") || text.contains("<!") || text.matches('<').count() > 1;
        return Err(if is_page {
            NotAToken::Page
        } else {
            NotAToken::Placeholder
        });
    }
    if text.contains("://") {
        return Err(NotAToken::Address);
    }
    // Random text in base64 has capital letters, and paths seldom.
    let is_capital = |c: char| c.is_ascii_uppercase();
    if (text.starts_with('/') || text.starts_with("./")) && !text.contains(is_capital) {
        return Err(NotAToken::Path);
    }
    let letters = text.trim_end_matches('=');
    if letters.contains(['=', '&', ':']) {
        return Err(NotAToken::Assignment);
    }
    if text.contains(char::is_whitespace) {
        return Err(NotAToken::Blank);
    }
    let is_one = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    if letters.is_empty() || !letters.chars().all(is_one) {
        return Err(NotAToken::Character);
    }
    let first = letters.chars().next();
    if letters.len() > 2 && letters.chars().all(|c| Some(c) == first) {
        return Err(NotAToken::Placeholder);
    }
    Ok(())
}

/// What JSON it is that stands in a token's place.
fn of_json(text: &str) -> NotAToken {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let has = |name: &str| json.get(name).is_some();
    let code = ["error", "errorCode"]
        .iter()
        .find_map(|name| error::published(json.get(name)?.as_str()?));
    if has("access_token") || has("id_token") || has("token") {
        NotAToken::WholeResponse
    } else if has("error") || has("errorCode") || has("errorSummary") {
        NotAToken::ErrorAnswer { code }
    } else if has("kty") || has("keys") {
        NotAToken::Key
    } else {
        NotAToken::Json
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const API: &str = "00AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AB";
    const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln";
    const JWE: &str = "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0.AA.AA.AA.AA";

    fn access(text: &str) -> Result<(), NotAToken> {
        TokenKind::Access.check(&text.into())
    }

    fn api(text: &str) -> Result<(), NotAToken> {
        TokenKind::Api.check(&text.into())
    }

    #[test]
    fn what_can_be_a_token_of_its_kind_is_taken_and_the_other_kind_told() {
        for token in [
            JWT,
            JWE,
            "opaque-token",
            "mF_9.B5f-4",
            "vF9dft4qmT==",
            "00opaque",
        ] {
            assert_eq!(access(token), Ok(()), "{token}");
        }
        assert_eq!(api(API), Ok(()));
        assert_eq!(api("00other"), Ok(()));
        assert_eq!(access(API), Err(NotAToken::ApiToken));
        for token in [JWT, JWE, "mF_9.B5f-4"] {
            assert_eq!(api(token), Err(NotAToken::AccessToken), "{token}");
        }
        assert_eq!(api("0oa1b2c3d4e5f6g7h8i9"), Err(NotAToken::NotApi));
        assert_eq!(api("00abc+def"), Err(NotAToken::Character));
    }

    #[test]
    fn what_can_be_no_token_is_told_by_what_it_is() {
        let json = |text: &str| text.to_owned();
        let cases = [
            (json("null"), NotAToken::Word("null")),
            (json("None"), NotAToken::Word("none")),
            (json("undefined"), NotAToken::Word("undefined")),
            (format!("\"{JWT}\""), NotAToken::Quoted),
            (format!("'{API}'"), NotAToken::Quoted),
            (json("${OKTA_TOKEN}"), NotAToken::Placeholder),
            (json("$OKTA_TOKEN"), NotAToken::Placeholder),
            (json("$(cat token)"), NotAToken::Placeholder),
            (json("%OKTA_TOKEN%"), NotAToken::Placeholder),
            (json("{{ .Values.token }}"), NotAToken::Placeholder),
            (json("<your token>"), NotAToken::Placeholder),
            (json("xxxxxxxx"), NotAToken::Placeholder),
            (
                format!(r#"{{"token_type":"Bearer","access_token":"{JWT}"}}"#),
                NotAToken::WholeResponse,
            ),
            (
                json(r#"{"error":"invalid_client","error_description":"s3cr3t"}"#),
                NotAToken::ErrorAnswer {
                    code: Some("invalid_client"),
                },
            ),
            (
                json(r#"{"errorCode":"E0000011","errorSummary":"s3cr3t"}"#),
                NotAToken::ErrorAnswer {
                    code: Some("E0000011"),
                },
            ),
            (
                json(r#"{"error":"s3cr3t"}"#),
                NotAToken::ErrorAnswer { code: None },
            ),
            (json(r#"{"kty":"RSA","d":"s3cr3t"}"#), NotAToken::Key),
            (json("-----BEGIN PRIVATE KEY-----"), NotAToken::Key),
            (json(r#"{"a":"s3cr3t"}"#), NotAToken::Json),
            (json(r#"{"access_token": "s3cr"#), NotAToken::Json),
            (json("[]"), NotAToken::Json),
            (
                json("<!DOCTYPE html><html><body>Please sign in</body></html>"),
                NotAToken::Page,
            ),
            (json("<html><head>s3cr3t"), NotAToken::Page),
            (
                json("https://acme.okta.com/oauth2/v1/token"),
                NotAToken::Address,
            ),
            (json("/var/run/secrets/okta"), NotAToken::Path),
            (format!("OKTA_TOKEN={API}"), NotAToken::Assignment),
            (
                format!("access_token={JWT}&expires_in=3600"),
                NotAToken::Assignment,
            ),
            (format!("token: {API}"), NotAToken::Assignment),
            (json("no token today"), NotAToken::Blank),
            (json("s3cr3t…"), NotAToken::Character),
            (json("***"), NotAToken::Character),
            (json("="), NotAToken::Character),
            (String::new(), NotAToken::Empty),
            ("a".repeat(LONGEST + 1), NotAToken::TooLong),
        ];
        for (text, why) in cases {
            assert_eq!(access(&text), Err(why.clone()), "{text}");
            assert_eq!(api(&text), Err(why.clone()), "{text}");
            assert!(!why.to_string().contains("s3cr3t"));
        }
        let half = &JWT[..JWT.len() / 2];
        assert_eq!(access(half), Err(NotAToken::Jwt(BadJwt::Parts(2))));
        assert!(matches!(access("s3cr3t.a.b"), Err(NotAToken::Jwt(_))));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in any::<String>(), json in "[{\\[<$\"](.|\n){0,40}") {
            for text in [text, json] {
                drop(access(&text));
                drop(api(&text));
            }
        }
    }
}
