//! The page for people, in the order in which one looks at night: how each org is, what Okta says of
//! itself, what ends, which limits run out, what is wrong and what to do; the rest is folded. Markup
//! only: what is told, and how bad it is, the view says.

mod bar;
mod ends;
mod everything;
mod icon;
mod incidents;
mod limits;
mod orgs;
mod probes;
mod sparkline;
mod times;
mod told;
mod troubles;
mod words;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::{times::clock, words::glyph};
use super::paths;
use crate::fleet::{Counts, View};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What stands in the page for the browser to apply and to run: style and script.
pub(super) fn inline() -> [&'static str; 2] {
    [STYLE, SCRIPT]
}

/// The whole page. Its links lead on from where it is, whatever comes before that.
pub(super) fn render(view: &View, telemetry_path: &str) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                noscript { meta http-equiv="refresh" content="30"; }
                title { (title(view)) }
                link rel="icon" href=(icon::of(tone(view))) data-stale=(icon::of("stale"));
                style { (PreEscaped(STYLE)) }
                script { (PreEscaped(SCRIPT)) }
            }
            body data-at=(view.at.as_millisecond()) {
                a.skip href="#main" { "Skip to what is wrong" }
                (header(view, telemetry_path))
                main id="main" tabindex="-1" {
                    (orgs::section(view))
                    (incidents::section(view))
                    (ends::section(view))
                    (limits::section(view))
                    (troubles::section(view))
                    (everything::section(view))
                }
            }
        }
    };
    page.into_string()
}

fn header(view: &View, telemetry_path: &str) -> Markup {
    let tone = tone(view);
    html! {
        header.(tone) {
            h1 { "okta-exporter" }
            p.sum { span.glyph aria-hidden="true" { (glyph(tone)) } " " (summary(view)) }
            p.counts { (of_probes(&view.counts)) }
            p #stale role="status" {}
            nav aria-label="What else is served" {
                a href={ "./" (telemetry_path) } { "metrics" } " "
                a href={ "." (paths::STATUS) } { "status as JSON" } " "
                a href={ "." (paths::CONFIG) } { "configuration" } " "
                a href="guide/" { "guide" } " "
                a href="runbooks/" { "runbooks" } " "
                span { "as of " span #drawn { (clock(view.at)) " UTC" } }
            }
        }
    }
}

/// The worst that is known, as a class of the style. Before anything is known nothing is well.
fn tone(view: &View) -> &'static str {
    let Counts {
        probes, waiting, ..
    } = view.counts;
    match view.severity {
        Some(severity) => severity.as_str(),
        None if probes == waiting => "unknown",
        None => "well",
    }
}

fn title(view: &View) -> String {
    let tone = tone(view);
    match view.severity {
        None => format!("{} okta-exporter", glyph(tone)),
        Some(_) => format!("{} {} · okta-exporter", glyph(tone), summary(view)),
    }
}

/// How much is wrong, the worst first.
fn summary(view: &View) -> String {
    let Counts {
        critical,
        warnings,
        infos,
        ..
    } = view.counts;
    let told = [
        (critical, "critical", "critical"),
        (warnings, "warning", "warnings"),
        (infos, "note", "notes"),
    ];
    let told = told.iter().filter(|(count, ..)| *count > 0);
    let told: Vec<String> = told
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    match (told.is_empty(), tone(view)) {
        (false, _) => told.join(", "),
        (true, "unknown") => "nothing is known yet".to_owned(),
        (true, "well") => "all is well".to_owned(),
        (true, other) => other.to_owned(),
    }
}

fn of_probes(counts: &Counts) -> String {
    let told = [
        (counts.held_back, "held back"),
        (counts.overdue, "overdue"),
        (counts.waiting, "waiting for their first run"),
    ];
    let told = told.iter().filter(|(count, _)| *count > 0);
    let rest: Vec<String> = told
        .map(|(count, what)| format!(", {count} {what}"))
        .collect();
    let (failing, probes) = (counts.failing, counts.probes);
    format!("{failing} of {probes} probes failing{}", rest.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fleet::Board, units::Timestamp};

    #[test]
    fn before_anything_is_known_nothing_is_called_well() {
        let page = render(&Board::new().view(Timestamp::UNIX_EPOCH), "metrics");
        assert!(page.contains("<title>? okta-exporter</title>"), "{page}");
        assert!(page.contains("nothing is known yet"), "{page}");
        assert!(
            page.contains("as of") && page.contains("00:00:00 UTC"),
            "{page}"
        );
    }
}
