//! The kinds of 429, and limits that are hit again and again.

use super::{
    case::{Case, Chapter, Risk},
    fact::Fact,
    sign::{Sign, limited},
};
use crate::okta::LimitKind;

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Rate limits",
    cases: &[
        Case {
            slug: "token-endpoint-limit",
            title: "Too many tokens are requested",
            signs: &[Sign::Response(limited(LimitKind::Limit).from("/v1/token"))],
            cause: "a client asks for a new token far more often than tokens expire",
            action: "cache each token until 60 s before its `exp`, and let all who need it share the cache",
            takes: "1–3 h",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "rate-limit",
            title: "The rate limit is used up",
            signs: &[Sign::Response(limited(LimitKind::Limit))],
            cause: "the caller's share of the bucket (its credential's, or its address's where it sends none) is empty until its \
                    reset (`X-Rate-Limit-Reset`; Okta sends no Retry-After)",
            action: "let callers wait until the reset, with jitter; find what spends it under Admin Console > Reports > \
                     Rate Limits",
            takes: "1–2 h",
            risk: Risk::Low,
            alert: Some("OktaRateLimitExhausted"),
        },
        Case {
            slug: "structural-limit",
            title: "The rate limit is used up again and again",
            signs: &[Sign::Known(Fact::LimitAgainAndAgain)],
            cause: "the calls that are made regularly do not fit the limit: waiting does not fix it",
            action: "make fewer calls: cache, filter on the server (`filter=`), event hooks in place of polling; raise the \
                     credential's share; or ask Okta's support for a higher limit",
            takes: "1–3 days",
            risk: Risk::Low,
            alert: Some("OktaRateLimitNearlyExhausted"),
        },
        Case {
            slug: "concurrency-limit",
            title: "Too many requests at once",
            signs: &[Sign::Response(limited(LimitKind::Concurrency))],
            cause: "too many requests of the org are in flight at the same time; the reset that comes with it means nothing",
            action: "spread slow calls out and retry within seconds; System Log `core.concurrency.org.limit.violation` \
                     names the callers",
            takes: "1–2 h",
            risk: Risk::Low,
            alert: Some("OktaConcurrencyLimited"),
        },
        Case {
            slug: "unknown-limit",
            title: "A 429 that is not Okta's rate limit",
            signs: &[Sign::Response(limited(LimitKind::Unknown))],
            cause: "the answer says nothing of a limit: the edge, a proxy or a WAF limits",
            action: "look at what stands before the org; ask Okta's support with the time of this line",
            takes: "1–2 h",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "principal-not-listed",
            title: "Okta tells no share for a credential's `principal_id`",
            signs: &[Sign::Known(Fact::PrincipalNotListed)],
            cause: "it is no id of an API token of this org, or Okta does not show that token to the credential that reads \
                     the shares; so the org's own limits are unknown as well",
            action: "compare it with Admin Console > Security > API > Tokens (`00T…` in the token's address); where it is \
                     right, let another credential read (`rate_limit_settings.credential`), or leave it out",
            takes: "5 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "settings-changed",
            title: "A setting of the org's rate limits has changed",
            signs: &[Sign::Known(Fact::SettingChanged)],
            cause: "an administrator changed it: from which share of a limit Okta warns, how single clients are treated, whether \
                     administrators get mails, or which share of a bucket a credential may use",
            action: "see that it was meant: the System Log has who did it (`system.rate_limit.configuration.update`); nothing \
                     else need be done, and it is told for a day",
            takes: "5 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "limit-not-told",
            title: "The endpoint tells no rate limit",
            signs: &[Sign::Known(Fact::LimitNotTold)],
            cause: "what anybody may read has no limit of its own, or something on the way takes the headers off",
            action: "set the probe's `sampling: interval`, or watch a path of the Management API; if that lacks them, too, look \
                    for what strips `X-Rate-Limit-*`",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
    ],
};
