//! One round of documents, each read as far as the credential may: one that is withheld does not
//! stop the others, a failure that all would meet does. What the documents say is in `read`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{PrincipalKind, Share, read::principals};
use crate::okta::{Credential, Failure, Reason, Request, Response, Session, next};

/// The most that Okta puts on a page of principals.
const PAGE: usize = 50;
/// The most pages read: a credential beyond a thousand others stays unknown.
const PAGES: usize = 20;

/// One thing that a round is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Part<T> {
    /// It was said.
    Known(T),
    /// It is not said, or not to this credential.
    Unknown,
    /// It was not learned this time: what was known before still holds.
    #[default]
    Missed,
}

impl<T> Part<T> {
    pub(super) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::Missed => None,
        }
    }

    pub(super) fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Part<U> {
        match self {
            Self::Known(value) => read(value).map_or(Part::Unknown, Part::Known),
            Self::Unknown => Part::Unknown,
            Self::Missed => Part::Missed,
        }
    }

    pub(super) fn after(self, earlier: Self) -> Self {
        match self {
            Self::Missed => earlier,
            learned => learned,
        }
    }
}

/// A round under way.
pub(super) struct Round<'a> {
    okta: &'a Session<'a>,
    credential: &'a Credential,
    withheld: Option<Failure>,
    ended: Option<Failure>,
}

impl<'a> Round<'a> {
    pub(super) fn new(okta: &'a Session<'a>, credential: &'a Credential) -> Self {
        Self {
            okta,
            credential,
            withheld: None,
            ended: None,
        }
    }

    /// Why the round did not end well: what ended it, else what was first withheld.
    pub(super) fn failure(self) -> Option<Failure> {
        self.ended.or(self.withheld)
    }

    /// A document of the rate-limit settings.
    pub(super) async fn document<T: DeserializeOwned>(&mut self, path: &str) -> Part<T> {
        let read = |answer: Response| answer.json();
        self.read("rate_limit_settings", path, read).await
    }

    /// The shares of all principals of a kind, by their ids.
    pub(super) async fn principals(
        &mut self,
        kind: PrincipalKind,
    ) -> Part<BTreeMap<String, Share>> {
        // Okta refuses the list without this filter.
        let mut path = format!(
            "/api/v1/principal-rate-limits?filter=principalType%20eq%20%22{}%22&limit={PAGE}",
            kind.as_str()
        );
        let mut all = BTreeMap::new();
        for _ in 0..PAGES {
            let read = |answer: Response| {
                let page: Vec<Value> = answer.json()?;
                Ok((principals(page), next(&answer.headers)))
            };
            match self.read("principal_rate_limits", &path, read).await {
                Part::Known((page, next)) => {
                    all.extend(page);
                    match next {
                        Some(next) => path = next,
                        None => break,
                    }
                }
                Part::Unknown => return Part::Unknown,
                Part::Missed => return Part::Missed,
            }
        }
        Part::Known(all)
    }

    async fn read<T>(
        &mut self,
        endpoint: &'static str,
        path: &str,
        read: impl FnOnce(Response) -> Result<T, Failure>,
    ) -> Part<T> {
        if self.ended.is_some() {
            return Part::Missed;
        }
        let ask = Request::get(endpoint, path).with(Some(self.credential));
        match self.okta.ask(ask).await.and_then(read) {
            Ok(said) => Part::Known(said),
            Err(failure) if is_about_this_path(&failure) => {
                self.withheld.get_or_insert(failure);
                Part::Unknown
            }
            Err(failure) => {
                self.ended = Some(failure);
                Part::Missed
            }
        }
    }
}

/// True where another path may well be answered. A status of its own, such as 404, counts as such;
/// the org's trouble, a limit or a refused credential do not.
fn is_about_this_path(failure: &Failure) -> bool {
    let of_the_path = matches!(
        failure.reason(),
        Reason::Forbidden | Reason::HttpStatus | Reason::InvalidBody | Reason::TooLarge
    );
    of_the_path && !failure.is_org_trouble()
}
