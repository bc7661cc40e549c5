//! The support bundle: all that somebody needs who was not there, in one text that any program opens,
//! in the order in which it is read. Each part is bounded, and cut at the end of a line. No secret is in
//! any: of headers there are those that Okta's support asks for, and no others.

use std::sync::Arc;

use super::paths;
use crate::{
    config::Shown,
    fleet::{Noted, OrgView, PastRequest, Requests, Trouble, VerdictView, View},
    okta::{Exchange, RateLimit},
    units::{Timestamp, build},
};

/// What a bundle is made of.
pub(super) struct Bundle {
    pub(super) view: View,
    pub(super) requests: Requests,
    pub(super) settings: Arc<Shown>,
    pub(super) metrics: String,
}

/// How long each part may be, in bytes.
const LONGEST: usize = 2 * 1024 * 1024;

/// The bundle, of at most some eight times [`LONGEST`].
pub(super) fn text(bundle: &Bundle) -> String {
    let Bundle {
        view,
        requests,
        settings,
        metrics,
    } = bundle;
    let mut text = head(view.at, requests.since);
    let status = serde_json::to_string_pretty(view).unwrap_or_default();
    for (title, part) in [
        ("verdicts", verdicts(view)),
        ("findings", findings(view)),
        ("failures, by probe", failures(view)),
        (
            "requests that failed, the last one last",
            lines(&requests.failed),
        ),
        ("requests, the last one last", lines(&requests.last)),
        ("settings, as of /config", settings.yaml.clone()),
        (concat!("status, as of ", "/api/v1/status"), status),
        ("metrics", metrics.clone()),
    ] {
        section(&mut text, title, &part);
    }
    text
}

fn head(at: Timestamp, since: Timestamp) -> String {
    let version = build::description().replace('\n', ", ");
    let uptime = at.duration_since(since).as_secs().max(0);
    format!(
        "okta-exporter support bundle (GET {})\nwritten {at:.0}, all times are UTC\nversion {version}\nup since {since:.0}, {uptime} seconds\nsecrets are left out\n",
        paths::SUPPORT_BUNDLE,
    )
}

fn section(text: &mut String, title: &str, part: &str) {
    let part = part.trim_end();
    let (most, beyond) = part.split_at(part.floor_char_boundary(LONGEST));
    let last_line = most.rfind('\n').filter(|_| !beyond.is_empty());
    let (kept, left) = part.split_at(last_line.unwrap_or(most.len()));
    let none = if kept.is_empty() { "none" } else { "" };
    text.extend(["\n== ", title, " ==\n", kept, none, "\n"]);
    if !left.is_empty() {
        text.extend(["(cut here: ", &left.len().to_string(), " bytes more)\n"]);
    }
}

/// An org's name, or what stands for none.
fn name(org: &OrgView) -> &str {
    org.name.as_deref().unwrap_or("(no org)")
}

fn verdicts(view: &View) -> String {
    let told = view.orgs.iter().filter_map(|org| {
        let VerdictView {
            verdict,
            since,
            why,
        } = org.verdict.as_ref()?;
        let since = since.map_or_else(String::new, |since| format!(" since {since:.0}"));
        Some(format!(
            "{}: {}{since}: {why}\n",
            name(org),
            verdict.as_str()
        ))
    });
    told.collect::<Vec<_>>().concat()
}

fn findings(view: &View) -> String {
    let own = view.findings.iter();
    let own = own.map(|noted| ("(the exporter)", "", noted));
    let of_orgs = view.orgs.iter().flat_map(|org| {
        let whole = org.findings.iter().map(|noted| ("", noted));
        let probes = org.probes.iter().flat_map(|probe| {
            let found = probe.findings.iter();
            found.map(|noted| (probe.probe.as_str(), noted))
        });
        let all = whole.chain(probes);
        all.map(|(probe, noted)| (name(org), probe, noted))
    });
    let told = own.chain(of_orgs).map(|(org, probe, noted)| {
        let Noted { what, advice, .. } = noted;
        format!("{org} {probe} {}: {what}\n", advice.case)
    });
    told.collect::<Vec<_>>().concat()
}

fn failures(view: &View) -> String {
    let mut told = Vec::new();
    for org in &view.orgs {
        for probe in &org.probes {
            for (trouble, how) in [
                (&probe.trouble, "fails"),
                (&probe.held_back, "is held back"),
                (&probe.earlier_trouble, "failed earlier"),
            ] {
                let Some(trouble) = trouble else { continue };
                let Trouble {
                    at,
                    reason,
                    what,
                    advice,
                    request_id,
                    ..
                } = trouble;
                let id = request_id.as_ref();
                let id = id.map_or_else(String::new, |id| format!(" x-okta-request-id={id}"));
                let (org, probe, case) = (name(org), &probe.probe, advice.case);
                told.push(format!(
                    "{at:.0} {org} {probe} {how}: {reason} ({case}): {what}{id}\n"
                ));
            }
        }
    }
    told.concat()
}

fn lines<'a>(requests: impl IntoIterator<Item = &'a Arc<PastRequest>>) -> String {
    let requests = requests.into_iter();
    requests.fold(String::new(), |text, request| text + &line(request) + "\n")
}

fn line(PastRequest { id, exchange }: &PastRequest) -> String {
    let Exchange {
        path,
        credential,
        at,
        took,
        answer,
        ..
    } = exchange;
    let org = id.org.as_ref().map_or("(no org)", |org| org.as_str());
    let credential = credential.as_ref().map_or("none", |name| name.as_str());
    let asked = format!("{at:.3} {org} {} {path} credential={credential}", id.probe);
    let took = took.as_secs_f64();
    let answer = match answer {
        Ok(answer) => answer,
        Err(reason) => return format!("{asked} no answer: {reason} after {took:.3} s"),
    };
    let mut line = format!("{asked} {} in {took:.3} s", answer.status);
    let limit = answer.rate_limit;
    let of_limit = |number: fn(RateLimit) -> String| limit.map(number);
    for (header, value) in [
        ("error", answer.error_code.map(str::to_owned)),
        ("x-okta-request-id", answer.request_id.clone()),
        ("date", answer.date.map(|date| format!("{date:.0}"))),
        (
            "x-rate-limit-limit",
            of_limit(|limit| limit.limit.to_string()),
        ),
        (
            "x-rate-limit-remaining",
            of_limit(|limit| limit.remaining.to_string()),
        ),
        (
            "x-rate-limit-reset",
            of_limit(|limit| limit.reset.as_second().to_string()),
        ),
    ] {
        if let Some(value) = value {
            line.extend([" ", header, "=", &value]);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_too_long_is_cut_at_a_line_and_says_so() {
        let cut = |part: &str| {
            let mut text = String::new();
            section(&mut text, "x", part);
            text
        };
        assert_eq!(cut(""), "\n== x ==\nnone\n");
        assert_eq!(cut("a\nb\n"), "\n== x ==\na\nb\n");
        let long = "aé\n".repeat(LONGEST / 2);
        let text = cut(&long);
        assert!(text.len() < LONGEST + 100, "{}", text.len());
        assert!(
            text.ends_with(" bytes more)\n"),
            "{}",
            &text[text.len() - 50..]
        );
        assert!(text.contains("aé\n(cut here: "));
        assert!(cut(&"é".repeat(LONGEST)).len() < LONGEST + 100);
    }
}
