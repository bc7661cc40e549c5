//! The alert rules, whose links lead to the runbooks that a running exporter serves.

use url::Url;

use super::output::print;
use crate::web;

/// As the repository has them.
const ALERTS: &str = include_str!("../../config/prometheus/okta.alerts.yml");
/// How each of their links begins until somebody says where runbooks are.
const ELSEWHERE: &str = "runbook_url: https://okta-exporter.example/docs/runbooks/";

/// Print the alert rules for Prometheus.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where people reach the exporter: each alert leads to its runbook there. Without it, the rules are
    /// printed as `config/prometheus/okta.alerts.yml` has them.
    #[arg(long = "web.external-url", value_name = "URL", value_parser = web::external_url)]
    external_url: Option<Url>,
}

pub(super) fn run(args: &Args) -> Result<(), String> {
    match &args.external_url {
        None => print(ALERTS),
        Some(url) => print(&leading_to(url)),
    }
}

/// The rules whose runbooks are served below this URL, which ends in `/`.
fn leading_to(url: &Url) -> String {
    let lines = ALERTS.lines().map(|line| match line.split_once(ELSEWHERE) {
        Some((indent, page)) => {
            let alert = page.trim_end_matches(".md");
            format!("{indent}runbook_url: {url}runbooks/{alert}\n")
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_leads_to_its_runbook() {
        let rules = leading_to(&web::external_url("https://mon.example/okta").unwrap());
        assert!(!rules.contains("okta-exporter.example/docs"), "{rules}");
        let mut alert = "";
        let mut count = 0;
        for line in rules.lines() {
            if let Some((_, name)) = line.split_once("- alert: ") {
                alert = name;
            }
            if let Some((_, link)) = line.split_once("runbook_url: ") {
                assert_eq!(link, format!("https://mon.example/okta/runbooks/{alert}"));
                count += 1;
            }
        }
        assert_eq!(count, ALERTS.matches("- alert: ").count());
    }
}
