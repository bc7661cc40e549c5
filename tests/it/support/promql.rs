//! PromQL read as far as names go: which series an expression mentions, by which labels it groups.
//! That it is PromQL at all is for Prometheus to say.

/// One mention of a series: its name and its label matchers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The metric, or the recording rule.
    pub name: String,
    /// Label, operator and value of each matcher.
    pub matchers: Vec<(String, String, String)>,
}

/// What an expression names.
#[derive(Debug, Default)]
pub struct Names {
    /// The series, in order.
    pub mentions: Vec<Mention>,
    /// The labels of `by`, `without`, `on`, `ignoring` and `group_…`.
    pub grouped: Vec<String>,
    /// The labels that `label_replace` and `label_join` make up.
    pub made: Vec<String>,
    /// What stands in brackets behind a series.
    pub ranges: Vec<String>,
}

/// Words before a list of labels.
const GROUPING: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];

/// Words that stand where a series could and are none. Functions are known by their parenthesis.
const WORDS: [&str; 22] = [
    "and",
    "or",
    "unless",
    "offset",
    "bool",
    "inf",
    "nan",
    "start",
    "end",
    "sum",
    "min",
    "max",
    "avg",
    "group",
    "count",
    "count_values",
    "topk",
    "bottomk",
    "quantile",
    "stddev",
    "stdvar",
    "atan2",
];

/// Reads an expression.
pub fn names(expression: &str) -> Names {
    let tokens = tokens(expression);
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut names = Names::default();
    let mut at = 0;
    while at < tokens.len() {
        let word = token(at);
        at += 1;
        if word == "[" {
            let end = (at..tokens.len()).find(|i| token(*i) == "]").unwrap();
            names.ranges.push(tokens[at..end].concat());
            at = end + 1;
        } else if !is_name(word) {
        } else if GROUPING.contains(&word) {
            if token(at) == "(" {
                let end = (at..tokens.len()).find(|i| token(*i) == ")").unwrap();
                let labels = tokens[at + 1..end].iter().filter(|t| *t != ",");
                names.grouped.extend(labels.cloned());
                at = end + 1;
            }
        } else if token(at) == "(" {
            if ["label_replace", "label_join"].contains(&word) {
                names.made.extend(made(&tokens[at..]));
            }
        } else if !WORDS.contains(&word) {
            let mut matchers = Vec::new();
            if token(at) == "{" {
                at += 1;
                while token(at) != "}" {
                    assert!(at < tokens.len(), "no `}}` in {expression}");
                    if token(at) != "," {
                        let unquoted = token(at + 2).trim_matches(['"', '\'', '`']);
                        let matcher = (token(at), token(at + 1), unquoted);
                        matchers.push((matcher.0.into(), matcher.1.into(), matcher.2.into()));
                        at += 2;
                    }
                    at += 1;
                }
                at += 1;
            }
            let name = word.to_owned();
            names.mentions.push(Mention { name, matchers });
        }
    }
    names
}

/// The label that a call of `label_replace` or `label_join` makes: its second argument.
fn made(call: &[String]) -> Option<String> {
    let mut depth = 0;
    for (at, token) in call.iter().enumerate() {
        match token.as_str() {
            "(" | "{" => depth += 1,
            ")" | "}" => depth -= 1,
            "," if depth == 1 => return Some(call[at + 1].trim_matches('"').to_owned()),
            _ => {}
        }
    }
    None
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':')
}

/// Names, numbers, quoted strings and operators. `$x` is a word: Grafana fills it in.
fn tokens(expression: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if ['"', '\'', '`'].contains(&first) {
            let close = rest[1..].find(first);
            close.unwrap_or_else(|| panic!("an open quote in {expression}")) + 2
        } else if first.is_ascii_alphanumeric() || "_:$".contains(first) {
            let inside = |c: char| c.is_ascii_alphanumeric() || "_:$.".contains(c);
            rest.find(|c| !inside(c)).unwrap_or(rest.len())
        } else if ["=~", "!~", "!=", "==", ">=", "<="]
            .iter()
            .any(|two| rest.starts_with(two))
        {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

#[test]
fn an_expression_is_read() {
    let names = names(
        r#"sum by (org, le) (rate(a_bucket{org=~"$org|",x!="by (y)"}[$__rate_interval])) * on (org) group_left () label_replace(b:c:d or vector(1) offset 5m, "kind", "z", "", "") > 0.9"#,
    );
    let seen: Vec<&str> = names.mentions.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(seen, ["a_bucket", "b:c:d"]);
    let matcher = |label: &str, is: &str, value: &str| (label.into(), is.into(), value.into());
    assert_eq!(
        names.mentions[0].matchers,
        [matcher("org", "=~", "$org|"), matcher("x", "!=", "by (y)")]
    );
    assert_eq!(names.grouped, ["org", "le", "org"]);
    assert_eq!(names.ranges, ["$__rate_interval"]);
    assert_eq!(names.made, ["kind"]);
}
