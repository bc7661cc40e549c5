//! The plan for people: tables whose columns are as wide as what stands in them.

use super::{
    demand::{Demand, Line, OrgDemand, Sum},
    needs::Needs,
};

const INDENT: &str = "  ";
const NOTHING: &str = "–";

/// The whole plan.
pub(super) fn text(demand: &Demand) -> String {
    let mut lines = vec![
        "What this configuration asks; nobody was asked.".to_owned(),
        format!("Settings from {}", demand.source),
    ];
    lines.extend(
        demand
            .warnings
            .iter()
            .map(|warning| format!("warning: {warning}")),
    );
    for org in &demand.orgs {
        lines.extend(of_org(org));
    }
    for (title, asked) in [
        ("Status pages", &demand.status_pages),
        ("Controls", &demand.controls),
    ] {
        if asked.is_empty() {
            continue;
        }
        let rows = asked.iter();
        let rows = rows.map(|line| vec![line.probe.clone(), an_hour(line.requests_an_hour)]);
        lines.extend([String::new(), title.to_owned()]);
        lines.extend(table(&["probe", "an hour"], rows));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn of_org(org: &OrgDemand) -> Vec<String> {
    let mut lines = vec![String::new(), format!("{}  {}", org.name, org.url)];
    let head = [
        "probe",
        "credential",
        "an hour",
        "bucket",
        "scope",
        "least role",
    ];
    let mut rows: Vec<(Vec<String>, f64)> = Vec::new();
    for line in &org.requests {
        let row = row(line);
        match rows.iter_mut().find(|(known, _)| *known == row) {
            Some((_, sum)) => *sum += line.requests_an_hour,
            None => rows.push((row, line.requests_an_hour)),
        }
    }
    let rows = rows.into_iter().map(|(mut row, sum)| {
        row.insert(2, an_hour(sum));
        row
    });
    lines.extend(table(&head, rows));
    lines.extend([String::new(), format!("{INDENT}By credential and bucket")]);
    let sum = |sum: &Sum| {
        let bucket = sum.bucket.as_deref().unwrap_or("not limited");
        vec![
            or_nothing(sum.credential.as_deref()),
            an_hour(sum.requests_an_hour),
            bucket.to_owned(),
        ]
    };
    lines.extend(table(
        &["credential", "an hour", "bucket"],
        org.sums.iter().map(sum),
    ));
    for needs in &org.credentials {
        lines.push(String::new());
        lines.extend(of_credential(needs));
    }
    lines
}

fn row(line: &Line) -> Vec<String> {
    let needed = line.permission;
    let bucket = line.bucket.as_deref().unwrap_or("not limited");
    vec![
        line.probe.clone(),
        or_nothing(line.credential.as_deref()),
        bucket.to_owned(),
        or_nothing(needed.and_then(|needed| needed.scope)),
        or_nothing(needed.map(|needed| needed.least_role)),
    ]
}

fn of_credential(needs: &Needs) -> Vec<String> {
    let listed = |words: &std::collections::BTreeSet<&str>| {
        let words: Vec<&str> = words.iter().copied().collect();
        if words.is_empty() {
            NOTHING.to_owned()
        } else {
            words.join(", ")
        }
    };
    let mut lines = vec![
        format!("{INDENT}{} ({}) needs in all", needs.credential, needs.is),
        format!(
            "{INDENT}{INDENT}scopes, of an access token: {}",
            listed(&needs.scopes)
        ),
        format!(
            "{INDENT}{INDENT}roles, at the least: {}",
            listed(&needs.least_roles)
        ),
    ];
    if !needs.not_asked_for.is_empty() {
        let lacking = listed(&needs.not_asked_for);
        lines.push(format!(
            "{INDENT}{INDENT}not among its `oauth.scopes`: {lacking}"
        ));
    }
    lines
}

fn or_nothing(text: Option<&str>) -> String {
    text.unwrap_or(NOTHING).to_owned()
}

fn an_hour(requests: f64) -> String {
    format!("{requests:.2}")
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

/// Rows below a head; a column of numbers stands to the right.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let head = head.iter().map(|title| (*title).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let is_number = |column: usize| {
        rows.first()
            .and_then(|head| head.get(column))
            .is_some_and(|title| title == "an hour")
    };
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            if is_number(column) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        let cells: Vec<String> = cells.collect();
        format!("{INDENT}{}", cells.join("  "))
            .trim_end()
            .to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_and_numbers_stand_to_the_right() {
        let rows = [["users", "60"], ["x", "0.25"]].map(|row| row.map(str::to_owned).to_vec());
        let told = table(&["probe", "an hour"], rows.into_iter());
        assert_eq!(
            told,
            ["  probe  an hour", "  users       60", "  x         0.25"]
        );
        assert_eq!([60.0, 0.5, 0.04].map(an_hour), ["60", "0.5", "0.04"]);
    }
}
