//! One request to be made, as a value. Sending it is in [`session`](super::session).

use std::borrow::Cow;

use http::{HeaderValue, Method};

use crate::okta::{Credential, path};
use crate::units::Secret;

/// The most bytes that an answer of Okta's API may have,
const MOST: usize = 2 << 20;
/// a page that is made for browsers,
const MOST_OF_A_PAGE: usize = 4 << 20;
/// and a document of a few members.
pub(in crate::okta) const MOST_OF_A_DOCUMENT: usize = 64 << 10;

/// One request to be made.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub(super) api: Cow<'static, str>,
    pub(in crate::okta) path: Cow<'a, str>,
    pub(in crate::okta) credential: Option<&'a Credential>,
    pub(super) accept: &'static str,
    pub(super) user_agent: Option<&'static str>,
    pub(super) new_connection: bool,
    /// It goes to the host that tells of the org's disaster recovery.
    pub(in crate::okta) is_for_disaster_recovery: bool,
    pub(super) method: Method,
    pub(super) form: Option<Form<'a>>,
    pub(super) most_bytes: usize,
    /// A longer answer is cut off there, and is no failure.
    pub(super) may_be_cut: bool,
}

/// A form to be posted, with the client that posts it.
#[derive(Debug, Clone)]
pub struct Form<'a> {
    /// The secrets that the form carries: their fields' names and values.
    pub secrets: &'a [(&'static str, &'a Secret)],
    /// The other fields.
    pub fields: &'a [(&'static str, &'a str)],
    /// The client's id and secret, sent as HTTP Basic.
    pub client: Option<(&'a str, &'a Secret)>,
}

/// The headers that prove who asks.
#[derive(Debug, Default)]
pub(in crate::okta) struct AuthHeaders {
    pub(in crate::okta) authorization: Option<HeaderValue>,
    pub(in crate::okta) dpop: Option<HeaderValue>,
}

impl AuthHeaders {
    /// The scheme that they prove by, such as `DPoP`.
    pub(super) fn scheme(&self) -> Option<String> {
        let value = self.authorization.as_ref()?.to_str().ok()?;
        value.split(' ').next().map(str::to_owned)
    }
}

impl<'a> Request<'a> {
    pub(in crate::okta) fn method(&self) -> &'static str {
        match self.method {
            Method::POST => "POST",
            Method::HEAD => "HEAD",
            _ => "GET",
        }
    }

    /// To make it twice changes nothing.
    pub(in crate::okta) fn only_reads(&self) -> bool {
        self.form.is_none()
    }

    /// The path, without its query.
    pub(in crate::okta) fn path(&self) -> &str {
        self.path.split(['?', '#']).next().unwrap_or_default()
    }

    /// A GET. `api` is a short name from the configuration or from this program, since it
    /// becomes a label.
    pub fn get(api: impl Into<Cow<'static, str>>, path: impl Into<Cow<'a, str>>) -> Self {
        let path: Cow<'a, str> = path.into();
        let path = match path::normal(&path) {
            Cow::Owned(normal) => Cow::Owned(normal),
            Cow::Borrowed(_) => path,
        };
        Self {
            api: api.into(),
            path,
            credential: None,
            accept: "application/json",
            user_agent: None,
            new_connection: false,
            is_for_disaster_recovery: false,
            method: Method::GET,
            form: None,
            most_bytes: MOST,
            may_be_cut: false,
        }
    }

    /// A HEAD: whether somebody answers, and wherever the answer points.
    pub fn head(api: impl Into<Cow<'static, str>>, path: impl Into<Cow<'a, str>>) -> Self {
        Self {
            accept: "*/*",
            method: Method::HEAD,
            ..Self::get(api, path)
        }
    }

    /// A POST of a form.
    pub fn post(
        api: impl Into<Cow<'static, str>>,
        path: impl Into<Cow<'a, str>>,
        form: Form<'a>,
    ) -> Self {
        Self {
            method: Method::POST,
            form: Some(form),
            ..Self::get(api, path).for_document()
        }
    }

    /// The answer may have this many bytes.
    #[must_use]
    pub fn at_most(self, most_bytes: usize) -> Self {
        Self { most_bytes, ..self }
    }

    /// The answer may have this many bytes; of a longer one the headers are told, and that it was
    /// [cut](super::response::Response::is_cut).
    #[must_use]
    pub fn cut_at(self, most_bytes: usize) -> Self {
        Self {
            may_be_cut: true,
            ..self.at_most(most_bytes)
        }
    }

    /// The answer is a document of a few members.
    #[must_use]
    pub fn for_document(self) -> Self {
        self.at_most(MOST_OF_A_DOCUMENT)
    }

    /// With this credential.
    #[must_use]
    pub fn with(self, credential: Option<&'a Credential>) -> Self {
        Self { credential, ..self }
    }

    /// To the host that tells of the org's disaster recovery, in place of the org's.
    #[must_use]
    pub fn for_disaster_recovery(self) -> Self {
        Self {
            is_for_disaster_recovery: true,
            ..self
        }
    }

    /// Over a connection of its own, as a new client would come.
    #[must_use]
    pub fn over_new_connection(self) -> Self {
        Self {
            new_connection: true,
            ..self
        }
    }

    /// Takes XML as well, where the path is that of a SAML app's metadata: Okta has it in no other form.
    #[must_use]
    pub fn taking_saml_metadata(self) -> Self {
        let is_metadata = self.path().ends_with("/sso/saml/metadata");
        let accept = if is_metadata {
            "application/xml, application/json;q=0.9"
        } else {
            self.accept
        };
        Self { accept, ..self }
    }

    /// As a browser would ask for a page.
    #[must_use]
    pub fn as_browser(self) -> Self {
        Self {
            accept: "text/html, application/xhtml+xml, application/json;q=0.9, application/atom+xml;q=0.9, */*;q=0.5",
            // Okta's status page is made for browsers, and what stands before it may turn others away.
            most_bytes: MOST_OF_A_PAGE,
            user_agent: Some(concat!(
                "Mozilla/5.0 (compatible; okta-exporter/",
                env!("CARGO_PKG_VERSION"),
                ")"
            )),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_get_of_a_path_unless_it_says_otherwise() {
        let plain = Request::get("users", "/api/v1/users?limit=1#top");
        assert_eq!((plain.method(), plain.path()), ("GET", "/api/v1/users"));
        assert_eq!(plain.path, "/api/v1/users?limit=1#top");
        assert!(!plain.new_connection && plain.user_agent.is_none());
        assert_eq!(plain.accept, "application/json");
        assert!(plain.over_new_connection().new_connection);
        let browser = Request::get("status_page/okta", "/").as_browser();
        assert!(browser.accept.starts_with("text/html"));
        assert!(browser.user_agent.unwrap().starts_with("Mozilla/5.0"));
        let head = Request::head("control/www.example.com", "/");
        assert!(head.method() == "HEAD" && head.only_reads());
        let form = Form {
            secrets: &[],
            fields: &[("scope", "okta.users.read")],
            client: None,
        };
        let post = Request::post("token", "/oauth2/v1/token", form);
        assert_eq!((post.method(), post.path()), ("POST", "/oauth2/v1/token"));
    }

    #[test]
    fn the_scheme_is_the_first_word_of_the_header() {
        let of = |authorization: Option<&'static str>| {
            let authorization = authorization.map(HeaderValue::from_static);
            AuthHeaders {
                authorization,
                dpop: None,
            }
            .scheme()
        };
        assert_eq!(of(Some("DPoP ey.J.x")).as_deref(), Some("DPoP"));
        assert_eq!(of(None), None);
    }
}
