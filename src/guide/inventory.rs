//! What an org has that ends, rotates or stops: agents, hooks, tokens, certificates.

use super::{
    case::{Case, Chapter, Risk},
    fact::Fact,
    sign::Sign,
};

pub(super) const CHAPTER: Chapter = Chapter {
    title: "What ends or stops",
    cases: &[
        Case {
            slug: "agent-pool",
            title: "Agents on the premises do not work",
            signs: &[Sign::Known(Fact::AgentPoolNotOperational)],
            cause: "an agent's host is down, it cannot reach Okta (port 443 outbound), or its service or token is gone; while \
                     others of the pool work they carry its load, and with the last one people can no longer sign in through it",
            action: "look at the agent's service and log on its host and at the way from there to the org's host; Admin Console > \
                     Dashboard > Agents tells which",
            takes: "15–60 min",
            risk: Risk::Medium,
            alert: None,
        },
        Case {
            slug: "withheld",
            title: "Something of the org is not shown to this credential",
            signs: &[Sign::Known(Fact::Withheld)],
            cause: "the org's plan lacks the feature, or the credential lacks the scope or its owner the role; nobody wrote the \
                     probe, so that is no failure, and what it would tell is absent",
            action: "grant the scope or the role where it is wanted; else write the org's `probes` without it",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
    ],
};
