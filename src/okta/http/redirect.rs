//! Which redirects are followed: within one origin only, since a credential must never travel to another
//! host. Where a form or a proof goes along, or a limit counts, none is: the form would be lost, the proof
//! names its URL, and nobody admitted the hop.

use http::{StatusCode, header};
use url::{Origin, Url};

const MOST: usize = 5;

/// A redirect that was refused, told in words that name the fix.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct RefusedRedirect(pub(super) String);

/// The redirects of one request.
pub(super) struct Redirects {
    home: Origin,
    at: Url,
    /// What is sent serves at its own URL only.
    one_url: bool,
    followed: usize,
}

impl Redirects {
    pub(super) fn of(first: &Url, one_url: bool) -> Self {
        Self {
            home: first.origin(),
            at: first.clone(),
            one_url,
            followed: 0,
        }
    }

    /// Where to ask next; `None` where this answer is the last.
    pub(super) fn next<B>(
        &mut self,
        answer: &http::Response<B>,
    ) -> Result<Option<Url>, RefusedRedirect> {
        if !matches!(
            answer.status(),
            StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT
        ) {
            return Ok(None);
        }
        let location = answer.headers().get(header::LOCATION);
        let location = location.and_then(|location| std::str::from_utf8(location.as_bytes()).ok());
        let Some(Ok(mut next)) = location.map(|location| self.at.join(location)) else {
            return Ok(None);
        };
        next.set_fragment(None);
        self.followed += 1;
        if next.origin() != self.home {
            return Err(RefusedRedirect(format!(
                "redirected to another host ({}): not followed, since a credential would go along; \
                 put the host that Okta redirects to into the configuration",
                next.origin().ascii_serialization()
            )));
        }
        if self.one_url {
            return Err(RefusedRedirect(format!(
                "redirected to {}: not followed, since what was sent serves, and is counted, at the path that was asked only",
                next.path()
            )));
        }
        if self.followed > MOST {
            return Err(RefusedRedirect(format!(
                "redirected more than {MOST} times: a loop"
            )));
        }
        self.at = next.clone();
        Ok(Some(next))
    }
}
