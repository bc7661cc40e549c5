//! What is known of a token across runs. It is kept by the token's fingerprint: a new token replaces
//! it, an answer that contradicts corrects it, and what nobody said again only fades with time. A
//! failed request has taught nothing, which is not that nothing is known. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{fingerprint::Fingerprint, observation::Observation};
use crate::units::OktaTime;

/// How long what Okta said once holds at the least; and for how long a token that cannot be read is
/// taken for the one that was there.
const HOLDS: Duration = Duration::from_mins(5);
/// In intervals, so that what is seldom asked does not fade in between.
const HOLDS_INTERVALS: u32 = 3;

/// What is remembered of a token. Nothing of it is ever written down.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    #[serde(skip)]
    known: Option<KnownToken>,
}

#[derive(Debug, Clone, PartialEq)]
struct KnownToken {
    /// All that was seen of it; of what changes, the last.
    seen: Observation,
    /// When Okta last said whether it is active.
    active_at: Option<OktaTime>,
    /// When Okta last showed whether its key is published and signed it.
    key_at: Option<OktaTime>,
    /// Since when no token could be read.
    unread_since: Option<OktaTime>,
}

impl Memory {
    /// What is known after this was seen.
    pub(super) fn learn(self, seen: &Observation) -> Self {
        let Some(known) = self.known else {
            return Self::begin(seen);
        };
        if seen.token.is_none() {
            let since = known
                .unread_since
                .map_or(seen.at, |since| since.min(seen.at));
            let is_lost = seen.at.left_at(since) >= HOLDS;
            let known = KnownToken {
                unread_since: Some(since),
                ..known
            };
            return Self {
                known: (!is_lost).then_some(known),
            };
        }
        if known.seen.token == seen.token {
            Self {
                known: Some(known.joined(seen)),
            }
        } else {
            Self::begin(seen)
        }
    }

    fn begin(seen: &Observation) -> Self {
        let known = seen.token.is_some().then(|| KnownToken {
            active_at: seen.active.map(|_| seen.at),
            key_at: seen.tells_of_key().then_some(seen.at),
            seen: seen.clone(),
            unread_since: None,
        });
        Self { known }
    }

    /// What was seen of this very token, however long ago.
    pub(super) fn of(&self, token: Fingerprint) -> Option<&Observation> {
        let known = self.known.as_ref().map(|known| &known.seen);
        known.filter(|seen| seen.token == Some(token))
    }

    /// What holds at this moment, of a token that is looked at this often. What a token says of itself
    /// stays true; what Okta says of it, for a while.
    pub(super) fn as_of(&self, now: OktaTime, interval: Duration) -> Option<Observation> {
        let known = self.known.as_ref()?;
        let holds = HOLDS.max(interval.saturating_mul(HOLDS_INTERVALS));
        let is_fresh = |at: Option<OktaTime>| at.is_some_and(|at| now.left_at(at) <= holds);
        let mut seen = known.seen.clone();
        if !is_fresh(known.active_at) {
            seen.active = None;
        }
        if !is_fresh(known.key_at) {
            (seen.key_published, seen.signature_valid) = (None, None);
        }
        Some(seen)
    }
}

impl KnownToken {
    /// With one more look at the same token: what it does not tell of is as it was.
    fn joined(self, seen: &Observation) -> Self {
        let Self {
            seen: known,
            active_at,
            key_at,
            ..
        } = self;
        let looked_at_key = seen.tells_of_key();
        let (key_published, signature_valid) = if looked_at_key {
            (seen.key_published, seen.signature_valid)
        } else {
            (known.key_published, known.signature_valid)
        };
        Self {
            active_at: seen.active.map(|_| seen.at).or(active_at),
            key_at: looked_at_key.then_some(seen.at).or(key_at),
            unread_since: None,
            seen: Observation {
                active: seen.active.or(known.active),
                expires: seen.expires.or(known.expires),
                issued: seen.issued.or(known.issued),
                not_before: seen.not_before.or(known.not_before),
                scopes: seen.scopes.clone().or(known.scopes),
                server: seen.server.clone().or(known.server),
                issuer: seen.issuer.clone().or(known.issuer),
                audience: seen.audience.clone().or(known.audience),
                key_published,
                signature_valid,
                ..seen.clone()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::compared::Compared, *};
    use crate::guide::Fact;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(minute: i32) -> OktaTime {
        OktaTime::from_seconds(f64::from(minute) * 60.0).unwrap()
    }

    /// Introspection's answer on an opaque token that expires after an hour.
    fn active(token: &str, minute: i32) -> Observation {
        Observation {
            active: Some(true),
            expires: Some(at(60)),
            issued: Some(at(0)),
            ..failed(token, minute)
        }
    }

    /// Nothing but which token it was.
    fn failed(token: &str, minute: i32) -> Observation {
        Observation {
            token: Some(Fingerprint::of(&token.into())),
            at: at(minute),
            ..Observation::default()
        }
    }

    fn inactive(token: &str, minute: i32) -> Observation {
        Observation {
            active: Some(false),
            ..failed(token, minute)
        }
    }

    fn unread(minute: i32) -> Observation {
        Observation {
            at: at(minute),
            ..Observation::default()
        }
    }

    fn after(runs: &[Observation]) -> Memory {
        runs.iter().fold(Memory::default(), Memory::learn)
    }

    fn known(runs: &[Observation], minute: i32) -> Observation {
        after(runs).as_of(at(minute), MINUTE).unwrap()
    }

    #[test]
    fn an_opaque_token_whose_end_is_known_has_expired_and_is_not_revoked() {
        let facts = |runs: &[Observation], minute| -> Vec<Fact> {
            let findings = known(runs, minute).findings(at(minute));
            findings.into_iter().map(|finding| finding.fact).collect()
        };
        let ended = [active("t", 59), inactive("t", 61)];
        assert_eq!(known(&ended, 61).expires, Some(at(60)));
        assert_eq!(facts(&ended, 61), [Fact::TokenExpired]);
        let revoked = [active("t", 10), inactive("t", 11)];
        assert_eq!(facts(&revoked, 11), [Fact::TokenInactive]);
    }

    #[test]
    fn a_failed_request_takes_nothing_away_and_time_takes_what_only_okta_can_say() {
        let runs = [active("t", 10), failed("t", 11), failed("t", 12)];
        assert_eq!(known(&runs, 12).active, Some(true));
        let later = known(&runs, 16);
        assert_eq!((later.active, later.expires), (None, Some(at(60))));
        let seldom = after(&runs).as_of(at(30), 10 * MINUTE).unwrap();
        assert_eq!(seldom.active, Some(true), "asked every ten minutes");
    }

    #[test]
    fn a_new_token_or_a_contradiction_replaces_what_was_known() {
        let new = known(&[active("t", 10), failed("u", 11)], 11);
        assert_eq!((new.active, new.expires), (None, None));
        let revoked = known(&[active("t", 10), inactive("t", 11)], 11);
        assert_eq!(revoked.active, Some(false));
    }

    #[test]
    fn a_token_that_cannot_be_read_for_a_while_is_the_one_that_was_there() {
        let runs = [active("t", 10), unread(11), unread(15)];
        assert_eq!(known(&runs, 15).expires, Some(at(60)));
        let lost = after(&[active("t", 10), unread(11), unread(16)]);
        assert_eq!(lost.as_of(at(16), MINUTE), None);
        let back = [active("t", 10), unread(11), failed("t", 14), unread(17)];
        assert_eq!(known(&back, 17).expires, Some(at(60)));
    }

    #[test]
    fn nothing_of_it_is_written_down_and_nothing_shows_it() {
        let memory = after(&[active("s3cr3t", 10)]);
        assert_eq!(serde_json::to_string(&memory).unwrap(), "{}");
        assert!(!format!("{memory:?}").contains("s3cr3t"));
    }

    fn compared(holds: bool) -> Compared {
        let told = if holds { "expected" } else { "another" };
        Compared::new(vec![told.to_owned()], &["expected".to_owned()].into())
    }

    #[test]
    fn all_that_was_found_out_of_a_token_stays_until_it_is_contradicted() {
        let all = |holds| Observation {
            not_before: Some(at(0)),
            scopes: Some(["okta.users.read".to_owned()].into()),
            issuer: Some(compared(holds)),
            audience: Some(compared(holds)),
            key_published: Some(holds),
            signature_valid: Some(holds),
            ..active("t", 10)
        };
        let kept = known(&[all(true), failed("t", 11)], 11);
        let expected = Observation {
            at: at(11),
            ..all(true)
        };
        assert_eq!(kept, expected);
        assert_eq!(known(&[all(true), all(false)], 11), all(false));
        // The two that tell of a key come from one answer: the last is believed in both.
        let unverified = Observation {
            key_published: Some(true),
            ..failed("t", 11)
        };
        assert_eq!(known(&[all(true), unverified], 11).signature_valid, None);
        let gone = known(&[all(true), failed("t", 11)], 16);
        assert_eq!((gone.key_published, gone.signature_valid), (None, None));
        assert_eq!(
            (gone.issuer_matches(), gone.audience_matches()),
            (Some(true), Some(true))
        );
    }

    #[test]
    fn what_is_known_is_known_of_this_very_token() {
        let memory = after(&[active("t", 10)]);
        let of = |token: &str| memory.of(Fingerprint::of(&token.into()));
        assert_eq!(of("t"), Some(&active("t", 10)));
        assert_eq!(of("u"), None);
    }
}
