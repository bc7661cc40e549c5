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

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, location: &str) -> http::Response<()> {
        let builder = http::Response::builder().status(status);
        builder.header("location", location).body(()).unwrap()
    }

    #[test]
    fn what_counts_or_serves_at_one_url_follows_no_redirect_at_all() {
        let first = Url::parse("https://acme.okta.com/api/v1/users?limit=1").unwrap();
        for status in [301, 302, 303, 307, 308] {
            for location in [
                "/api/v1/groups",
                "",
                "?after=1",
                "users",
                "//acme.okta.com/x",
            ] {
                let answer = answer(status, location);
                let told = Redirects::of(&first, true).next(&answer).unwrap_err();
                assert!(
                    told.to_string().contains("is counted, at the path"),
                    "{told}"
                );
                assert!(
                    Redirects::of(&first, false)
                        .next(&answer)
                        .unwrap()
                        .is_some()
                );
            }
        }
        for no_redirect in [200, 204, 300, 304, 404, 503] {
            let answer = answer(no_redirect, "/api/v1/groups");
            assert_eq!(Redirects::of(&first, true).next(&answer).unwrap(), None);
        }
    }

    #[test]
    fn a_loop_ends_and_another_origin_is_never_asked() {
        let first = Url::parse("https://acme.okta.com/a").unwrap();
        let mut redirects = Redirects::of(&first, false);
        for _ in 0..MOST {
            assert!(redirects.next(&answer(302, "/a")).unwrap().is_some());
        }
        let told = redirects.next(&answer(302, "/a")).unwrap_err().to_string();
        assert!(told.contains("a loop"), "{told}");
        for elsewhere in [
            "https://evil.example/a",
            "//evil.example/a",
            "http://acme.okta.com/a",
            "https://acme.okta.com:8443/a",
            "https://acme.okta.com@evil.example/a",
            "data:,x",
        ] {
            let told = Redirects::of(&first, false).next(&answer(302, elsewhere));
            let told = told.unwrap_err().to_string();
            assert!(told.contains("redirected to another host"), "{told}");
        }
        // What is no URL is the end of it, and an answer like any other.
        let garbled = answer(302, "https://[/a");
        assert_eq!(redirects.next(&garbled).unwrap(), None);
    }
}
