//! The table: every chapter, and which case explains a failure or a fact.

use super::{
    access,
    case::{Case, Chapter},
    fact::Fact,
    health, inventory, own, rate_limits, reach,
    sign::Sign,
    symptom::Symptom,
    tokens,
};
use crate::{okta::Failure, units::suggestion};

/// Every chapter, the particular before the general.
pub(super) static CHAPTERS: [Chapter; 7] = [
    rate_limits::CHAPTER,
    reach::CHAPTER,
    tokens::CHAPTER,
    access::CHAPTER,
    health::CHAPTER,
    inventory::CHAPTER,
    own::CHAPTER,
];

/// Every chapter, in the order in which their cases are tried.
pub fn chapters() -> &'static [Chapter] {
    &CHAPTERS
}

/// Every case, in the order in which they are tried.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    CHAPTERS.iter().flat_map(|chapter| chapter.cases)
}

/// The case whose name is most like this one, which is none.
pub fn nearest(name: &str) -> Option<&'static str> {
    let known: Vec<&str> = cases().map(|case| case.slug).collect();
    suggestion(name, &known)
}

/// The case of a failure of a probe of this kind.
pub fn explain(failure: &Failure, kind: &str) -> &'static Case {
    let symptom = Symptom::of(failure, kind);
    cases()
        .find(|case| case.signs.iter().any(|sign| sign.fits(&symptom)))
        .unwrap_or(&own::UNKNOWN)
}

impl Fact {
    /// The case that has it as a sign.
    pub fn case(self) -> &'static Case {
        cases()
            .find(|case| case.signs.contains(&Sign::Known(self)))
            .unwrap_or(&own::UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use super::{super::symptom::FailureMode, *};
    use crate::okta::Phase;

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
            phase: Phase::Dns,
            after: Duration::from_secs(30),
            proxy: None,
        };
        assert_eq!(explain(&hung, "discovery").slug, "timeout-dns");
        let fault = Failure::Internal("a panic".to_owned());
        assert_eq!(explain(&fault, "discovery").slug, "internal");
    }

    #[test]
    fn whatever_fails_of_a_status_page_no_org_is_blamed_and_nobody_told_to_ask_for_less() {
        let (host, detail) = ("status.example.com".to_owned(), String::new());
        let mut failures = vec![
            Failure::Dns {
                host: host.clone(),
                detail: detail.clone(),
            },
            Failure::Connect {
                host: host.clone(),
                detail: detail.clone(),
            },
            Failure::Tls {
                host,
                detail: detail.clone(),
            },
            Failure::Cut { detail },
            Failure::TooLarge { limit: 1 },
            Failure::Redirect("redirected more than 5 times: a loop".to_owned()),
            Failure::InvalidBody("the answer is empty".to_owned()),
        ];
        failures.extend(
            [Phase::Dns, Phase::Connect, Phase::FirstByte, Phase::Body].map(|phase| {
                Failure::Timeout {
                    phase,
                    after: Duration::from_secs(30),
                    proxy: None,
                }
            }),
        );
        for failure in failures {
            let case = explain(&failure, "status_page");
            assert!(
                case.slug.starts_with("status-page-"),
                "{failure:?}: {}",
                case.slug
            );
            assert_ne!(case.alert, Some("OktaOrgUnreachable"), "{failure:?}");
            assert!(
                !case.action.contains("limit="),
                "{failure:?}: {}",
                case.action
            );
            let of_an_org = explain(&failure, "discovery");
            assert!(!of_an_org.slug.starts_with("status-page-"), "{failure:?}");
        }
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
        for mode in FailureMode::ALL {
            let of = cases().filter(|case| case.signs.contains(&Sign::Failed(mode)));
            assert_eq!(of.count(), 1, "{mode:?}");
        }
    }
}
