//! An answer as it came, and what is told of it: to the probe that asked, and to the ledger.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{certificate::ServedChain, exchange::ResponseMeta};
use crate::okta::{
    ApiError, Failure, LimitKind, RateLimit, Refusal, document,
    headers::{date, rate_limit, request_id},
};

/// A body that is read faster than handed to another thread.
const SHORT: usize = 16 << 10;

/// An answer with a 2xx status, whole.
#[derive(Debug, Clone)]
pub struct Response {
    /// All headers.
    pub headers: HeaderMap,
    /// The body, bounded.
    pub body: Bytes,
    /// The body was longer than the bound, which the request said to be no failure; what there is of
    /// it is of no use.
    pub is_cut: bool,
    /// It came over a connection that was made for it, and not over one that was kept.
    pub new_connection: bool,
}

impl Response {
    /// The body as JSON of an expected shape. The error tells where it breaks, and shows nothing
    /// of what stands there.
    pub async fn json<T: DeserializeOwned + Send + 'static>(&self) -> Result<T, Failure> {
        self.read(|body| serde_json::from_slice(body))
            .await?
            .map_err(|e| {
                let what = match e.classify() {
                    serde_json::error::Category::Data => {
                        "it is JSON, but not of the expected shape"
                    }
                    serde_json::error::Category::Eof => "it ends too early",
                    serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                        "it is not JSON"
                    }
                };
                Failure::InvalidBody(format!("{what} (line {}, column {})", e.line(), e.column()))
            })
    }

    /// What a reader makes of the body. One that is long is read where no other work waits for it.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&[u8]) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        if self.body.len() <= SHORT {
            return Ok(read(&self.body));
        }
        let body = self.body.clone();
        tokio::task::spawn_blocking(move || read(&body))
            .await
            .map_err(|e| Failure::Internal(e.to_string()))
    }
}

/// An answer as it came, before it is judged.
pub(super) struct RawResponse {
    pub(super) status: StatusCode,
    pub(in crate::okta) headers: HeaderMap,
    pub(super) body: Bytes,
    /// More of the body was to come.
    pub(super) is_cut: bool,
    /// What was verified as its connection was made for it.
    pub(super) chain: Option<ServedChain>,
    pub(super) new_connection: bool,
}

/// What an answer is judged by, besides itself.
pub(super) struct Asked<'a> {
    /// The path, without its query.
    pub(super) path: &'a str,
    /// The scheme of the credential that went along; `None` for a request without one.
    pub(super) scheme: Option<&'a str>,
    /// The request carried no credential.
    pub(super) anonymous: bool,
    /// An org was asked, and not a page.
    pub(super) org: bool,
}

impl RawResponse {
    /// What the ledger learns of it, and what the probe gets. What an org is said to have told (its
    /// clock, its limits, when to come back) is believed only where the org told it: a proxy, a load
    /// balancer or a maintenance page in its place has a status, and says nothing of Okta.
    pub(super) fn judge(self, asked: &Asked<'_>) -> (ResponseMeta, Result<Response, Failure>) {
        let believed = !asked.org || self.is_oktas(asked.path);
        let Self {
            status,
            headers,
            body,
            is_cut,
            chain,
            new_connection,
        } = self;
        let date = date::of(&headers, &header::DATE).filter(|_| believed);
        // What a cache on the way kept was dated and counted long ago.
        let fresh = believed && !headers.contains_key(header::AGE);
        let limited = (status == StatusCode::TOO_MANY_REQUESTS).then(|| {
            if believed {
                LimitKind::of_429(&headers)
            } else {
                LimitKind::Unknown
            }
        });
        let error = (!status.is_success()).then(|| ApiError::read(&headers, &body, asked.scheme));
        let request_id = request_id::of(&headers);
        let meta = ResponseMeta {
            status: status.as_u16(),
            request_id: request_id.clone(),
            // A challenge asks for a nonce and refuses nothing.
            error_code: error
                .as_ref()
                .and_then(ApiError::label)
                .filter(|label| *label != "use_dpop_nonce"),
            date: date.filter(|_| fresh),
            rate_limit: RateLimit::read(&headers).filter(|_| fresh),
            limited,
            chain: chain.filter(|_| believed),
        };
        let result = match error {
            None if status == StatusCode::PARTIAL_CONTENT => Err(Failure::InvalidBody(
                "a part of it came (206), and all was asked for".to_owned(),
            )),
            None => Ok(Response {
                headers,
                body,
                is_cut,
                new_connection,
            }),
            Some(error) => {
                let nothing = HeaderMap::new();
                let told = if believed { &headers } else { &nothing };
                Err(Failure::Refused(Box::new(Refusal {
                    status: status.as_u16(),
                    path: asked.path.to_owned(),
                    anonymous: asked.anonymous,
                    error,
                    request_id,
                    date,
                    limited,
                    back_off: rate_limit::back_off(told, limited, date),
                })))
            }
        };
        (meta, result)
    }

    /// The one place where it is decided whether the org itself answered: it says so by its request
    /// id, or by a public document that nobody else has.
    fn is_oktas(&self, path: &str) -> bool {
        request_id::of(&self.headers).is_some()
            || (self.status.is_success() && is_public_document(path, &self.body))
    }
}

/// True for a document that an authorization server publishes about itself, by its path and its shape.
fn is_public_document(path: &str, body: &[u8]) -> bool {
    let document = || document::tree(body).unwrap_or_default();
    let is_of_text = |name: &str| document().get(name).is_some_and(Value::is_string);
    if path.ends_with("/.well-known/openid-configuration")
        || path.ends_with("/.well-known/oauth-authorization-server")
    {
        is_of_text("issuer")
    } else if path == "/.well-known/okta-organization" {
        is_of_text("id")
    } else {
        path.ends_with("/v1/keys") && document().get("keys").is_some_and(Value::is_array)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::units::Timestamp;

    const ID: (&str, &str) = ("x-okta-request-id", "Z4nq1pUq1kT7bJd0cH2bXgAABdc");
    const USERS: &str = "/api/v1/users";

    /// An answer whose headers tell a date, a limit that is used up, and to come back in 5 minutes.
    fn judged(
        (status, path): (u16, &str),
        more: &[(&'static str, &'static str)],
        body: &'static str,
    ) -> (ResponseMeta, Result<Response, Failure>) {
        let told = [
            ("date", "Thu, 11 Sep 2025 16:21:38 GMT"),
            ("x-rate-limit-limit", "50"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "1757607758"),
            ("retry-after", "300"),
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in told.iter().chain(more) {
            headers.append(*name, value.parse().unwrap());
        }
        let raw = RawResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::from_static(body.as_bytes()),
            is_cut: false,
            chain: Some(ServedChain {
                leaf_end: Timestamp::MAX,
                earliest_end: None,
            }),
            new_connection: false,
        };
        raw.judge(&Asked {
            path,
            scheme: None,
            anonymous: false,
            org: true,
        })
    }

    fn refusal(result: Result<Response, Failure>) -> Refusal {
        match result {
            Err(Failure::Refused(refusal)) => *refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_okta_says_is_kept() {
        let (meta, result) = judged((429, USERS), &[ID], "");
        assert!(meta.date.is_some() && meta.rate_limit.is_some());
        assert!(meta.chain.is_some());
        assert_eq!(meta.limited, Some(LimitKind::Limit));
        let refusal = refusal(result);
        assert_eq!(refusal.back_off, Some(Duration::from_mins(5)));
        assert!(refusal.date.is_some());
    }

    #[test]
    fn what_another_says_in_oktas_place_is_a_failure_and_teaches_nothing() {
        for (status, back_off, via) in [
            (502, None, "via"),
            (503, None, "server"),
            (429, Some(Duration::from_mins(1)), "via"),
            (403, None, "cf-ray"),
        ] {
            let (meta, result) = judged((status, USERS), &[(via, "1.1 proxy")], "<html>");
            assert_eq!(meta.error_code, Some("edge"));
            assert_eq!((meta.date, meta.rate_limit), (None, None), "{status}");
            assert_eq!(meta.chain, None, "{status}");
            let refusal = refusal(result);
            assert_eq!(refusal.status, status);
            assert_eq!(
                (refusal.back_off, refusal.date),
                (back_off, None),
                "{status}"
            );
            assert_ne!(refusal.limited, Some(LimitKind::Limit), "{status}");
        }
        // A captive portal says 200, and an id that is none vouches for nothing.
        for more in [&[][..], &[("x-okta-request-id", "")]] {
            let (meta, _) = judged((200, USERS), more, "<html>");
            assert_eq!((meta.date, meta.rate_limit), (None, None));
        }
    }

    #[test]
    fn a_part_is_not_the_whole() {
        let (meta, result) = judged((206, USERS), &[ID], "[]");
        assert_eq!(meta.status, 206);
        let told = result.unwrap_err().to_string();
        assert!(told.contains("a part of it came"), "{told}");
    }

    #[test]
    fn a_public_document_that_was_read_is_the_orgs_with_or_without_an_id() {
        let discovery = "/oauth2/default/.well-known/openid-configuration";
        let (issuer, keys) = (r#"{"issuer":"https://acme.okta.com"}"#, r#"{"keys":[]}"#);
        let dated = |status, path, body| judged((status, path), &[], body).0.date.is_some();
        assert!(dated(200, discovery, issuer));
        assert!(dated(200, "/oauth2/v1/keys", keys));
        assert!(dated(
            200,
            "/.well-known/okta-organization",
            r#"{"id":"00o1"}"#
        ));
        assert!(!dated(200, discovery, "<title>Sign in</title>"));
        assert!(!dated(200, discovery, keys));
        assert!(!dated(503, discovery, issuer));
        assert!(!dated(200, USERS, issuer));
    }

    #[test]
    fn what_a_cache_kept_was_true_a_while_ago() {
        let (meta, _) = judged((200, USERS), &[ID, ("age", "600")], "[]");
        assert_eq!((meta.date, meta.rate_limit), (None, None));
        let behind_a_proxy = judged((200, USERS), &[ID, ("via", "1.1 proxy")], "[]");
        assert!(
            behind_a_proxy.0.date.is_some(),
            "which does not date what it passes on"
        );
    }
}
