//! What each trouble means and what mends it: one table for log lines, pages, `diagnose` and the
//! documentation. It reads failures and facts, and asks nothing.
//!
//! The table stands in [`CHAPTERS`], a file each. A failure is described by what it shows, and the
//! first case of which a sign fits explains it; so within a chapter, and among chapters, the
//! particular comes before the general. A test provokes every case.

mod access;
mod fact;
mod health;
mod markdown;
mod own;
mod rate_limits;
mod reach;
mod sign;
mod symptom;
mod tokens;

use serde::Serialize;

pub use fact::{Fact, Finding};
pub use markdown::{entry, markdown};
pub use sign::Sign;

use crate::{okta::Failure, units::closed_list};

/// One trouble: how it is recognised, what it means, what mends it.
#[derive(Debug)]
pub struct Case {
    /// Its stable name, also its anchor in the documentation.
    pub slug: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What shows it: any of these.
    pub signs: &'static [Sign],
    /// The most likely cause.
    pub cause: &'static str,
    /// What to do next.
    pub action: &'static str,
    /// How long that takes, for who may do it.
    pub takes: &'static str,
    /// What the mend itself may break.
    pub risk: Risk,
    /// The alert that fires for it, and has a runbook of its own.
    pub alert: Option<&'static str>,
}

closed_list! {
    /// What a fix may break.
    pub enum Risk {
        /// Nothing that works now.
        Low = "low",
        /// Something that works now, if done carelessly.
        Medium = "medium",
    }
}

/// Cases of one kind.
#[derive(Debug)]
pub struct Chapter {
    /// What they have in common.
    pub title: &'static str,
    /// The cases, the particular before the general.
    pub cases: &'static [Case],
}

/// The table.
pub static CHAPTERS: [Chapter; 6] = [
    rate_limits::CHAPTER,
    reach::CHAPTER,
    tokens::CHAPTER,
    access::CHAPTER,
    health::CHAPTER,
    own::CHAPTER,
];

/// Every case, in the order in which they are looked through.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    CHAPTERS.iter().flat_map(|chapter| chapter.cases)
}

/// The case of a failure of a probe of this kind.
pub fn explain(failure: &Failure, kind: &str) -> &'static Case {
    let symptom = symptom::Symptom::of(failure, kind);
    cases()
        .find(|case| case.signs.iter().any(|sign| sign.fits(&symptom)))
        .unwrap_or(&own::UNKNOWN)
}

/// A case as pages and programs read it.
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
    /// What the mend may break.
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

/// The first letter large, a full stop at the end.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_case_has_its_own_name_that_can_be_an_anchor() {
        let mut slugs = BTreeSet::new();
        for case in cases() {
            assert!(slugs.insert(case.slug), "{} is there twice", case.slug);
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(case.slug.chars().all(plain), "{}", case.slug);
            assert!(!case.signs.is_empty(), "{} has no sign", case.slug);
            for text in [case.title, case.cause, case.action, case.takes] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
                assert!(!text.contains("  ") && !text.contains('\n'), "{text}");
            }
        }
    }

    #[test]
    fn what_no_test_can_provoke_is_described() {
        let hung = Failure::Timeout {
            phase: crate::okta::Phase::Dns,
            after: std::time::Duration::from_secs(30),
        };
        assert_eq!(explain(&hung, "discovery").slug, "timeout-dns");
        let fault = Failure::Internal("a panic".to_owned());
        assert_eq!(explain(&fault, "discovery").slug, "internal");
    }

    #[test]
    fn each_fact_has_exactly_one_case() {
        for fact in Fact::ALL {
            let of = cases().filter(|case| case.signs.contains(&Sign::Known(fact)));
            assert_eq!(of.count(), 1, "{fact:?}");
        }
    }

    #[test]
    fn each_way_to_fail_has_a_case() {
        for how in symptom::WAYS {
            let sign = Sign::failed(how);
            let of = cases().filter(|case| case.signs.contains(&sign));
            assert_eq!(of.count(), 1, "{how}");
        }
    }
}
