//! Okta's own side: errors, modes, incidents, and the pages that tell of them.

use super::{
    case::{Case, Chapter, Risk},
    fact::Fact,
    sign::{Sign, code, statuses},
    symptom::FailureMode,
};

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Okta's health",
    cases: &[
        Case {
            slug: "read-only",
            title: "The org is in read-only mode",
            signs: &[Sign::Response(code("E0000010"))],
            cause: "Okta is working on the org's cell: signing in goes on, changes are refused",
            action: "hold back what writes, and look at Okta's status for this cell",
            takes: "1–2 h",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "server-error",
            title: "Okta fails",
            signs: &[Sign::Response(statuses(500, 599))],
            cause: "a fault on Okta's side",
            action: "look at Okta's status for this cell; open a ticket with the request id and UTC time; let callers stop \
                     after three in a row, for 60 s",
            takes: "2–4 h",
            risk: Risk::Medium,
            alert: Some("OktaServerErrors"),
        },
        Case {
            slug: "incident",
            title: "An incident on the org's cell",
            signs: &[Sign::Known(Fact::IncidentOnCell)],
            cause: "Okta tells of trouble on the very cell that the org lives on",
            action: "follow the incident on the status page; compare its hours with the failures seen here",
            takes: "2–4 h",
            risk: Risk::Low,
            alert: Some("OktaOrgIncident"),
        },
        Case {
            slug: "incident-of-unknown-reach",
            title: "An incident that may be on the org's cell",
            signs: &[Sign::Known(Fact::IncidentOfUnknownReach)],
            cause: "Okta tells of trouble and names no cell, or all, or writes cells in a way that is not known here",
            action: "read the incident on the status page: whether it is yours, its words say; compare its hours with the \
                     failures seen here",
            takes: "5 min",
            risk: Risk::Low,
            alert: Some("OktaOrgIncidentPossible"),
        },
        Case {
            slug: "incidents-unmatched",
            title: "Incidents cannot be matched to the org",
            signs: &[Sign::Known(Fact::IncidentsUnmatched)],
            cause: "the org's cell has a name that is not known here or is not told, or no status page names cells; whether \
                     an incident is the org's is unknown, not zero",
            action: "write the org's `cell` as the status page spells it, like `okta.com:7` or `okta-emea.com:1` (the foot of \
                     the Admin Console names it), and have Okta's own page among `status_pages`",
            takes: "5 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "log-gap",
            title: "Part of the System Log may have been missed",
            signs: &[Sign::Known(Fact::LogGap)],
            cause: "Okta took the place where reading was left no longer, or keeps no more what was still to be read; what \
                    came late or lies in the gap is in no counter",
            action: "compare the counters with the System Log of that hour (Admin Console > Reports > System Log); if reading \
                     was away for days, keep the exporter running, and its `storage.path` where it survives",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: Some("OktaLogGap"),
        },
        Case {
            slug: "status-page-frozen",
            title: "The feed says nothing new",
            signs: &[Sign::FailedSaying(FailureMode::PageBody, "frozen")],
            cause: "the feed still answers and its newest entry is old: it would call everything fine for ever",
            action: "read Okta's own page (`https://status.okta.com/`) in place of the feed",
            takes: "5 min",
            risk: Risk::Low,
            alert: Some("OktaStatusPageFrozen"),
        },
        Case {
            slug: "status-page-unreadable",
            title: "The status page cannot be understood",
            signs: &[
                Sign::Failed(FailureMode::PageBody),
                Sign::Failed(FailureMode::PageTooLarge),
            ],
            cause: "its owner rewrote it, or something else answers; what it does not say is unknown, never fine",
            action: "open the page by hand; set `format` if it is a known one, else look for a newer okta-exporter",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: Some("OktaStatusPageUnreadable"),
        },
        Case {
            slug: "status-page-refused",
            title: "The status page does not answer as a page",
            signs: &[
                Sign::Failed(FailureMode::PageRefused),
                Sign::Failed(FailureMode::PageRedirect),
            ],
            cause: "the page is down, moved, or turns programs away; of Okta nothing is known thereby",
            action: "open the page's URL by hand, and set it right where it has moved",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "status-page-tls",
            title: "The status page's certificate does not verify",
            signs: &[Sign::Failed(FailureMode::PageTls)],
            cause: "the certificate has expired, is for another name, or of an authority that this machine does not trust",
            action: "if a proxy inspects TLS here, add its CA to this machine's authorities (an org's `ca_file` is for the org \
                     alone); else look at who answers under this name",
            takes: "15–30 min",
            risk: Risk::Medium,
            alert: Some("OktaStatusPageUnreadable"),
        },
        Case {
            slug: "status-page-unreachable",
            title: "The status page cannot be reached",
            signs: &[Sign::Failed(FailureMode::PageUnreached)],
            cause: "its name, the way there, or the page itself fails; of Okta nothing is known thereby",
            action: "open the page by hand, then ask for it from this machine (`curl -sSI URL`): a proxy or a firewall on \
                     the way shows here",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: Some("OktaStatusPageUnreadable"),
        },
    ],
};
