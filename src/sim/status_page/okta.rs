//! Okta's status page: HTML with JSON in hidden spans.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::incident::Incident;

pub(super) fn page(incidents: &[Incident]) -> String {
    let of = |planned: bool| {
        let chosen = incidents
            .iter()
            .filter(|incident| incident.is_planned() == planned);
        Value::Array(chosen.map(record).collect())
    };
    let updates = incidents.iter().map(|incident| {
        json!({
            "Id": format!("a9D{}", incident.name),
            "IncidentId__c": format!("a9C{}", incident.name),
            "UpdateLog__c": format!("{}: {}", incident.status, incident.title),
            "CreatedDate": moment(incident.changed),
        })
    });
    let spans = [
        ("incidents", of(false).to_string()),
        ("planned-outages", of(true).to_string()),
        ("updates", Value::Array(updates.collect()).to_string()),
        (
            "cellList",
            "okta.com:1,okta.com:7,oktapreview.com:3,okta-emea.com:1".to_owned(),
        ),
    ];
    // Salesforce numbers its elements anew with each release; only data-id stays.
    let spans = spans.iter().enumerate().map(|(number, (id, content))| {
        let number = number + 10;
        format!(
            "<span id=\"j_id0:j_id{number}:StringJSON\" class=\"visibility: hidden\" \
             data-id=\"{id}\">{content}</span>\n"
        )
    });
    let spans: String = spans.collect();
    format!("<!DOCTYPE html><html><head><title>Status</title></head><body>\n{spans}</body></html>")
}

fn record(incident: &Incident) -> Value {
    let id = format!("a9C{}", incident.name);
    let started = incident.started.unwrap_or(incident.changed);
    let mut record = json!({
        "attributes": {
            "type": "Incident__c",
            "url": format!("/services/data/v67.0/sobjects/Incident__c/{id}"),
        },
        "Id": id,
        "Name": incident.name,
        "Status__c": incident.status,
        "Category__c": incident.category,
        "Incident_Title__c": incident.title,
        "Log__c": format!("{}&nbsp;", incident.title),
        "Impacted_Cells__c": incident.cells,
        "Impacted_Audience__c": "Admin;End user",
        "Service_Feature__c": incident.feature,
        "Start_Time__c": moment(started),
        "Start_Date__c": day(started),
        "CreatedDate": moment(started.min(incident.changed)),
        "Last_Updated__c": moment(incident.changed),
        "LastModifiedDate": moment(incident.changed),
        "Is_Mis_Red__c": false,
    });
    if let (Some(ends), Some(record)) = (incident.ends, record.as_object_mut()) {
        record.insert("End_Date__c".to_owned(), json!(day(ends)));
        let minutes = ends.duration_since(started).as_mins();
        record.insert("Duration__c".to_owned(), json!(minutes));
    }
    record
}

/// Salesforce's form, with an offset that has no colon.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
