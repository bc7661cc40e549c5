//! The exporter's own side: its settings, its secrets, its restraint; and what nobody foresaw.

use super::{
    case::{Case, Chapter, Risk},
    fact::Fact,
    sign::{Sign, status, statuses},
    symptom::FailureMode,
};

pub(super) const CHAPTER: Chapter = Chapter {
    title: "The exporter itself",
    cases: &[
        Case {
            slug: "mismatch",
            title: "The answer contradicts the configuration",
            signs: &[Sign::Failed(FailureMode::Mismatch)],
            cause: "another org answers under this name, or the org goes by another (a custom domain)",
            action: "compare the org's URL with the message; a custom domain's issuer is named as \
                     `probes.discovery.issuer`",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "secret",
            title: "A secret cannot be used",
            signs: &[Sign::Failed(FailureMode::Secret)],
            cause: "the file is missing, empty, no regular file, on what hangs, or holds what cannot be sent",
            action: "put the secret where the message looks for it; it is read again at the next run, no restart is needed",
            takes: "5 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "overlap",
            title: "Runs take longer than their interval",
            signs: &[Sign::Failed(FailureMode::Overlap)],
            cause: "the last run had not ended when the next was due",
            action: "lengthen the probe's interval or shorten its timeout; then look at Okta's latency",
            takes: "5 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "overdue",
            title: "A probe is silent",
            signs: &[Sign::Known(Fact::Overdue)],
            cause: "no run of it ended for three of its intervals: requests hang, or the machine slept",
            action: "see its last failure, and whether its timeout is far longer than its interval",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: Some("OktaProbeOverdue"),
        },
        Case {
            slug: "breaker",
            title: "The org is left alone for a minute",
            signs: &[Sign::Failed(FailureMode::BreakerOpen)],
            cause: "three server errors or lost connections in a row opened the org's breaker",
            action: "see the failures before this one; one light request decides when the others go on",
            takes: "1 min",
            risk: Risk::Low,
            alert: Some("OktaBreakerOpen"),
        },
        Case {
            slug: "budget",
            title: "The exporter's own share of a limit is spent",
            signs: &[Sign::Failed(FailureMode::Budget)],
            cause: "the probes of this credential and bucket ask more often than the budget allows, or others have left \
                    nearly nothing",
            action: "lengthen the intervals of probes that share the bucket, or raise `budget`; samples of the end of \
                     a window go on while little is left, others wait for the reset",
            takes: "5 min",
            risk: Risk::Low,
            alert: Some("OktaProbeBudgetSpent"),
        },
        Case {
            slug: "no-descriptor",
            title: "The exporter may open no more files and connections",
            signs: &[Sign::Failed(FailureMode::NoDescriptor)],
            cause: "the process has as many descriptors open as its limit allows; clients of its own take a quarter of \
                    them at most",
            action: "raise the hard limit (`LimitNOFILE=` of systemd, `ulimits` of a container; `process_max_fds` tells it); \
                     if `process_open_fds` grows all the time, report it",
            takes: "15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "store-failing",
            title: "What is remembered cannot be kept",
            signs: &[Sign::Known(Fact::StoreFailing)],
            cause: "the disk of `storage.path` is full, read-only, or hangs, or the file was removed or damaged while it \
                    was in use",
            action: "make room, or mend what the message names; watching goes on in memory, and what it learned is kept \
                     once the file can be written, with no restart. A restart before that forgets it",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: Some("OktaExporterStoreFailing"),
        },
        Case {
            slug: "internal",
            title: "A fault in okta-exporter",
            signs: &[Sign::Failed(FailureMode::Internal)],
            cause: "a fault in okta-exporter",
            action: "report it with this line; the other probes go on",
            takes: "5 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "not-found",
            title: "There is nothing at this path",
            signs: &[Sign::Response(status(404))],
            cause: "the org answered, and knows no such path or id",
            action: "check the path and the ids in it",
            takes: "5 min",
            risk: Risk::Low,
            alert: None,
        },
        UNKNOWN,
    ],
};

/// What nobody foresaw.
pub(super) const UNKNOWN: Case = Case {
    slug: "refused",
    title: "Okta refuses the request",
    signs: &[Sign::Response(statuses(300, 499))],
    cause: "Okta understood the request and does not serve it",
    action: "compare path and parameters with Okta's API reference; the message tells Okta's reason",
    takes: "15 min",
    risk: Risk::Low,
    alert: None,
};
