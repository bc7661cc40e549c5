//! One request and what came of it, as a value for the ledger. No body, no secret, no policy.

use std::{borrow::Cow, time::Duration};

use super::certificate::ServedChain;
use crate::okta::{LimitKind, RateLimit};
use crate::units::{Moment, Name, Timestamp};

/// The times a request spent; a phase that did not happen (a reused connection) is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases {
    /// Looking the name up.
    pub dns: Option<Duration>,
    /// TCP and TLS.
    pub connect: Option<Duration>,
    /// From the request to the first byte of the answer, connecting left out.
    pub first_byte: Option<Duration>,
    /// From the first byte to the last.
    pub body: Option<Duration>,
}

impl Phases {
    /// These, and of those that did not happen the earlier ones.
    #[must_use]
    pub fn or(self, earlier: Self) -> Self {
        Self {
            dns: self.dns.or(earlier.dns),
            connect: self.connect.or(earlier.connect),
            first_byte: self.first_byte.or(earlier.first_byte),
            body: self.body.or(earlier.body),
        }
    }

    /// The phases that happened, by their label.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let Self {
            dns,
            connect,
            first_byte,
            body,
        } = *self;
        [
            ("dns", dns),
            ("connect", connect),
            ("first_byte", first_byte),
            ("body", body),
        ]
        .into_iter()
        .filter_map(|(name, took)| Some((name, took?)))
    }
}

/// One request and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The endpoint's short name, for labels.
    pub api: Cow<'static, str>,
    /// The path that was asked, without its query: for logs, never a label.
    pub path: String,
    /// The credential it carried.
    pub credential: Option<Name>,
    /// The rate-limit bucket its path belongs to; `None` for public metadata.
    pub bucket: Option<Cow<'static, str>>,
    /// The time of day at which it was sent, by our clock: for people.
    pub at: Timestamp,
    /// When it was sent.
    pub sent: Moment,
    /// From sending to the last byte, or to the failure.
    pub took: Duration,
    /// Where the time went.
    pub phases: Phases,
    /// The answer, or the bounded reason why there is none.
    pub answer: Result<ResponseMeta, &'static str>,
}

/// What an answer's status and headers said. Where another than the org answered in its place, what is
/// said of the org (date, limit, certificate) is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseMeta {
    /// The HTTP status.
    pub status: u16,
    /// `X-Okta-Request-Id`: what a support ticket needs.
    pub request_id: Option<String>,
    /// Okta's error code, an OAuth error or `edge`, from closed lists.
    pub error_code: Option<&'static str>,
    /// Okta's `Date`; `None` where a cache on the way kept the answer, or Okta did not give it.
    pub date: Option<Timestamp>,
    /// The rate-limit headers, where Okta sent them just now and they make sense.
    pub rate_limit: Option<RateLimit>,
    /// Which kind of limit a 429 stands for.
    pub limited: Option<LimitKind>,
    /// What the host showed of its certificates, where a connection was made for this answer of Okta's.
    /// What was shown as a kept one began is of no interest any more.
    pub chain: Option<ServedChain>,
}

impl ResponseMeta {
    /// What is left of it where a page answered that is no org's: its codes, clock, ceilings and
    /// certificate are not Okta's. That it limits who asks too much is the same.
    pub(super) fn of_page(self) -> Self {
        Self {
            error_code: None,
            ..self.of_other_host()
        }
    }

    /// What is left of it where another host of Okta's answered: its clock, limits and certificate are
    /// not the org's.
    pub(super) fn of_other_host(self) -> Self {
        Self {
            date: None,
            rate_limit: None,
            chain: None,
            ..self
        }
    }
}

impl Exchange {
    /// When its answer began to arrive, or when it failed. The headers were written then: the body
    /// has nothing to do with them.
    pub fn answered_at(&self) -> Moment {
        let body = self.phases.body.unwrap_or_default();
        self.sent.after(self.took.saturating_sub(body))
    }

    /// When it was over, to the last byte.
    pub fn ended_at(&self) -> Moment {
        self.sent.after(self.took)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_of_an_answer_were_there_before_its_body() {
        let at = Moment::test_millis;
        let exchange = Exchange {
            api: "users".into(),
            path: "/api/v1/users".to_owned(),
            credential: None,
            bucket: None,
            at: Timestamp::UNIX_EPOCH,
            sent: at(1_000),
            took: Duration::from_millis(500),
            phases: Phases {
                body: Some(Duration::from_millis(200)),
                ..Phases::default()
            },
            answer: Err("timeout"),
        };
        assert_eq!(exchange.answered_at(), at(1_300));
        assert_eq!(exchange.ended_at(), at(1_500));
    }

    #[test]
    fn what_a_page_says_of_a_limit_or_a_clock_is_not_oktas() {
        let said = ResponseMeta {
            status: 429,
            request_id: Some("Xq".to_owned()),
            error_code: Some("E0000047"),
            date: Some(Timestamp::UNIX_EPOCH),
            rate_limit: Some(RateLimit {
                limit: 1,
                remaining: 0,
                reset: Timestamp::UNIX_EPOCH,
            }),
            limited: Some(LimitKind::Limit),
            chain: Some(ServedChain {
                leaf_end: Timestamp::UNIX_EPOCH,
                earliest_end: None,
            }),
        };
        let left = ResponseMeta {
            error_code: None,
            date: None,
            rate_limit: None,
            chain: None,
            ..said.clone()
        };
        assert_eq!(said.of_page(), left);
    }

    #[test]
    fn a_phase_that_did_not_happen_is_as_it_was_the_last_time() {
        let ms = |millis| Some(Duration::from_millis(millis));
        let reused = Phases {
            first_byte: ms(1),
            body: ms(2),
            ..Phases::default()
        };
        let earlier = Phases {
            dns: ms(3),
            connect: ms(4),
            first_byte: ms(5),
            body: ms(6),
        };
        let known: Vec<_> = reused.or(earlier).known().collect();
        let labels = ["dns", "connect", "first_byte", "body"];
        let took = [3, 4, 1, 2].map(Duration::from_millis);
        assert_eq!(known, labels.into_iter().zip(took).collect::<Vec<_>>());
        assert_eq!(reused.known().count(), 2);
    }
}
