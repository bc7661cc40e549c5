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
            alert: Some("OktaAgentPoolDegraded"),
        },
        Case {
            slug: "log-stream-off",
            title: "A log stream is switched off",
            signs: &[Sign::Known(Fact::LogStreamOff)],
            cause: "Okta switches a stream off by itself after two deliveries that failed, or somebody did; what happens meanwhile \
                     is never sent",
            action: "mend its target, switch it on at Admin Console > Reports > Log Streaming, and fetch what is missing from the \
                     System Log, which keeps it for 90 days; one that nobody wants, delete",
            takes: "15–60 min",
            risk: Risk::Medium,
            alert: Some("OktaLogStreamDeactivated"),
        },
        Case {
            slug: "event-hook-unverified",
            title: "An event hook is not verified",
            signs: &[Sign::Known(Fact::EventHookUnverified)],
            cause: "its address was changed, or never answered Okta's one-time challenge: nothing is delivered to it",
            action: "let the receiver answer the challenge, then verify it at Admin Console > Workflow > Event Hooks > Actions > \
                     Verify; what it missed stands in the System Log",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: Some("OktaEventHookUnverified"),
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
