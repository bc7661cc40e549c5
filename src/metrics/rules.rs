//! The rules every family obeys, checked by the tests of whoever declares one.

use super::family::{Family, Kind};

/// Labels that Prometheus, its operator in Kubernetes, or people put on every target: a series' own
/// would be moved aside (`exported_endpoint`), and rules would look at the wrong one.
const TAKEN: [&str; 12] = [
    "job",
    "instance",
    "namespace",
    "pod",
    "service",
    "container",
    "endpoint",
    "node",
    "cluster",
    "region",
    "env",
    "type",
];

/// Suffixes and labels that belong to the series a histogram or summary unfolds into.
const OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_count", "_sum"];
const OF_BUCKETS: [&str; 2] = ["le", "quantile"];

impl Family {
    /// What is wrong with this description; nothing, for one that may be shipped.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut rule = |kept: bool, broken: &str| {
            if !kept {
                problems.push(format!("{}: {broken}", self.name()));
            }
        };

        rule(is_snake_case(self.name()), "the name is not in snake_case");
        rule(
            self.name().ends_with("_total") == (self.kind() == Kind::Counter),
            "counters, and only they, end in _total",
        );
        rule(
            !OF_HISTOGRAMS
                .iter()
                .any(|suffix| self.name().ends_with(suffix)),
            "the suffix belongs to the parts of a histogram",
        );
        rule(
            self.help().len() > 1 && self.help().ends_with('.'),
            "the help is not a sentence",
        );
        rule(
            !self.help().contains('\n'),
            "the help is more than one line",
        );

        for (i, label) in self.labels().iter().enumerate() {
            let mut rule = |kept, broken: &str| rule(kept, &format!("label `{label}` {broken}"));
            rule(is_snake_case(label), "is not in snake_case");
            rule(
                !TAKEN.contains(label),
                "collides with a label of the target",
            );
            rule(
                !OF_BUCKETS.contains(label),
                "belongs to the parts of a histogram",
            );
            rule(
                !self.labels().iter().take(i).any(|other| other == label),
                "is named twice",
            );
        }
        problems
    }
}

fn is_snake_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_that_keeps_the_rules_has_no_problems() {
        for family in [
            Family::gauge("okta_org_up", "Discovery answered.", &["org"]),
            Family::counter("okta_requests_total", "Answers.", &["org", "code"]),
            Family::histogram("okta_request_duration_seconds", "To the last byte.", &[]),
        ] {
            assert_eq!(family.problems(), Vec::<String>::new());
        }
    }

    #[test]
    fn each_broken_rule_is_told_with_the_family_s_name() {
        let told = |family: Family| family.problems().join("; ");
        for (family, problem) in [
            (
                Family::gauge("okta-up", "Up.", &[]),
                "okta-up: the name is not in snake_case",
            ),
            (
                Family::gauge("up_total", "Up.", &[]),
                "up_total: counters, and only they, end in _total",
            ),
            (
                Family::counter("runs", "Runs.", &[]),
                "runs: counters, and only they, end in _total",
            ),
            (
                Family::gauge("a_count", "A.", &[]),
                "a_count: the suffix belongs to the parts of a histogram",
            ),
            (
                Family::gauge("up", "Up", &[]),
                "up: the help is not a sentence",
            ),
            (
                Family::gauge("up", "", &[]),
                "up: the help is not a sentence",
            ),
            (
                Family::gauge("up", "Up\n.", &[]),
                "up: the help is more than one line",
            ),
            (
                Family::gauge("up", "Up.", &["Org"]),
                "up: label `Org` is not in snake_case",
            ),
            (
                Family::gauge("up", "Up.", &["__org"]),
                "up: label `__org` is not in snake_case",
            ),
            (
                Family::gauge("up", "Up.", &["type"]),
                "up: label `type` collides with a label of the target",
            ),
            (
                Family::gauge("up", "Up.", &["endpoint"]),
                "up: label `endpoint` collides with a label of the target",
            ),
            (
                Family::gauge("up", "Up.", &["le"]),
                "up: label `le` belongs to the parts of a histogram",
            ),
            (
                Family::gauge("up", "Up.", &["a", "a"]),
                "up: label `a` is named twice",
            ),
        ] {
            assert_eq!(told(family), problem);
        }
    }
}
