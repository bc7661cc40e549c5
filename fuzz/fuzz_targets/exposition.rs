//! The page of metrics: a parser that knows nothing of ours reads back what was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okta_exporter::metrics::{Family, Page};

const FAMILY: Family = Family::gauge("okta_fuzz", "A family.", &["org", "scope"]);

/// The label values and the value of a line, by the text format of Prometheus.
fn parse(line: &str) -> Option<(Vec<String>, f64)> {
    let mut rest = line.strip_prefix("okta_fuzz")?.chars().peekable();
    let mut labels = Vec::new();
    if rest.peek() == Some(&'{') {
        while matches!(rest.next()?, '{' | ',') {
            let name: String = rest.by_ref().take_while(|c| *c != '=').collect();
            assert!(["org", "scope"].contains(&name.as_str()), "{name}");
            assert_eq!(rest.next(), Some('"'));
            let mut value = String::new();
            loop {
                match rest.next()? {
                    '"' => break,
                    '\\' => value.push(match rest.next()? {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        other => panic!("\\{other}"),
                    }),
                    c => value.push(c),
                }
            }
            labels.push(value);
            if rest.peek() == Some(&'}') {
                rest.next();
                break;
            }
        }
    }
    let value: String = rest.collect();
    Some((labels, value.strip_prefix(' ')?.parse().ok()?))
}

fuzz_target!(|written: (&str, &str, f64)| {
    let (org, scope, value) = written;
    let mut page = Page::new();
    page.push(&FAMILY, &[org, scope], value);
    let text = page.text();
    let mut series = text.split('\n').filter(|line| !line.starts_with('#') && !line.is_empty());
    let (labels, read) = parse(series.next().expect("a series")).expect("a series");
    assert_eq!(series.next(), None);
    let expected: Vec<&str> = [org, scope].into_iter().filter(|label| !label.is_empty()).collect();
    assert_eq!(labels, expected);
    assert!(read == value || (read.is_nan() && value.is_nan()));
});
