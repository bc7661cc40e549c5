//! The alert rules, whose links lead to the runbooks that a running exporter serves.

use url::Url;

use super::output::print;

/// As the repository has them.
const ALERTS: &str = include_str!("../../config/prometheus/okta.alerts.yml");
/// How each of their links begins until somebody says where runbooks are.
const ELSEWHERE: &str = "runbook_url: https://okta-exporter.example/docs/runbooks/";

/// Print the alert rules for Prometheus.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Under which URL browsers reach the exporter: each alert leads to its runbook there. Without it,
    /// the rules are printed as `config/prometheus/okta.alerts.yml` has them.
    #[arg(long = "web.external-url", value_name = "URL")]
    external_url: Option<Url>,
}

pub(super) fn run(args: &Args) -> Result<(), String> {
    match &args.external_url {
        None => print(ALERTS),
        Some(url) => print(&leading_to(url)?),
    }
}

/// The rules whose runbooks are served below this URL.
fn leading_to(url: &Url) -> Result<String, String> {
    let is_place = matches!(url.scheme(), "http" | "https")
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_place {
        return Err(format!(
            "`--web.external-url={url}` is nothing that paths can be added to: write it as `https://prometheus.example/okta`"
        ));
    }
    let base = url.as_str().trim_end_matches('/');
    let lines = ALERTS.lines().map(|line| match line.split_once(ELSEWHERE) {
        Some((indent, page)) => {
            let alert = page.trim_end_matches(".md");
            format!("{indent}runbook_url: {base}/runbooks/{alert}\n")
        }
        None => format!("{line}\n"),
    });
    Ok(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_leads_to_its_runbook() {
        for url in ["https://mon.example/okta/", "https://mon.example/okta"] {
            let rules = leading_to(&url.parse().unwrap()).unwrap();
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

    #[test]
    fn what_no_path_can_be_added_to_is_refused() {
        for url in [
            "ftp://mon.example",
            "https://mon.example/?a=b",
            "https://mon.example/#a",
            "mailto:a@b.example",
        ] {
            let refused = leading_to(&url.parse().unwrap());
            assert!(refused.unwrap_err().contains("--web.external-url"), "{url}");
        }
    }
}
