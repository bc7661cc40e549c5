//! One request, taken apart. Who sent it is found out in [`super::caller`].

use axum::body::to_bytes;
use axum::extract::Request;
use http::{HeaderMap, Method};
use jiff::Timestamp;

use crate::listener::ConnectionNumber;
use crate::sim::credentials::Presented;

/// Forms sent to Okta are short; what is longer is no form.
const LONGEST_FORM: usize = 64 * 1024;

pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) presented: Presented,
    pub(super) form: Vec<(String, String)>,
    /// The `DPoP` header's lines.
    pub(super) proofs: Vec<String>,
    pub(super) connection: ConnectionNumber,
    pub(super) now: Timestamp,
}

impl Call {
    pub(super) async fn read(
        request: Request,
        connection: ConnectionNumber,
        now: Timestamp,
    ) -> Self {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, LONGEST_FORM).await.unwrap_or_default();
        Self {
            presented: Presented::read(&head.headers),
            proofs: proofs(&head.headers),
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            form: url::form_urlencoded::parse(&body).into_owned().collect(),
            connection,
            now,
        }
    }

    /// What its bucket is told by.
    pub(super) fn asked(&self) -> (&Method, &str) {
        (&self.method, &self.path)
    }

    pub(super) fn form(&self, name: &str) -> Option<&str> {
        find(&self.form, name)
    }

    pub(super) fn query(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.query.as_deref()?.as_bytes());
        pairs
            .into_owned()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn proofs(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all("dpop").iter();
    lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
        .collect()
}
