//! The metric reference as Markdown: `docs/metrics.md` is what this prints. What a family means is
//! said where it is drawn ([`crate::fleet`], [`crate::probe`], [`crate::web`]); here it only finds its
//! section.

use super::output::print;
use crate::{
    fleet,
    metrics::{Family, process},
    okta::Reason,
    web,
};

/// The sections in reading order, each with the beginnings of its families' names. The longest
/// beginning that fits decides, and every family fits the last.
const SECTIONS: &[(&str, &[&str])] = &[
    ("Every probe", &["okta_probe_"]),
    (
        "Requests to Okta",
        &[
            "okta_request_",
            "okta_requests_",
            "okta_api_errors_",
            "okta_clock_",
            "okta_tls_",
        ],
    ),
    ("Rate limits", &["okta_rate_limit_"]),
    (
        "Tokens and credentials",
        &["okta_token_", "okta_credential_", "okta_api_token"],
    ),
    (
        "Signing keys and certificates",
        &[
            "okta_jwks_",
            "okta_signing_key_",
            "okta_authorization_server_",
            "okta_certificate_",
        ],
    ),
    ("Okta's health", &["okta_status_", "okta_org_", "okta_dr_"]),
    (
        "What belongs to the org",
        &[
            "okta_agent_",
            "okta_log_stream_",
            "okta_event_hook_",
            "okta_inline_hook_",
            "okta_domain_",
            "okta_idp_",
            "okta_notification_",
        ],
    ),
    ("System Log and event hooks", &["okta_log_", "okta_hook_"]),
    ("The exporter itself", &["okta_exporter_", ""]),
];

/// Prints the metric reference.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(Args {}: Args) -> Result<(), String> {
    print(&reference())
}

fn reference() -> String {
    let reasons = Reason::ALL.map(Reason::as_str).join(", ");
    let mut families = [
        fleet::families(),
        web::families(),
        vec![&process::BUILD_INFO],
    ]
    .concat();
    families.sort_by_key(|family| family.name());
    let mut text = format!(
        "# Metrics

<!-- Written by `okta-exporter metrics > docs/metrics.md`; a test compares. -->

Base units; counters end in `_total`; timestamps are seconds since 1970. A value that is not known is absent, never 0. \
Every label value comes from the configuration, from a closed list, or from an identifier that Okta bounds.

- `org` is on every series that belongs to an org; status pages have none.
- `probe` is `kind` or `kind/name`: `discovery`, `endpoint/users`, `jwks/default`, `token/ci`, `status_page/okta`.
- `reason` is one of {reasons}. A counter of each starts at 0.
- `error_code` is Okta's code from its published list (`E0000047`), an OAuth error (`insufficient_scope`), `edge` for an \
answer of the network before Okta, else `other`.
- `credential` is the one a request was made with, `none` where it carried none. Okta shows each caller its own ceiling, \
so limits of two credentials are two facts.
- A rate-limit sample is gone 15 s after its window's end: the next window opens with the next request, and until then \
nobody knows. What a window came to (`okta_rate_limit_window_usage_ratio`) is told from its end until the next one's, and \
is gone when none was seen for three of the usual gaps: alerts need no `max_over_time`.
- A window's use is told by its best sample. What came after that sample was not seen: consumed requests are a lower \
bound, and `okta_rate_limit_window_phase_ratio` tells how late the sample was.

The process's own `process_*` stand beside these.
"
    );
    let sections = SECTIONS.iter().enumerate();
    text.extend(sections.map(|(index, (title, _))| {
        let here = families
            .iter()
            .filter(|family| section(family.name()) == index);
        let rows: String = here.map(|family| row(family)).collect();
        if rows.is_empty() {
            return rows;
        }
        format!("\n## {title}\n\n| series | type | labels | meaning |\n|---|---|---|---|\n{rows}")
    }));
    text
}

fn row(family: &Family) -> String {
    let (name, kind, help) = (family.name(), family.kind(), family.help());
    let labels = family.labels().join(", ");
    format!("| `{name}` | {kind} | {labels} | {help} |\n")
}

/// The place of the section with the longest beginning that fits.
fn section(name: &str) -> usize {
    let fitting = |beginnings: &[&str]| {
        let fits = beginnings.iter().filter(|start| name.starts_with(**start));
        fits.map(|start| start.len() + 1).max().unwrap_or(0)
    };
    let lengths = SECTIONS.iter().map(|(_, beginnings)| fitting(beginnings));
    lengths
        .enumerate()
        .max_by_key(|(_, length)| *length)
        .map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_decides_and_every_family_has_a_section() {
        let title = |name: &str| SECTIONS[section(name)].0;
        assert_eq!(title("okta_log_stream_active"), "What belongs to the org");
        assert_eq!(title("okta_log_events_total"), "System Log and event hooks");
        assert_eq!(title("okta_requests_total"), "Requests to Okta");
        assert_eq!(title("okta_something_new"), "The exporter itself");
    }

    #[test]
    fn nothing_of_okta_is_told_among_what_is_the_exporters_own() {
        let reference = reference();
        let (_, own) = reference.split_once("## The exporter itself").unwrap();
        for row in own.lines().filter(|line| line.starts_with("| `")) {
            assert!(row.starts_with("| `okta_exporter_"), "{row}");
        }
    }
}
