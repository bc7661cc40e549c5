//! What the status pages tell: each incident with since when, how far it is, and whose it is.

use maud::{Markup, html};

use super::{
    times::ago,
    words::{id, severe},
};
use crate::fleet::{IncidentView, View};

/// So many are listed; the rest is folded.
const FEW: usize = 10;

pub(super) fn section(view: &View) -> Markup {
    let (first, more) = view.incidents.split_at(view.incidents.len().min(FEW));
    html! {
        @if !first.is_empty() {
            section #incidents aria-labelledby="of-incidents" {
                h2 #of-incidents { "Incidents" }
                ul { @for incident in first { (item(incident, view)) } }
                @if !more.is_empty() {
                    details id="more/incidents" {
                        summary { (more.len()) " more" }
                        ul { @for incident in more { (item(incident, view)) } }
                    }
                }
            }
        }
    }
}

fn item(incident: &IncidentView, view: &View) -> Markup {
    let IncidentView {
        page,
        id: name,
        title,
        since,
        link,
        category,
        status,
        orgs,
        severity,
    } = incident;
    let told = [category, status].into_iter().flatten();
    html! {
        li id=(id(&["incident", page, name])) {
            (severe(*severity)) " "
            @match link.as_deref().filter(|link| leads_to_a_page(link)) {
                Some(link) => a rel="noreferrer" href=(link) { (title) },
                None => b { (title) },
            }
            " "
            @for word in told { span.dim { (word.replace('_', " ")) " · " } }
            @if let Some(since) = since { span.dim { "since " (ago(*since, view.at)) " · " } }
            span.dim { "told by " (page) }
            @if !orgs.is_empty() { p { "on the cell of " (some(orgs)) } }
        }
    }
}

/// The link was written by somebody else: only what a browser would show is followed.
fn leads_to_a_page(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

/// The first few of many names.
fn some(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().take(FEW).map(String::as_str).collect();
    match names.len().saturating_sub(FEW) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_is_no_address_of_a_page_is_not_one() {
        assert!(leads_to_a_page("https://status.okta.com/incident/1"));
        for other in ["javascript:alert(1)", "data:text/html,x", "//x", "/x", ""] {
            assert!(!leads_to_a_page(other), "{other}");
        }
    }

    #[test]
    fn of_many_orgs_the_first_are_named() {
        let names: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        assert_eq!(some(&names), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 40 more");
        assert_eq!(some(&names[..2]), "0, 1");
    }
}
