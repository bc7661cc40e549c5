//! What is wrong with a token though every request about it went well. Pure.

use jiff::SignedDuration;

use super::observation::Observation;
use crate::{
    guide::{Fact, Finding},
    probe::end::{End, Notice},
    units::OktaTime,
};

/// The most scopes that are told beside those that are missing.
const MOST_SCOPES: usize = 10;

/// Clocks that agree still differ by a little, and `Date` is cut to whole seconds.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// A token that is not renewed although a tenth of its life is left stands out after this: one of an
/// hour, which its holder renews in its last minute, never does.
const RENEWAL: SignedDuration = SignedDuration::from_mins(10);
/// Where nobody told when it was issued, this much of its life is little.
const LITTLE: SignedDuration = SignedDuration::from_hours(24);

impl Observation {
    /// When the token ends.
    pub(super) fn end(&self, now: OktaTime) -> Option<End> {
        let end = self.expires?;
        let soon = self
            .issued
            .map_or(LITTLE, |issued| end.since(issued) / 10)
            .saturating_sub(RENEWAL);
        let notice = Notice {
            soon,
            urgent: SignedDuration::ZERO,
        };
        Some(End::new("access token", "", end).judged(notice, now))
    }

    /// What is wrong with the token at `now`, by Okta's clock.
    pub fn findings(&self, now: OktaTime) -> Vec<Finding> {
        // Introspection goes by the clock of the server that answers.
        let inactive = self.active == Some(false);
        let is_over = |end: &OktaTime| *end <= now || (inactive && end.since(now) <= TOLERANCE);
        let expired = self.expires.filter(is_over);
        let ahead = |at: Option<OktaTime>| at.filter(|at| at.since(now) > TOLERANCE);
        let early = ahead(self.not_before).map(|at| ("nbf", at));
        let early = early.or_else(|| ahead(self.issued).map(|at| ("iat", at)));
        let mut findings = Vec::new();
        let mut found = |fact, what| findings.push(Finding::new(fact, what));
        if let Some(end) = expired {
            found(Fact::TokenExpired, format!("the token expired at {end}"));
        } else if let Some((claim, at)) = early {
            let what = format!("the token is from the future: its `{claim}` is {at}");
            found(Fact::TokenNotYetValid, what);
        } else if inactive {
            let end = self.expires.map_or_else(
                || "; when it ends nobody told, so it may simply be over".to_owned(),
                |end| format!(", though it would expire at {end} only"),
            );
            let what = format!("introspection calls the token inactive{end}");
            found(Fact::TokenInactive, what);
        }
        let missing: Vec<&str> = self
            .missing()
            .into_iter()
            .filter_map(|(scope, missing)| missing.then_some(scope))
            .collect();
        if !missing.is_empty() {
            let granted = self.scopes.iter().flatten();
            let granted: Vec<&str> = granted.take(MOST_SCOPES).map(String::as_str).collect();
            let has = match granted.join(", ") {
                none if none.is_empty() => "it has none".to_owned(),
                granted => format!("it has {granted}"),
            };
            let what = format!("the token lacks the scopes {}; {has}", missing.join(", "));
            found(Fact::ScopeMissing, what);
        }
        let compared = [
            (&self.issuer, Fact::WrongIssuer, "iss"),
            (&self.audience, Fact::WrongAudience, "aud"),
        ];
        for (compared, fact, claim) in compared {
            if let Some(compared) = compared.as_ref().filter(|compared| !compared.matches()) {
                found(fact, compared.words(claim));
            }
        }
        if self.is_id_token {
            let what =
                "this is an ID token, which tells a client who signed in: no API should take it";
            found(Fact::IdToken, what.to_owned());
        } else if self.was_read && self.expires.is_none() {
            let what = "the token has no `exp`: by what it says it never ends";
            found(Fact::TokenWithoutEnd, what.to_owned());
        }
        if self.is_unjudged {
            let what =
                "the token cannot be read and is not introspected: nothing of `expect` is judged";
            found(Fact::TokenUnjudged, what.to_owned());
        }
        let flags = [
            (
                self.key_published,
                Fact::KeyNotPublished,
                "the token's `kid` is not in the key set",
            ),
            (
                self.signature_valid,
                Fact::BadSignature,
                "the token's signature does not verify",
            ),
        ];
        for (holds, fact, what) in flags {
            if holds == Some(false) {
                found(fact, what.to_owned());
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i32) -> OktaTime {
        OktaTime::from_seconds(second.into()).unwrap()
    }

    fn facts(seen: &Observation) -> Vec<Fact> {
        let findings = seen.findings(at(1000));
        findings.into_iter().map(|finding| finding.fact).collect()
    }

    #[test]
    fn a_token_in_its_time_has_nothing_wrong_and_unknown_claims_nothing() {
        let seen = Observation {
            issued: Some(at(1004)),
            not_before: Some(at(1000)),
            expires: Some(at(1001)),
            active: Some(true),
            ..Observation::default()
        };
        assert_eq!(facts(&seen), []);
        assert_eq!(facts(&Observation::default()), []);
    }

    #[test]
    fn an_expired_or_early_token_is_not_called_inactive_besides() {
        let expired = Observation {
            expires: Some(at(1000)),
            active: Some(false),
            ..Observation::default()
        };
        assert_eq!(facts(&expired), [Fact::TokenExpired]);
        let just_before = Observation {
            expires: Some(at(1004)),
            active: Some(false),
            ..Observation::default()
        };
        assert_eq!(facts(&just_before), [Fact::TokenExpired]);
        let early = Observation {
            issued: Some(at(1006)),
            active: Some(false),
            ..Observation::default()
        };
        assert_eq!(facts(&early), [Fact::TokenNotYetValid]);
        let revoked = Observation {
            expires: Some(at(2000)),
            active: Some(false),
            ..Observation::default()
        };
        assert_eq!(facts(&revoked), [Fact::TokenInactive]);
    }
}
