//! The same incidents as an Atom and as an RSS feed.

use super::incident::Incident;
use crate::sim::answer::http_date;

pub(super) fn atom(incidents: &[Incident]) -> String {
    let updated = incidents.iter().map(|incident| incident.changed).max();
    let updated = updated
        .map(|at| format!("<updated>{at:.0}</updated>"))
        .unwrap_or_default();
    let entries = incidents.iter().rev().map(|incident| {
        let (name, title, at) = (escaped(&incident.name), heading(incident), incident.changed);
        format!(
            "<entry><title>{title}</title><id>urn:incident:{name}</id><updated>{at:.0}</updated>\
             <link href=\"https://status.example.com/#incident/{name}\"/>\
             <content type=\"html\">{}</content></entry>\n",
            escaped(&incident.title)
        )
    });
    let entries: String = entries.collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
         <title>Trust</title><id>urn:simulated</id>{updated}\n{entries}</feed>\n"
    )
}

pub(super) fn rss(incidents: &[Incident]) -> String {
    let items = incidents.iter().rev().map(|incident| {
        let (name, title) = (escaped(&incident.name), heading(incident));
        let (at, text) = (http_date(incident.changed), escaped(&incident.title));
        format!(
            "<item><title>{title}</title><guid isPermaLink=\"false\">{name}</guid>\
             <pubDate>{at}</pubDate><description>{text}</description></item>\n"
        )
    });
    let items: String = items.collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>\
         <title>Trust</title><link>https://status.example.com/</link>\
         <description>Incidents</description>\n{items}</channel></rss>\n"
    )
}

/// Okta's titles say status and category, as in `Resolved Service Disruption`.
fn heading(incident: &Incident) -> String {
    escaped(&format!("{} {}", incident.status, incident.category))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
