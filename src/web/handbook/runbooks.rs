//! The runbooks: a page for each alert, and the table of all.

use axum::{
    extract::Request,
    response::{Html, IntoResponse, Response},
};

use super::{markdown::markdown, shell::shell};
use crate::{
    guide::{RUNBOOKS, RUNBOOKS_INDEX},
    units::suggestion,
    web::{
        lost::{Missing, name_of},
        paths,
    },
};

pub(super) fn index() -> Html<String> {
    shell("runbooks", "../", &markdown(RUNBOOKS_INDEX))
}

pub(super) fn runbook(asked: &Request) -> Response {
    let name = name_of(asked.uri().path());
    if let Some(book) = RUNBOOKS.iter().find(|book| book.alert == name) {
        return shell(book.alert, "../", &markdown(book.text)).into_response();
    }
    let known: Vec<&str> = RUNBOOKS.iter().map(|book| book.alert).collect();
    let meant = suggestion(name, &known).map(|near| format!("{}{near}", paths::RUNBOOKS));
    Missing {
        what: format!("no alert with a runbook is named {name}"),
        meant,
        instead: vec![(paths::RUNBOOKS, "every runbook")],
    }
    .told_to(asked)
}
