//! What each trouble means and what fixes it: one table for log lines, pages, `diagnose` and the
//! documentation. It reads failures and facts, and asks nothing.
//!
//! The table has a file for each of its [`Chapter`]s. A failure is described by its symptom, and the
//! first of the [`cases`] of which a [`Sign`] fits explains it; so within a chapter, and among
//! chapters, the particular comes before the general. A test provokes every case.

mod access;
mod advice;
mod case;
mod fact;
mod health;
mod inventory;
mod markdown;
mod own;
mod rate_limits;
mod reach;
mod reasons;
mod runbooks;
mod severity;
mod sign;
mod symptom;
mod table;
mod tokens;

pub use advice::Advice;
pub use case::{Case, Chapter, Risk, sentence};
pub use fact::{Fact, Finding};
pub use markdown::markdown;
pub use runbooks::{RUNBOOKS, RUNBOOKS_INDEX, Runbook};
pub use severity::{Severity, severity_of};
pub use sign::Sign;
pub use table::{cases, chapters, explain, nearest};
