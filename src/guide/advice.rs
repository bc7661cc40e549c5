//! A case as log lines, pages and programs read it.

use serde::Serialize;

use super::case::{Case, Risk};

/// What to know and do about a trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The case's stable name.
    pub case: &'static str,
    /// The most likely cause.
    pub cause: &'static str,
    /// What to do next.
    pub next: &'static str,
    /// How long that takes.
    pub takes: &'static str,
    /// What the fix may break.
    pub risk: Risk,
    /// Where the documentation tells more.
    pub runbook: String,
}

impl From<&Case> for Advice {
    fn from(case: &Case) -> Self {
        Self {
            case: case.slug,
            cause: case.cause,
            next: case.action,
            takes: case.takes,
            risk: case.risk,
            runbook: match case.alert {
                Some(alert) => format!("docs/runbooks/{alert}.md"),
                None => format!("docs/troubleshooting.md#{}", case.slug),
            },
        }
    }
}
