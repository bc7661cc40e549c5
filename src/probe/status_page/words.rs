//! The closed lists of words that become label values. What is not on a list is `other`: a page
//! cannot invent a series. No reading of pages here.

use crate::{guide::Severity, units::closed_list};

closed_list! {
    /// What kind of trouble an incident is: Okta's categories, then Statuspage's impacts.
    #[expect(missing_docs, reason = "each label says it")]
    pub enum Category {
        ServiceDisruption = "service_disruption",
        MajorServiceDisruption = "major_service_disruption",
        MinorServiceDisruption = "minor_service_disruption",
        ServiceDegradation = "service_degradation",
        PerformanceIssue = "performance_issue",
        FeatureDisruption = "feature_disruption",
        PlannedMaintenance = "planned_maintenance",
        None = "none",
        Minor = "minor",
        Major = "major",
        Critical = "critical",
        Maintenance = "maintenance",
        Other = "other",
    }
}

closed_list! {
    /// How far an incident or a maintenance has come.
    #[expect(missing_docs, reason = "each label says it")]
    pub enum Status {
        Scheduled = "scheduled",
        Investigating = "investigating",
        Identified = "identified",
        InProgress = "in_progress",
        Monitoring = "monitoring",
        Verifying = "verifying",
        Resolved = "resolved",
        Completed = "completed",
        Cancelled = "cancelled",
        Postmortem = "postmortem",
        Other = "other",
    }
}

closed_list! {
    /// A Statuspage's one word for everything.
    #[expect(missing_docs, reason = "each label says it")]
    pub enum Indicator {
        None = "none",
        Maintenance = "maintenance",
        Minor = "minor",
        Major = "major",
        Critical = "critical",
        Other = "other",
    }
}

closed_list! {
    /// A component's state, from well to bad. A word nobody knows is worse than planned work and
    /// must not hide a known outage.
    #[expect(missing_docs, reason = "each label says it")]
    pub enum ComponentStatus {
        Operational = "operational",
        UnderMaintenance = "under_maintenance",
        Other = "other",
        DegradedPerformance = "degraded_performance",
        PartialOutage = "partial_outage",
        MajorOutage = "major_outage",
    }
}

macro_rules! read {
    ($($list:ident)+) => {$(
        impl $list {
            /// The word a page wrote, however it spaces and capitalises it.
            pub fn read(text: &str) -> Self {
                Self::named(&snake_case(text)).unwrap_or(Self::Other)
            }
        }
    )+};
}

read!(Category Status Indicator ComponentStatus);

impl Category {
    /// What an incident on a cell can be: Okta's own words for trouble.
    pub const OF_CELLS: [Self; 7] = [
        Self::ServiceDisruption,
        Self::MajorServiceDisruption,
        Self::MinorServiceDisruption,
        Self::ServiceDegradation,
        Self::PerformanceIssue,
        Self::FeatureDisruption,
        Self::Other,
    ];

    /// The same, in the words that an incident on a cell is told in.
    #[must_use]
    pub fn of_cell(self) -> Self {
        let is_known = Self::OF_CELLS.contains(&self);
        if is_known { self } else { Self::Other }
    }

    /// How bad it is to an org on whose cell it is, by the rule that the alert `OktaOrgIncident` goes by:
    /// what degrades, or is of one feature, can wait for the morning.
    #[must_use]
    pub fn severity_on_cell(self) -> Severity {
        match self.of_cell() {
            Self::MinorServiceDisruption
            | Self::ServiceDegradation
            | Self::PerformanceIssue
            | Self::FeatureDisruption => Severity::Warning,
            _ => Severity::Critical,
        }
    }

    /// Which of many are told, the worst last. A word nobody knows is as bad as most, and must not hide a
    /// known disruption.
    pub const fn rank(self) -> u8 {
        match self {
            Self::None => 0,
            Self::PlannedMaintenance | Self::Maintenance => 1,
            Self::FeatureDisruption | Self::PerformanceIssue | Self::Minor => 2,
            Self::MinorServiceDisruption | Self::ServiceDegradation | Self::Other => 3,
            Self::ServiceDisruption | Self::Major => 4,
            Self::MajorServiceDisruption | Self::Critical => 5,
        }
    }

    /// True for work that was announced, which is no incident.
    pub const fn is_planned(self) -> bool {
        matches!(self, Self::PlannedMaintenance | Self::Maintenance)
    }
}

impl Status {
    /// True until a page says in a known word that it is over: an unknown word is not good news.
    pub const fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Resolved | Self::Completed | Self::Cancelled | Self::Postmortem
        )
    }
}

/// Longer than any word of the lists, however it is spaced.
pub(super) const LONGEST: usize = 200;

/// `Major Service-Disruption ` → `major_service_disruption`, and the American `canceled` with two l.
pub(super) fn snake_case(text: &str) -> String {
    // What is longer is none of the words, and is not made one by being cut.
    let text = if text.len() > LONGEST { "" } else { text };
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .map(|word| match word.as_str() {
            "canceled" => "cancelled".to_owned(),
            _ => word,
        })
        .collect::<Vec<_>>()
        .join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_reads_back_as_itself() {
        for word in Category::ALL {
            assert_eq!(Category::read(word.as_str()), word);
        }
        for word in Status::ALL {
            assert_eq!(Status::read(word.as_str()), word);
        }
        for word in Indicator::ALL {
            assert_eq!(Indicator::read(word.as_str()), word);
        }
        for word in ComponentStatus::ALL {
            assert_eq!(ComponentStatus::read(word.as_str()), word);
        }
    }

    #[test]
    fn spacing_and_capitals_do_not_matter_and_unknown_words_are_other() {
        assert_eq!(
            Category::read("Major  Service-Disruption "),
            Category::MajorServiceDisruption
        );
        assert_eq!(Status::read("In Progress"), Status::InProgress);
        assert_eq!(Status::read("Canceled"), Status::Cancelled);
        assert_eq!(Status::read("Résolu"), Status::Other);
        assert_eq!(Category::read(""), Category::Other);
    }

    /// The rules of one alert: how bad it is, and whether it fires for the categories that its query
    /// lists or for all others.
    fn rules<'a>(alerts: &'a str, name: &str) -> Vec<(&'a str, bool, Vec<&'a str>)> {
        let head = format!("{name}\n");
        let rules = alerts
            .split("- alert: ")
            .filter(|rule| rule.starts_with(&head));
        let between = |rule: &'a str, before: &str, after: char| {
            let rest = rule.split_once(before).unwrap().1;
            rest.split(after).next().unwrap().trim()
        };
        rules
            .map(|rule| {
                let fires_for_listed = rule.contains("category=~\"");
                let listed = if fires_for_listed { "=~\"" } else { "!~\"" };
                let listed = between(rule, &format!("category{listed}"), '"');
                let severity = between(rule, "severity:", '\n');
                (severity, fires_for_listed, listed.split('|').collect())
            })
            .collect()
    }

    #[test]
    fn an_incident_on_a_cell_is_as_bad_as_the_alert_that_fires_for_its_category() {
        let alerts = std::fs::read_to_string("config/prometheus/okta.alerts.yml").unwrap();
        let rules = rules(&alerts, "OktaOrgIncident");
        assert_eq!(rules.len(), 2, "{rules:?}");
        for category in Category::OF_CELLS {
            let fires = rules.iter().filter(|(_, for_listed, listed)| {
                listed.contains(&category.as_str()) == *for_listed
            });
            let severities: Vec<&str> = fires.map(|(severity, ..)| *severity).collect();
            assert_eq!(
                severities,
                [category.severity_on_cell().as_str()],
                "{category:?}"
            );
        }
        // What is none of a cell's is counted as another, and fires as that.
        let other = Category::Other.severity_on_cell();
        assert_eq!(Category::Minor.severity_on_cell(), other);
    }

    #[test]
    fn only_a_known_word_closes_an_incident() {
        let closed: Vec<_> = Status::ALL.iter().filter(|s| !s.is_open()).collect();
        assert_eq!(
            closed,
            [
                &Status::Resolved,
                &Status::Completed,
                &Status::Cancelled,
                &Status::Postmortem
            ]
        );
        assert!(Status::read("whatever they invent next").is_open());
    }
}
