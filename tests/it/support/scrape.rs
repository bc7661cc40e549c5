//! A scraped page, taken apart.

use std::{collections::BTreeMap, fmt};

/// A scraped page. Series are named as in PromQL: `name{label="value"}`; labels left out match any.
#[derive(Debug, Clone)]
pub struct Scrape {
    text: String,
    series: Vec<Series>,
}

/// One series of a page.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Series {
    /// True for a counter, and for the parts of a histogram.
    pub fn is_counter(&self) -> bool {
        let ends = ["_total", "_bucket", "_count", "_sum"];
        ends.iter().any(|end| self.name.ends_with(end))
    }

    /// What selects it, and it alone.
    pub fn selector(&self) -> String {
        let label = |(name, value): (&String, &String)| format!("{name}=\"{value}\"");
        let labels: Vec<String> = self.labels.iter().map(label).collect();
        format!("{}{{{}}}", self.name, labels.join(","))
    }
}

impl Scrape {
    /// Scrapes `/metrics` of the exporter at this URL.
    pub async fn of(url: &str) -> Self {
        let answer = super::get(&format!("{url}/metrics")).await;
        assert_eq!(answer.status(), 200);
        Self::parse(answer.text().await.unwrap())
    }

    /// A page by its text.
    pub fn parse(text: String) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines
            .map(|line| {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let (name, labels) = split(series);
                let value = value.parse().unwrap();
                Series {
                    name,
                    labels,
                    value,
                }
            })
            .collect();
        Self { text, series }
    }

    /// Every series.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The value of the one series that fits; `None` where there is none.
    pub fn get(&self, selector: &str) -> Option<f64> {
        let found = self.all(selector);
        assert!(found.len() < 2, "{selector} is not one series:\n{self}");
        found.first().copied()
    }

    /// The value of the one series that fits.
    pub fn value(&self, selector: &str) -> f64 {
        self.get(selector)
            .unwrap_or_else(|| panic!("no {selector}:\n{self}"))
    }

    /// The values of all series that fit.
    pub fn all(&self, selector: &str) -> Vec<f64> {
        let (name, labels) = split(selector);
        let fits = |series: &&Series| {
            let has = |(label, value)| series.labels.get(label) == Some(value);
            series.name == name && labels.iter().all(has)
        };
        self.series.iter().filter(fits).map(|s| s.value).collect()
    }

    /// The sum of all series that fit.
    pub fn sum(&self, selector: &str) -> f64 {
        self.all(selector).iter().sum()
    }

    /// True if some series' name begins so.
    pub fn has_any(&self, prefix: &str) -> bool {
        self.series.iter().any(|s| s.name.starts_with(prefix))
    }
}

impl fmt::Display for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Name and labels of a series, whatever stands in a label's value.
fn split(series: &str) -> (String, BTreeMap<String, String>) {
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let mut rest = labels.strip_suffix('}').unwrap();
    let mut pairs = BTreeMap::new();
    while let Some((label, quoted)) = rest.split_once("=\"") {
        let mut is_escaped = false;
        let end = quoted.find(|c| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        let (value, after) = quoted.split_at(end.unwrap());
        pairs.insert(label.trim_start_matches(',').to_owned(), value.to_owned());
        rest = &after[1..];
    }
    (name.to_owned(), pairs)
}
