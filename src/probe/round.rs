//! One round of documents and lists, each read as far as the credential may: one that is withheld
//! does not stop the others, a failure that all would meet ends the round.

use serde::de::DeserializeOwned;

use super::listing::{ListPage, Listing};
use crate::okta::{Credential, Failure, Reason, Request, Response, Session};

/// What a round learned of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Learned<T> {
    /// It was said.
    Known(T),
    /// It is not said, or not to this credential.
    Unknown,
    /// Nothing, this time: what was known before still holds.
    Missed,
}

impl<T> Learned<T> {
    /// What was said, read further; what that cannot make sense of is not said.
    pub(super) fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Learned<U> {
        match self {
            Self::Known(value) => read(value).map_or(Learned::Unknown, Learned::Known),
            Self::Unknown => Learned::Unknown,
            Self::Missed => Learned::Missed,
        }
    }

    /// What is known now, given what was before.
    pub(super) fn after(self, earlier: Option<T>) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown => None,
            Self::Missed => earlier,
        }
    }
}

/// How a round ended.
pub(super) struct Ending {
    /// Why it did not end well.
    pub(super) failure: Option<Failure>,
    /// What was withheld, in words, where that is no failure.
    pub(super) withheld: Option<String>,
}

/// A round under way.
pub(super) struct Round<'a> {
    okta: &'a Session<'a>,
    credential: &'a Credential,
    withheld: Option<Failure>,
    ended: Option<Failure>,
}

impl<'a> Round<'a> {
    /// What it asks through.
    pub(super) fn okta(&self) -> &'a Session<'a> {
        self.okta
    }

    /// A round by this credential.
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

    /// How it ended. Of a probe that nobody wrote (`is_optional`), what is withheld fails nothing: the
    /// org may well have no such thing.
    pub(super) fn end(self, is_optional: bool) -> Ending {
        let Self {
            withheld, ended, ..
        } = self;
        let (failure, withheld) = match (ended, withheld) {
            (None, Some(withheld)) if is_optional => (None, Some(withheld.to_string())),
            (ended, withheld) => (ended.or(withheld), None),
        };
        Ending { failure, withheld }
    }

    /// One document. `api` is the `api` label of the request.
    pub(super) async fn document<T: DeserializeOwned + Send + 'static>(
        &mut self,
        api: &'static str,
        path: &str,
    ) -> Learned<T> {
        let request = Request::get(api, path).for_document();
        self.read(request, async |response| response.json().await)
            .await
    }

    /// A list, page after page as the `Link` headers lead, at most so many. A page that is gone by the
    /// time it is asked for ends the list early and is no failure: what stood on the others was read.
    pub(super) async fn list<T: DeserializeOwned + Send + 'static>(
        &mut self,
        api: &'static str,
        first: String,
        most_pages: usize,
    ) -> Learned<Listing<T>> {
        let mut path = first;
        let mut listing = Listing::new();
        for _ in 0..most_pages {
            let is_first = listing.pages == 0;
            let (page, next) = match self.page(api, &path, !is_first).await {
                Learned::Known(page) => page,
                Learned::Unknown => return Learned::Unknown,
                Learned::Missed => return Learned::Missed,
            };
            listing.append(page);
            match next {
                Some(next) => path = next,
                None => break,
            }
        }
        Learned::Known(listing)
    }

    /// One page of a list, and where the next one is. One that `may_be_gone` by the time it is asked for
    /// is then empty, and not the last.
    pub(super) async fn page<T: DeserializeOwned + Send + 'static>(
        &mut self,
        api: &'static str,
        path: &str,
        may_be_gone: bool,
    ) -> Learned<(Listing<T>, Option<String>)> {
        let okta = self.okta;
        let read = async |response: Response| {
            let page: ListPage<T> = response.json().await?;
            Ok((page, okta.next_page(path, &response.headers)?))
        };
        match self.said(Request::get(api, path), read).await {
            Ok((page, next)) => Learned::Known((Listing::page(page, next.is_none()), next)),
            Err(Some(failure)) if may_be_gone && is_gone(&failure) => {
                Learned::Known((Listing::new(), None))
            }
            Err(failure) => self.missed(failure),
        }
    }

    async fn read<T>(
        &mut self,
        request: Request<'_>,
        read: impl AsyncFnOnce(Response) -> Result<T, Failure>,
    ) -> Learned<T> {
        match self.said(request, read).await {
            Ok(said) => Learned::Known(said),
            Err(failure) => self.missed(failure),
        }
    }

    /// What was said, or why nothing was; no reason where the round ended before.
    async fn said<T>(
        &mut self,
        request: Request<'_>,
        read: impl AsyncFnOnce(Response) -> Result<T, Failure>,
    ) -> Result<T, Option<Failure>> {
        if self.ended.is_some() {
            return Err(None);
        }
        let response = self.okta.ask(request.with(Some(self.credential))).await?;
        Ok(read(response).await?)
    }

    fn missed<T>(&mut self, failure: Option<Failure>) -> Learned<T> {
        match failure {
            None => Learned::Missed,
            Some(failure) if is_about_this_path(&failure) => {
                self.withheld.get_or_insert(failure);
                Learned::Unknown
            }
            Some(failure) => {
                self.ended = Some(failure);
                Learned::Missed
            }
        }
    }
}

/// True of a page that was there when Okta named it: its cursor is over, or what it began after is
/// gone.
fn is_gone(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(refusal) if [400, 404, 410].contains(&refusal.status))
}

/// True where another path may well be answered. A status of its own, such as 404, counts as such;
/// the org's trouble, a limit or a refused credential do not.
pub(super) fn is_about_this_path(failure: &Failure) -> bool {
    let of_the_path = matches!(
        failure.reason(),
        Reason::Forbidden | Reason::HttpStatus | Reason::InvalidBody | Reason::TooLarge
    );
    of_the_path && !failure.is_org_trouble()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::{ApiError, Refusal};

    #[test]
    fn what_a_disturbance_kept_from_being_read_is_as_it_was() {
        assert_eq!(Learned::Known(2).after(Some(1)), Some(2));
        assert_eq!(Learned::Unknown.after(Some(1)), None);
        assert_eq!(Learned::Missed.after(Some(1)), Some(1));
        let even = |n: i32| (n % 2 == 0).then_some(n);
        assert_eq!(Learned::Known(2).and_then(even), Learned::Known(2));
        assert_eq!(Learned::Known(3).and_then(even), Learned::Unknown);
        assert_eq!(Learned::Unknown.and_then(even), Learned::Unknown);
        assert_eq!(Learned::Missed.and_then(even), Learned::Missed);
    }

    #[test]
    fn what_is_withheld_at_one_path_may_be_answered_at_another() {
        let refused = |status| {
            Failure::Refused(Box::new(Refusal {
                status,
                path: "/api/v1/rate-limit-settings".to_owned(),
                anonymous: false,
                error: ApiError::Unexplained(None),
                request_id: None,
                date: None,
                limited: None,
                back_off: None,
            }))
        };
        let cut = Failure::Cut {
            detail: "reset".to_owned(),
        };
        for (failure, of_this_path) in [
            (refused(403), true),
            (refused(404), true),
            (refused(401), false),
            (refused(429), false),
            (refused(503), false),
            (Failure::InvalidBody("no JSON".to_owned()), true),
            (Failure::TooLarge { limit: 1 }, true),
            (cut, false),
            (Failure::Overlap, false),
        ] {
            assert_eq!(is_about_this_path(&failure), of_this_path, "{failure}");
        }
    }
}
