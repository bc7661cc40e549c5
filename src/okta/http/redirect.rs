//! Which redirects are followed: within one origin only, since a credential must never travel to another
//! host. Where a form or a proof goes along, or a limit counts, none is: the form would be lost, the proof
//! names its URL, and nobody admitted the hop.

use reqwest::redirect::Policy;
use url::Url;

use super::trace::Trace;

const MOST: usize = 5;

/// A redirect that was refused, told in words that name the fix.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct RefusedRedirect(pub(super) String);

/// Follows redirects at home.
pub(super) fn redirects_stay_home() -> Policy {
    Policy::custom(|attempt| {
        let one_url = Trace::current().serves_one_url();
        match refusal(attempt.previous(), attempt.url(), one_url) {
            Some(refused) => attempt.error(refused),
            None => attempt.follow(),
        }
    })
}

/// Why a redirect to this URL is not followed, given those that were asked so far; `None` where it is.
fn refusal(asked: &[Url], next: &Url, one_url: bool) -> Option<RefusedRedirect> {
    let is_home = asked
        .first()
        .is_none_or(|first| first.origin() == next.origin());
    let why = if !is_home {
        format!(
            "redirected to another host ({}): not followed, since a credential would go along; \
             put the host that Okta redirects to into the configuration",
            next.origin().ascii_serialization()
        )
    } else if one_url {
        format!(
            "redirected to {}: not followed, since what was sent serves, and is counted, at the path that was asked only",
            next.path()
        )
    } else if asked.len() > MOST {
        format!("redirected more than {MOST} times: a loop")
    } else {
        return None;
    };
    Some(RefusedRedirect(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn what_counts_or_serves_at_one_url_follows_no_redirect_at_all() {
        let asked = [url("https://acme.okta.com/api/v1/users?limit=1")];
        for next in [
            "https://acme.okta.com/api/v1/groups",
            "https://acme.okta.com/api/v1/users?after=1",
            "https://acme.okta.com/api/v1/users?limit=1",
        ] {
            let told = refusal(&asked, &url(next), true).unwrap().to_string();
            assert!(told.contains("is counted, at the path"), "{told}");
            assert!(refusal(&asked, &url(next), false).is_none());
        }
    }

    #[test]
    fn a_loop_ends_and_another_origin_is_never_asked() {
        let home = url("https://acme.okta.com/a");
        let mut asked = vec![home.clone()];
        for _ in 0..MOST {
            assert!(refusal(&asked, &home, false).is_none());
            asked.push(home.clone());
        }
        let told = refusal(&asked, &home, false).unwrap().to_string();
        assert!(told.contains("a loop"), "{told}");
        for elsewhere in [
            "https://evil.example/a",
            "http://acme.okta.com/a",
            "https://acme.okta.com:8443/a",
            "https://acme.okta.com@evil.example/a",
            "data:,x",
        ] {
            let told = refusal(std::slice::from_ref(&home), &url(elsewhere), false).unwrap();
            let told = told.to_string();
            assert!(told.contains("redirected to another host"), "{told}");
        }
    }
}
