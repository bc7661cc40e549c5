//! One incident as a status page's owner writes it down. How each format words it stands beside.

use jiff::Timestamp;

/// An incident, or planned maintenance. Words are Okta's own, free to be wrong ones.
#[derive(Clone, Debug)]
pub struct Incident {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) category: String,
    pub(super) status: String,
    pub(super) cells: String,
    pub(super) feature: String,
    pub(super) started: Option<Timestamp>,
    pub(super) ends: Option<Timestamp>,
    pub(super) changed: Timestamp,
}

impl Incident {
    /// A service degradation under investigation on no cell yet.
    pub fn new(title: &str) -> Self {
        Self {
            name: String::new(),
            title: title.to_owned(),
            category: "Service Degradation".to_owned(),
            status: "Investigating".to_owned(),
            cells: String::new(),
            feature: "Core Service".to_owned(),
            started: None,
            ends: None,
            changed: Timestamp::UNIX_EPOCH,
        }
    }

    /// What it is: `Service Disruption`, `Performance Issue`, …
    #[must_use]
    pub fn category(mut self, category: &str) -> Self {
        category.clone_into(&mut self.category);
        self
    }

    /// How far it is: `Investigating`, `Identified`, `Monitoring`, `Resolved`, …
    #[must_use]
    pub fn status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    /// The cells it touches as Okta lists them, such as `okta.com:7;oktapreview.com:3`.
    #[must_use]
    pub fn cells(mut self, cells: &str) -> Self {
        cells.clone_into(&mut self.cells);
        self
    }

    /// Makes it planned maintenance between two moments.
    #[must_use]
    pub fn planned(mut self, from: Timestamp, to: Timestamp) -> Self {
        self.started = Some(from);
        self.ends = Some(to);
        self.category("Planned Maintenance").status("Scheduled")
    }

    pub(super) fn is_planned(&self) -> bool {
        self.category == "Planned Maintenance"
    }

    pub(super) fn is_over(&self) -> bool {
        ["Resolved", "Completed", "Cancelled"].contains(&self.status.as_str())
    }

    /// How bad it is in Statuspage's words, the worst last in [`IMPACTS`].
    pub(super) fn impact(&self) -> &'static str {
        match self.category.as_str() {
            "Service Disruption" | "Major Service Disruption" => "critical",
            "Minor Service Disruption" | "Feature Disruption" => "major",
            "Planned Maintenance" => "none",
            _ => "minor",
        }
    }
}

/// Statuspage's impacts, from the mildest.
pub(super) const IMPACTS: [&str; 4] = ["none", "minor", "major", "critical"];
