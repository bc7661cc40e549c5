//! `/api/v1/status`: what the page shows, for programs. What it says is told by `docs/status-api.md`.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{
    fleet::Board,
    units::{Name, Timestamp, head, is_hidden},
};

/// The most orgs that are named to who asks for one that is not there.
const MOST_NAMED: usize = 50;
/// How much of what was asked for is told back.
const LONGEST: usize = 64;

/// What is asked for, besides everything.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked<'a> {
    /// These orgs alone; none stands for all.
    orgs: BTreeSet<&'a str>,
    /// The last three days as well.
    past: bool,
}

pub(super) async fn status(
    State(board): State<Arc<Board>>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Response {
    let Asked { orgs, past } = Asked::read(&asked);
    let now = Timestamp::now();
    let mut view = if orgs.is_empty() {
        board.view(now)
    } else {
        let there = board.orgs();
        let is_there = |org: &&str| there.iter().any(|name| name.as_str() == *org);
        if let Some(unknown) = orgs.iter().find(|org| !is_there(org)) {
            return (StatusCode::NOT_FOUND, no_such_org(unknown, &there)).into_response();
        }
        let is_wanted = |org: Option<&Name>| org.is_some_and(|org| orgs.contains(org.as_str()));
        board.view_of(now, is_wanted)
    };
    if !past {
        view.forget_past();
    }
    Json(view).into_response()
}

impl<'a> Asked<'a> {
    /// `org` names one or several, with commas between; `past=true` asks for the past. What else is
    /// there is nobody's.
    fn read(query: &'a [(String, String)]) -> Self {
        let of = |wanted: &'static str| {
            let pairs = query.iter().filter(move |(name, _)| name == wanted);
            pairs.map(|(_, value)| value.as_str())
        };
        let orgs = of("org").flat_map(|value| value.split(',')).map(str::trim);
        Self {
            orgs: orgs.filter(|org| !org.is_empty()).collect(),
            past: of("past").any(|value| value == "true"),
        }
    }
}

fn no_such_org(asked: &str, there: &BTreeSet<Name>) -> String {
    let asked: String = head(asked, LONGEST)
        .chars()
        .filter(|c| !is_hidden(*c))
        .collect();
    let named: Vec<&str> = there.iter().take(MOST_NAMED).map(Name::as_str).collect();
    let more = match there.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let named = match named.join(", ") {
        none if none.is_empty() => "there is none".to_owned(),
        named => format!("there are {named}{more}"),
    };
    format!("there is no org `{asked}` here: {named}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn orgs_are_named_one_by_one_or_with_commas_between() {
        let pairs = query(&[("org", "a, b"), ("org", "c"), ("org", ""), ("x", "d")]);
        let asked = Asked::read(&pairs);
        assert_eq!(asked.orgs, ["a", "b", "c"].into());
        assert!(!asked.past);
        assert!(Asked::read(&query(&[("past", "true")])).past);
        assert_eq!(Asked::read(&[]), Asked::default());
    }

    #[test]
    fn who_asks_for_an_org_that_is_not_there_is_told_which_are() {
        let there: BTreeSet<Name> = (0..52)
            .map(|n| format!("o{n:02}").parse().unwrap())
            .collect();
        let told = no_such_org("x\u{202e}y\n", &there);
        assert!(
            told.starts_with("there is no org `xy` here: there are o00, o01, "),
            "{told}"
        );
        assert!(told.ends_with("o49, and 2 more\n"), "{told}");
        let none = no_such_org(&"x".repeat(1_000), &BTreeSet::new());
        assert!(
            none.len() < 120 && none.ends_with("there is none\n"),
            "{none}"
        );
    }
}
