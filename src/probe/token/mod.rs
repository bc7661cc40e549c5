//! An access token that somebody uses: what it says, whether Okta still honours it, and whether
//! the key it was signed with is still published.

mod ask;
mod compared;
mod findings;
mod fingerprint;
mod introspect;
mod judge;
mod known;
mod observation;
mod settings;

use super::{
    ask::Ask,
    cap::{Capped, cap},
    end::End,
    kind::{Access, Kind, Known, ProbeResult, Scope},
};
use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::Session,
    units::OktaTime,
};

pub use self::ask::Probe;
pub use known::Memory;
pub use observation::Observation;
pub use settings::Settings;

const TOKEN: &[&str] = &["org", "token"];
const TOKEN_SCOPE: &[&str] = &["org", "token", "scope"];
const ACTIVE: Family = Family::gauge(
    "okta_token_active",
    "1 if introspection calls the token active, else 0.",
    TOKEN,
);
const EXPIRY: Family = Family::gauge(
    "okta_token_expiry_timestamp_seconds",
    "When the token expires (`exp`).",
    TOKEN,
);
const TIME_TO_EXPIRY: Family = Family::gauge(
    "okta_token_time_to_expiry_seconds",
    "How long until the token expires; negative once it has.",
    TOKEN,
);
const ISSUED: Family = Family::gauge(
    "okta_token_issued_timestamp_seconds",
    "When the token was issued (`iat`).",
    TOKEN,
);
const NOT_BEFORE: Family = Family::gauge(
    "okta_token_not_before_timestamp_seconds",
    "Before when the token is not valid (`nbf`).",
    TOKEN,
);
const SCOPE: Family = Family::gauge(
    "okta_token_scope",
    "Always 1; one series for each granted scope.",
    TOKEN_SCOPE,
);
const MISSING_SCOPE: Family = Family::gauge(
    "okta_token_missing_scope",
    "1 if the token lacks this required scope, 0 if it has it.",
    TOKEN_SCOPE,
);
const ISSUER_MATCHES: Family = Family::gauge(
    "okta_token_issuer_matches",
    "1 if `iss` is an expected issuer, else 0.",
    TOKEN,
);
const AUDIENCE_MATCHES: Family = Family::gauge(
    "okta_token_audience_matches",
    "1 if `aud` holds an expected audience, else 0.",
    TOKEN,
);
const SIGNATURE_VALID: Family = Family::gauge(
    "okta_token_signature_valid",
    "1 if the signature verifies with the published key, else 0; absent where keys are not public.",
    TOKEN,
);
const KEY_PUBLISHED: Family = Family::gauge(
    "okta_token_signing_key_published",
    "1 if the key that signed the token is in the server's key set, else 0.",
    TOKEN,
);

const READABLE: Family = Family::gauge(
    "okta_token_readable",
    "1 if what stands where the token is read can be a token, 0 if it cannot, or if nothing can be read.",
    TOKEN,
);

/// The longest scope that is a label; Okta's have 50 characters.
const LONGEST_SCOPE: usize = 200;
/// The most scopes that get series of their own.
const MOST_SCOPES: usize = 100;

impl Kind for Probe {
    const KIND: &'static str = "token";
    const APIS: &'static [&'static str] = &[self::ask::API];
    const FAMILIES: &'static [&'static Family] = &[
        &READABLE,
        &ACTIVE,
        &EXPIRY,
        &TIME_TO_EXPIRY,
        &ISSUED,
        &NOT_BEFORE,
        &SCOPE,
        &MISSING_SCOPE,
        &ISSUER_MATCHES,
        &AUDIENCE_MATCHES,
        &SIGNATURE_VALID,
        &KEY_PUBLISHED,
    ];

    type Observation = Observation;
    type Memory = Memory;

    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        self.requests()
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        self.inspect(okta, known).await
    }

    fn learn(memory: Memory, observation: &Observation) -> Memory {
        memory.learn(observation)
    }

    fn findings(known: &Known<'_, Self>, now: OktaTime) -> Vec<Finding> {
        let holds = known.memory.as_of(now, known.interval);
        holds.map_or_else(Vec::new, |seen| seen.findings(now))
    }

    fn ends(known: &Known<'_, Self>, now: OktaTime) -> Vec<End> {
        let holds = known.memory.as_of(now, known.interval);
        let end = holds.and_then(|seen| seen.end(now));
        end.into_iter().collect()
    }

    fn dropped(known: &Known<'_, Self>) -> usize {
        known.observation.map_or(0, |seen| drawn(seen).dropped)
    }

    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        let token = [scope.org, scope.name];
        let readable = known.observation.map(|seen| seen.token.is_some());
        page.push_some(&READABLE, &token, readable.map(f64::from));
        let Some(seen) = known.memory.as_of(scope.at_okta, known.interval) else {
            return;
        };
        let flag = |known: Option<bool>| known.map(f64::from);
        let seconds = |at: Option<OktaTime>| at.map(OktaTime::seconds);
        let left = seen.expires.map(|end| end.since(scope.at_okta));
        page.push_some(&ACTIVE, &token, flag(seen.active));
        page.push_some(&EXPIRY, &token, seconds(seen.expires));
        page.push_some(&TIME_TO_EXPIRY, &token, left.map(|left| left.as_secs_f64()));
        page.push_some(&ISSUED, &token, seconds(seen.issued));
        page.push_some(&NOT_BEFORE, &token, seconds(seen.not_before));
        page.push_some(&ISSUER_MATCHES, &token, flag(seen.issuer_matches()));
        page.push_some(&AUDIENCE_MATCHES, &token, flag(seen.audience_matches()));
        page.push_some(&SIGNATURE_VALID, &token, flag(seen.signature_valid));
        page.push_some(&KEY_PUBLISHED, &token, flag(seen.key_published));
        for (required, missing) in seen.missing() {
            let labels = [scope.org, scope.name, required];
            page.push(&MISSING_SCOPE, &labels, f64::from(missing));
        }
        for granted in drawn(&seen).kept {
            page.push(&SCOPE, &[scope.org, scope.name, granted], 1.0);
        }
    }
}

/// The granted scopes that get series of their own: first those that somebody needs. One that is too long
/// for a label is counted as left out.
fn drawn(seen: &Observation) -> Capped<&String> {
    let (short, long): (Vec<&String>, Vec<&String>) = seen
        .scopes
        .iter()
        .flatten()
        .partition(|scope| scope.len() <= LONGEST_SCOPE);
    let is_required = |scope: &&String| seen.required.contains(scope);
    let Capped { kept, dropped } = cap(short, MOST_SCOPES, is_required);
    Capped {
        kept,
        dropped: dropped + long.len(),
    }
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, collections::BTreeSet, sync::Arc, time::Duration};

    use super::{compared::Compared, *};
    use crate::{
        guide::{Fact, Severity},
        units::Timestamp,
    };

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(second: i32) -> OktaTime {
        OktaTime::from_seconds(second.into()).unwrap()
    }

    fn compared(told: &str) -> Compared {
        Compared::new(vec![told.to_owned()], &["api".to_owned()].into())
    }

    /// A token that was looked at just now, a minute before its end.
    fn seen() -> Observation {
        Observation {
            token: Some(fingerprint::Fingerprint::of(&"t".into())),
            at: at(1_000),
            active: Some(true),
            expires: Some(at(1_060)),
            issued: Some(at(400)),
            not_before: Some(at(500)),
            scopes: Some(BTreeSet::from(["okta.users.read".to_owned()])),
            required: Arc::from(["okta.logs.read".to_owned()]),
            is_unjudged: false,
            was_read: true,
            is_id_token: false,
            server: None,
            issuer: Some(compared("api")),
            audience: Some(compared("other")),
            signature_valid: Some(false),
            key_published: Some(true),
            key_missed: None,
        }
    }

    fn known(seen: &Observation) -> Known<'_, Probe> {
        Known {
            observation: Some(seen),
            memory: Cow::Owned(Probe::learn(Memory::default(), seen)),
            interval: MINUTE,
        }
    }

    fn drawn_at(known: &Known<'_, Probe>, second: i32) -> Vec<String> {
        let scope = Scope {
            org: "acme",
            name: "ci",
            now: Timestamp::UNIX_EPOCH,
            at_okta: at(second),
        };
        let mut page = Page::new();
        Probe::draw(known, scope, &mut page);
        let short = |line: String| {
            line.replace(r#"org="acme",token="ci""#, "")
                .replace("okta_token_", "")
        };
        page.test_series().into_iter().map(short).collect()
    }

    #[test]
    fn a_token_is_drawn_as_far_as_it_is_known() {
        let seen = seen();
        let expected = [
            "active{} 1",
            "audience_matches{} 0",
            "expiry_timestamp_seconds{} 1060",
            "issued_timestamp_seconds{} 400",
            "issuer_matches{} 1",
            r#"missing_scope{,scope="okta.logs.read"} 1"#,
            "not_before_timestamp_seconds{} 500",
            "readable{} 1",
            r#"scope{,scope="okta.users.read"} 1"#,
            "signature_valid{} 0",
            "signing_key_published{} 1",
            "time_to_expiry_seconds{} 60",
        ];
        assert_eq!(drawn_at(&known(&seen), 1_000), expected);
        let later = drawn_at(&known(&seen), 2_000);
        assert!(later.contains(&"time_to_expiry_seconds{} -940".to_owned()));
        assert!(
            !later.iter().any(|line| line.starts_with("active")),
            "nobody said so for long"
        );
        let nothing = Observation::default();
        assert_eq!(drawn_at(&known(&nothing), 1_000), ["readable{} 0"]);
    }

    #[test]
    fn what_is_wrong_is_told_as_of_now() {
        let facts = |second| -> Vec<Fact> {
            let findings = Probe::findings(&known(&seen()), at(second));
            findings.into_iter().map(|finding| finding.fact).collect()
        };
        let always = [Fact::ScopeMissing, Fact::WrongAudience];
        assert_eq!(facts(1_000), [always[0], always[1], Fact::BadSignature]);
        assert_eq!(facts(2_000), [Fact::TokenExpired, always[0], always[1]]);
    }

    #[test]
    fn a_token_that_nobody_renews_stands_out_in_the_last_tenth_of_its_life_and_one_of_an_hour_never()
     {
        let severity = |issued: Option<i32>, expires: i32, now: i32| {
            let seen = Observation {
                issued: issued.map(at),
                expires: Some(at(expires)),
                ..seen()
            };
            let ends = Probe::ends(&known(&seen), at(now));
            assert_eq!((ends.len(), ends[0].what), (1, "access token"));
            assert_eq!(ends[0].at, at(expires));
            ends[0].severity
        };
        let hour = |now| severity(Some(0), 3_600, now);
        assert_eq!((hour(3_599), hour(3_600)), (None, Some(Severity::Critical)));
        let week = 7 * 86_400;
        let of_a_week = |left: i32| severity(Some(0), week, week - left);
        assert_eq!(of_a_week(week / 10), None, "it has ten minutes more");
        assert_eq!(of_a_week(week / 10 - 601), Some(Severity::Warning));
        let refresh = |left: i32| severity(None, week, week - left);
        assert_eq!(refresh(86_400), None);
        assert_eq!(refresh(80_000), Some(Severity::Warning));
        let unread = Observation::default();
        assert_eq!(Probe::ends(&known(&unread), at(0)), []);
    }

    #[test]
    fn scopes_beyond_a_hundred_get_no_series_and_are_counted() {
        let mut seen = seen();
        assert_eq!(Probe::dropped(&known(&seen)), 0);
        seen.scopes = Some((0..MOST_SCOPES + 3).map(|n| n.to_string()).collect());
        assert_eq!(Probe::dropped(&known(&seen)), 3);
    }

    #[test]
    fn a_scope_that_is_needed_is_drawn_however_many_come_before_it() {
        let granted = (0..MOST_SCOPES + 5).map(|n| format!("a.{n:03}"));
        let seen = Observation {
            scopes: Some(granted.chain(["z".to_owned()]).collect()),
            required: ["z".to_owned()].into(),
            ..Observation::default()
        };
        let Capped { kept, dropped } = drawn(&seen);
        assert_eq!((kept[0].as_str(), dropped), ("z", 6));
    }

    #[test]
    fn no_token_writes_what_it_likes_into_labels() {
        let many = (0..500).map(|n| format!("a{n}"));
        let many = many.chain(["x".repeat(LONGEST_SCOPE + 1), "okta.users.read".to_owned()]);
        let seen = Observation {
            scopes: Some(many.collect()),
            required: Arc::from(["okta.users.read".to_owned()]),
            ..Observation::default()
        };
        let drawn = drawn(&seen);
        assert_eq!((drawn.kept.len(), drawn.dropped), (MOST_SCOPES, 402));
        assert_eq!(drawn.kept[0], "okta.users.read");
        assert!(drawn.kept.iter().all(|scope| scope.len() <= LONGEST_SCOPE));
    }
}
