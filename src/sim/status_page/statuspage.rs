//! Statuspage v2: the JSON that other vendors and mirrors serve.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::incident::{IMPACTS, Incident};

/// The front page, which readers of the JSON pass by.
pub(super) const FRONT: &str =
    "<!DOCTYPE html><html><body class=\"status index\"><h1>Status</h1></body></html>";

pub(super) fn summary(incidents: &[Incident], now: Timestamp) -> Value {
    let open = |planned: bool| {
        let chosen = incidents
            .iter()
            .filter(move |i| i.is_planned() == planned && !i.is_over());
        Value::Array(chosen.map(entry).collect())
    };
    let mut body = status(incidents, now);
    if let Some(body) = body.as_object_mut() {
        let component = if worst(incidents) == "none" {
            "operational"
        } else {
            "partial_outage"
        };
        body.insert(
            "components".to_owned(),
            json!([{ "id": "c1", "name": "Core Service", "status": component, "group": false }]),
        );
        body.insert("incidents".to_owned(), open(false));
        body.insert("scheduled_maintenances".to_owned(), open(true));
    }
    body
}

pub(super) fn status(incidents: &[Incident], now: Timestamp) -> Value {
    let updated = incidents
        .iter()
        .map(|incident| incident.changed)
        .max()
        .unwrap_or(now);
    let worst = worst(incidents);
    let description = if worst == "none" {
        "All Systems Operational"
    } else {
        "Partial System Outage"
    };
    json!({
        "page": {
            "id": "simulated",
            "name": "Simulated status",
            "time_zone": "Etc/UTC",
            "updated_at": format!("{updated:.3}"),
        },
        "status": { "indicator": worst, "description": description },
    })
}

fn worst(incidents: &[Incident]) -> &'static str {
    let open: Vec<_> = incidents
        .iter()
        .filter(|i| !i.is_over())
        .map(Incident::impact)
        .collect();
    IMPACTS
        .into_iter()
        .rev()
        .find(|impact| open.contains(impact))
        .unwrap_or("none")
}

fn entry(incident: &Incident) -> Value {
    let status = incident.status.to_ascii_lowercase().replace(' ', "_");
    let impact = if incident.is_planned() {
        "maintenance"
    } else {
        incident.impact()
    };
    let started = incident.started.unwrap_or(incident.changed);
    // What is planned was written down before it begins.
    let created = format!("{:.3}", started.min(incident.changed));
    let started = format!("{started:.3}");
    let ends = incident.ends.map(|ends| format!("{ends:.3}"));
    json!({
        "id": incident.name,
        "name": incident.title,
        "status": status,
        "impact": impact,
        "created_at": created,
        "started_at": started,
        "updated_at": format!("{:.3}", incident.changed),
        "scheduled_for": incident.is_planned().then_some(&started),
        "scheduled_until": ends,
        "incident_updates": [],
    })
}
