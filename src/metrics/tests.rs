//! The page as a reader of its text sees it.

use std::collections::BTreeMap;

use prometheus::{TextEncoder, proto};
use proptest::prelude::*;

use super::{Family, Histogram, Page};

const LEFT: Family = Family::gauge(
    "okta_rate_limit_remaining",
    "Requests left in the window.",
    &["org", "bucket"],
);
const RUNS: Family = Family::counter(
    "okta_probe_runs_total",
    "Runs \\ starts.",
    &["org", "probe"],
);
const TOOK: Family = Family::histogram(
    "okta_request_duration_seconds",
    "To the last byte.",
    &["org"],
);
const RELOADED: Family = Family::gauge(
    "okta_exporter_config_last_reload_successful",
    "1 or 0.",
    &[],
);

#[test]
fn a_small_page() {
    let mut page = Page::new();
    page.push(&LEFT, &["acme", "/api/v1/users"], 580.0);
    page.push(&LEFT, &["acme", "/api/v1/apps/{id}"], 99.5);
    page.push(&RUNS, &["acme", "discovery"], 1_234_567_890.0);
    page.push(&RUNS, &["", "status_page/\"okta\""], 1.0);
    page.push(&RELOADED, &[], 1.0);
    let mut took = Histogram::new(&[0.1, 2.5]);
    for seconds in [0.05, 0.2, 30.0] {
        took.observe(seconds);
    }
    page.histogram(&TOOK, &["acme"], &took);
    page.histogram(&TOOK, &[""], &Histogram::new(&[0.1]));
    insta::assert_snapshot!(page.text(), @r#"
    # HELP okta_exporter_config_last_reload_successful 1 or 0.
    # TYPE okta_exporter_config_last_reload_successful gauge
    okta_exporter_config_last_reload_successful 1
    # HELP okta_probe_runs_total Runs \\ starts.
    # TYPE okta_probe_runs_total counter
    okta_probe_runs_total{org="acme",probe="discovery"} 1234567890
    okta_probe_runs_total{probe="status_page/\"okta\""} 1
    # HELP okta_rate_limit_remaining Requests left in the window.
    # TYPE okta_rate_limit_remaining gauge
    okta_rate_limit_remaining{org="acme",bucket="/api/v1/users"} 580
    okta_rate_limit_remaining{org="acme",bucket="/api/v1/apps/{id}"} 99.5
    # HELP okta_request_duration_seconds To the last byte.
    # TYPE okta_request_duration_seconds histogram
    okta_request_duration_seconds_bucket{org="acme",le="0.1"} 1
    okta_request_duration_seconds_bucket{org="acme",le="2.5"} 2
    okta_request_duration_seconds_bucket{org="acme",le="+Inf"} 3
    okta_request_duration_seconds_sum{org="acme"} 30.25
    okta_request_duration_seconds_count{org="acme"} 3
    okta_request_duration_seconds_bucket{le="0.1"} 0
    okta_request_duration_seconds_bucket{le="+Inf"} 0
    okta_request_duration_seconds_sum 0
    okta_request_duration_seconds_count 0
    "#);
}

#[test]
fn a_page_with_nothing_on_it_is_empty() {
    assert_eq!(Page::new().text(), "");
}

#[test]
fn what_is_unknown_is_absent_down_to_the_header() {
    let mut page = Page::new();
    page.push_some(&LEFT, &["acme", "x"], None);
    page.push_some(&RELOADED, &[], Some(0.0));
    let text = page.text();
    assert!(!text.contains(LEFT.name()), "{text}");
    assert!(
        text.ends_with("\nokta_exporter_config_last_reload_successful 0\n"),
        "{text}"
    );
}

#[test]
fn a_series_drawn_twice_stands_once_with_its_first_value() {
    let mut page = Page::new();
    page.push(&LEFT, &["acme", "x"], 1.0);
    page.push(&LEFT, &["acme", "x"], 2.0);
    page.push(&LEFT, &["acme", "y"], 3.0);
    let mut took = Histogram::new(&[0.1]);
    page.histogram(&TOOK, &["acme"], &took);
    took.observe(1.0);
    page.histogram(&TOOK, &["acme"], &took);
    let series = read(&page.text());
    assert_eq!(
        series.iter().filter(|one| one.name == LEFT.name()).count(),
        2
    );
    assert_eq!(series.first().unwrap().value, "1");
    assert_eq!(
        series.last().unwrap().value,
        "0",
        "the first histogram's count"
    );
    assert_eq!(series.len(), 2 + 4);
}

#[test]
fn values_that_are_no_numbers_are_written_as_prometheus_reads_them() {
    for (value, written) in [
        (f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
        (-0.5, "-0.5"),
        (1_785_600_060.123, "1785600060.123"),
    ] {
        let mut page = Page::new();
        page.push(&RELOADED, &[], value);
        assert_eq!(read(&page.text()).first().unwrap().value, written);
    }
}

#[test]
fn what_the_crate_collected_joins_the_page_but_replaces_nothing() {
    let first = Family::gauge("a_first", "First.", &[]);
    let families = || {
        vec![
            model(&RELOADED, [(vec![], 7.0)]),
            model(&first, [(vec![], 2.0)]),
        ]
    };
    let mut page = Page::new();
    page.push(&RELOADED, &[], 1.0);
    page.absorb(families());
    page.absorb(families());
    page.absorb(vec![proto::MetricFamily::default()]);
    let drawn: Vec<_> = read(&page.text())
        .into_iter()
        .map(|one| (one.name, one.value))
        .collect();
    let expected = [("a_first", "2"), (RELOADED.name(), "1")];
    assert_eq!(
        drawn,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn a_family_the_crate_cannot_encode_is_left_out() {
    let mut untyped = model(&RELOADED, [(vec![], 1.0)]);
    untyped.set_field_type(proto::MetricType::UNTYPED);
    let mut page = Page::new();
    page.absorb(vec![untyped]);
    assert_eq!(page.text(), "");
}

/// The other half of the rule is below: in a debug build it panics.
#[test]
#[cfg(not(debug_assertions))]
fn a_series_that_does_not_fit_its_family_is_left_out_of_a_release_build() {
    let mut page = Page::new();
    page.push(&LEFT, &["acme"], 1.0);
    page.push(&TOOK, &["acme"], 1.0);
    page.histogram(&LEFT, &["acme", "x"], &Histogram::new(&[0.1]));
    assert_eq!(page.text(), "");
}

#[test]
#[should_panic(expected = "not one value and 1 labels")]
#[cfg(debug_assertions)]
fn a_forgotten_label_is_loud_while_developing() {
    Page::new().push(&LEFT, &["acme"], 1.0);
}

proptest! {
    /// Any text, with the characters that matter to the format more often than chance has it.
    #[test]
    fn any_label_value_is_read_back_as_it_was(
        org in r#"(\PC|[\\"\n\r\t{},= #]|\\n)*"#,
        bucket in any::<String>(),
        value in any::<f64>(),
    ) {
        let mut page = Page::new();
        page.push(&LEFT, &[&org, &bucket], value);
        let series = read(&page.text());
        prop_assert_eq!(series.len(), 1);
        let one = series.first().unwrap();
        let expected: BTreeMap<_, _> = [("org", &org), ("bucket", &bucket)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect();
        prop_assert_eq!(&one.labels, &expected);
        let read_value: f64 = one.value.parse().unwrap();
        prop_assert!(read_value.to_bits() == value.to_bits() || value.is_nan() && read_value.is_nan());
    }

    #[test]
    fn the_text_is_what_the_prometheus_crate_would_write(
        drawn in proptest::collection::btree_map((".+", ".+"), -1e12..1e12, 1..9),
    ) {
        let mut page = Page::new();
        for ((org, bucket), value) in &drawn {
            page.push(&LEFT, &[org, bucket], *value);
        }
        let series = drawn.iter().map(|((org, bucket), value)| (vec![org.as_str(), bucket], *value));
        let theirs = TextEncoder::new().encode_to_string(&[model(&LEFT, series)]);
        prop_assert_eq!(page.text(), theirs.unwrap());
    }
}

/// The `prometheus` crate's own model of a gauge.
fn model<'a>(
    family: &Family,
    series: impl IntoIterator<Item = (Vec<&'a str>, f64)>,
) -> proto::MetricFamily {
    let pair = |(name, value): (&&str, &str)| {
        let mut pair = proto::LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value(value.to_owned());
        pair
    };
    let metric = |(values, value): (Vec<&str>, f64)| {
        let mut gauge = proto::Gauge::default();
        gauge.set_value(value);
        let mut metric = proto::Metric::from_gauge(gauge);
        metric.set_label(family.labels().iter().zip(values).map(pair).collect());
        metric
    };
    let mut model = proto::MetricFamily::default();
    model.set_name(family.name().to_owned());
    model.set_help(family.help().to_owned());
    model.set_field_type(proto::MetricType::GAUGE);
    model.set_metric(series.into_iter().map(metric).collect());
    model
}

/// One line of the text, read back.
#[derive(Debug)]
struct Series {
    name: String,
    labels: BTreeMap<String, String>,
    value: String,
}

/// Reads the text as the format's description has it, without the code that wrote it.
fn read(text: &str) -> Vec<Series> {
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "the last line has no end: {text:?}"
    );
    text.split_terminator('\n')
        .filter(|line| !line.starts_with('#'))
        .map(read_line)
        .collect()
}

fn read_line(line: &str) -> Series {
    let (name, mut rest) = line.split_at(line.find(['{', ' ']).expect(line));
    let mut labels = BTreeMap::new();
    while let Some(pair) = rest.strip_prefix(['{', ',']) {
        let (label, quoted) = pair.split_once("=\"").expect(line);
        let mut value = String::new();
        let mut chars = quoted.chars();
        loop {
            match chars.next().expect(line) {
                '"' => break,
                '\\' => value.push(match chars.next().expect(line) {
                    'n' => '\n',
                    other => other,
                }),
                plain => value.push(plain),
            }
        }
        assert!(
            labels.insert(label.to_owned(), value).is_none(),
            "{label} twice in {line}"
        );
        rest = chars.as_str();
        rest = rest.strip_prefix('}').unwrap_or(rest);
    }
    let value = rest.strip_prefix(' ').expect(line).to_owned();
    Series {
        name: name.to_owned(),
        labels,
        value,
    }
}
