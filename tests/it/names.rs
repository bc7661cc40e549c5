use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use okta_exporter::{
    fleet,
    metrics::{Family, Kind, process},
    web,
};
use serde_json::Value;

use crate::support::{
    dashboard::{Board, boards},
    promql::{self, Names},
};

/// Metrics that no panel shows and no rule uses, each with the reason why that is right.
const EXCUSED: [(&str, &str); 5] = [
    (
        "okta_jwks_unknown_keys",
        "harms nobody: it says that a newer version of this program would know more of the set",
    ),
    (
        "okta_token_not_before_timestamp_seconds",
        "it matters only while a token is refused, and then the log line and the page tell of it",
    ),
    (
        "okta_exporter_http_connections_displaced_total",
        "clients that take all connections are seen by it, and watching goes on all the same",
    ),
    (
        "okta_exporter_keeper_breakdowns_total",
        "it stays 0 but for a fault of the exporter, which the log and `/-/healthy` tell",
    ),
    (
        "okta_exporter_log_lines_dropped_total",
        "who reads the log misses lines there, and series lose nothing by it",
    ),
];

/// Words of the documentation that look like metrics: the crate, a section of `diagnose`'s report, a
/// member of `/api/v1/status`.
const NO_METRICS: [&str; 3] = ["okta_exporter", "okta_status", "okta_time"];

/// What Prometheus itself writes of a target, and its alerts.
const PROMETHEUS: [&str; 4] = ["up", "scrape_samples_scraped", "ALERTS", "ALERTS_FOR_STATE"];

/// What is usual in an org is the mean of so long, whatever range is shown: the alert has it so.
const USUAL: &str = "6h";

fn families() -> Vec<&'static Family> {
    let build = vec![&process::BUILD_INFO];
    [fleet::families(), web::families(), build].concat()
}

/// Everything that can be named: each metric, or recording rule, with its labels.
struct Known(BTreeMap<String, BTreeSet<String>>);

impl Known {
    fn all() -> Self {
        let mut known = BTreeMap::new();
        for family in families() {
            let mut labels: BTreeSet<String> =
                family.labels().iter().map(|&label| label.into()).collect();
            labels.extend(["job".to_owned(), "instance".to_owned()]);
            if family.kind() == Kind::Histogram {
                for suffix in ["sum", "count"] {
                    known.insert(format!("{}_{suffix}", family.name()), labels.clone());
                }
                labels.insert("le".to_owned());
                known.insert(format!("{}_bucket", family.name()), labels);
            } else {
                known.insert(family.name().to_owned(), labels);
            }
        }
        let mut known = Self(known);
        // A rule's labels are among those of what it is made of; one rule may use another above it.
        for (record, expression) in rules().into_iter().filter(|(record, _)| !record.is_empty()) {
            let labels = known.labels(&promql::names(&expression));
            known.0.insert(record, labels);
        }
        known
    }

    /// All labels of the series that an expression mentions.
    fn labels(&self, names: &Names) -> BTreeSet<String> {
        let mentioned = names.mentions.iter().filter_map(|m| self.0.get(&m.name));
        mentioned.flatten().cloned().collect()
    }

    /// What is wrong with the names in an expression.
    fn problems(&self, names: &Names, legend: &[String]) -> Vec<String> {
        let mut problems = Vec::new();
        let foreign = |name: &str| PROMETHEUS.contains(&name) || name.starts_with("process_");
        for mention in names.mentions.iter().filter(|m| !foreign(&m.name)) {
            let Some(labels) = self.0.get(&mention.name) else {
                problems.push(format!("there is no metric `{}`", mention.name));
                continue;
            };
            for (label, _, _) in &mention.matchers {
                if !labels.contains(label) {
                    problems.push(format!("`{}` has no label `{label}`", mention.name));
                }
            }
        }
        if names.mentions.iter().all(|m| self.0.contains_key(&m.name)) {
            let mut labels = self.labels(names);
            labels.extend(names.made.iter().cloned());
            let asked = names.grouped.iter().chain(legend);
            for label in asked.filter(|label| !labels.contains(*label)) {
                problems.push(format!("nothing in it has the label `{label}`"));
            }
        }
        problems
    }

    /// What is wrong with a name in prose: `okta_jwks_*` stands for all that begin so, and a
    /// histogram is called by its family's name where it is not queried.
    fn problem_in_prose(&self, name: &str, after: &str) -> Option<String> {
        let exists = if after.starts_with('*') {
            self.0.keys().any(|known| known.starts_with(name))
        } else {
            self.0.contains_key(name) || self.0.contains_key(&format!("{name}_bucket"))
        };
        if !exists {
            return Some(format!("there is no metric `{name}`"));
        }
        let (matchers, _) = after.strip_prefix('{')?.split_once('}')?;
        let names = promql::names(&format!("{name}{{{matchers}}}"));
        self.problems(&names, &[]).into_iter().next()
    }
}

/// Each rule of config/prometheus: the name it records, if any, and its expression.
fn rules() -> Vec<(String, String)> {
    let mut rules = Vec::new();
    // Recording rules first: alerts use them.
    for file in ["okta.rules.yml", "okta.alerts.yml"] {
        let text = fs::read_to_string(format!("config/prometheus/{file}")).unwrap();
        let source = config::File::from_str(&text, config::FileFormat::Yaml);
        let read = config::Config::builder()
            .add_source(source)
            .build()
            .unwrap();
        let groups: Vec<Value> = read.get("groups").unwrap();
        for rule in groups
            .iter()
            .flat_map(|group| group["rules"].as_array().unwrap())
        {
            let text = |key: &str| rule[key].as_str().unwrap_or_default().to_owned();
            rules.push((text("record"), text("expr")));
        }
    }
    assert!(rules.len() > 10, "the test has lost its eyes: {rules:?}");
    rules
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![PathBuf::from("README.md")];
    let mut directories = vec![PathBuf::from("docs")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

#[test]
fn every_name_in_a_panel_exists_with_its_labels() {
    let known = Known::all();
    let mut problems = Vec::new();
    for query in boards().iter().flat_map(Board::queries) {
        let names = promql::names(&query.written);
        let place = &query.place;
        problems.extend(
            known
                .problems(&names, &query.legend)
                .iter()
                .map(|p| format!("{place}: {p}")),
        );
        for mention in names
            .mentions
            .iter()
            .filter(|m| m.name.starts_with("okta_"))
        {
            for label in ["job", "instance", "org"] {
                let variable = format!("${label}");
                let chosen = mention.matchers.iter().any(|(name, is, value)| {
                    // `$org|` takes in what belongs to no org: status pages.
                    name == label && is == "=~" && value.trim_end_matches('|') == variable
                });
                let can = known
                    .0
                    .get(&mention.name)
                    .is_some_and(|labels| labels.contains(label));
                if can && !chosen {
                    problems.push(format!(
                        "{place}: `{}` wants {label}=~\"{variable}\"",
                        mention.name
                    ));
                }
            }
        }
        let range = if query.instant {
            "$__range"
        } else {
            "$__rate_interval"
        };
        let other = |written: &&String| *written != range && *written != USUAL;
        for written in names.ranges.iter().filter(other) {
            problems.push(format!("{place}: [{written}] should be [{range}]"));
        }
    }
    for Board { file, json } in boards() {
        // The others choose the source, or are written.
        let variables = json["templating"]["list"].as_array().unwrap();
        for variable in variables.iter().filter(|v| v["type"] == "query") {
            let query = variable["query"]["query"].as_str().unwrap();
            assert_eq!(variable["definition"], query, "{file}");
            let asked = query
                .strip_prefix("label_values(")
                .unwrap()
                .trim_end_matches(')');
            let (series, label) = asked.rsplit_once(", ").unwrap();
            let wrong = known.problems(&promql::names(series), &[label.to_owned()]);
            problems.extend(wrong.iter().map(|p| format!("{file}: {query}: {p}")));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_name_in_a_rule_exists_with_its_labels() {
    let known = Known::all();
    let mut problems = Vec::new();
    for (record, expression) in rules() {
        let wrong = known.problems(&promql::names(&expression), &[]);
        problems.extend(wrong.iter().map(|p| format!("{record} {expression}: {p}")));
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_name_in_the_documentation_exists_with_its_labels() {
    let known = Known::all();
    let mut problems = Vec::new();
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for (name, after) in metrics_in(&text) {
            seen += 1;
            let wrong = known.problem_in_prose(name, after);
            problems.extend(wrong.map(|wrong| format!("{}: {wrong}", page.display())));
        }
    }
    assert!(seen > 50, "the test has lost its eyes: {seen}");
    assert!(problems.is_empty(), "{problems:#?}");
}

/// The words of a text that name a metric or a recording rule, each with the text behind it.
fn metrics_in(text: &str) -> Vec<(&str, &str)> {
    let inside = |c: char| c.is_ascii_alphanumeric() || "_:".contains(c);
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(inside) {
        let (word, after) = match rest[start..].find(|c| !inside(c)) {
            Some(length) => rest[start..].split_at(length),
            None => (&rest[start..], ""),
        };
        rest = after;
        let name = word.trim_end_matches(':');
        let metric = name.rsplit(':').any(|part| part.starts_with("okta_"));
        if metric && !NO_METRICS.contains(&name) {
            found.push((name, after));
        }
    }
    found
}

#[test]
fn every_metric_is_shown_or_used_or_excused() {
    let queries = boards().into_iter().flat_map(|board| board.queries());
    let expressions = queries
        .map(|query| query.written)
        .chain(rules().into_iter().map(|(_, e)| e));
    let used: BTreeSet<String> = expressions
        .flat_map(|expression| promql::names(&expression).mentions)
        .map(|mention| mention.name)
        .collect();
    let mut problems = Vec::new();
    for family in families() {
        let name = family.name();
        let is_used = match family.kind() {
            Kind::Histogram => used.contains(&format!("{name}_bucket")),
            _ => used.contains(name),
        };
        let excused = EXCUSED.iter().any(|(excused, _)| *excused == name);
        if !is_used && !excused {
            problems.push(format!(
                "{name} is on no dashboard and in no rule: give it a panel in dashboards/ (the query must \
                 yield something on the demo), or excuse it, with the reason, in tests/it/names.rs"
            ));
        }
        if is_used && excused {
            problems.push(format!(
                "{name} is used and needs no excuse in tests/it/names.rs"
            ));
        }
    }
    for (excused, reason) in EXCUSED {
        let known = Known::all().0;
        let exists =
            known.contains_key(excused) || known.contains_key(&format!("{excused}_bucket"));
        if !exists || reason.len() < 20 {
            problems.push(format!(
                "{excused}: an excuse for nothing, or one without a reason"
            ));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
