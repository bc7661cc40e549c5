//! Everything that is wrong, in groups of what one case explains: the worst group first, and within
//! it the worst.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    fleet::{Noted, OrgView, ProbeView, Trouble, View},
    guide::{Advice, Severity},
};

/// One thing that is wrong.
pub(super) struct Told<'a> {
    pub(super) org: &'a str,
    pub(super) probe: &'a str,
    pub(super) severity: Severity,
    pub(super) advice: &'a Advice,
    pub(super) help: &'a str,
    pub(super) what: &'a str,
    pub(super) failure: Option<&'a Trouble>,
}

/// In groups by their case.
pub(super) fn by_case(view: &View) -> Vec<Vec<Told<'_>>> {
    let mut by_case: BTreeMap<&str, Vec<Told<'_>>> = BTreeMap::new();
    for told in all(view) {
        by_case.entry(told.advice.case).or_default().push(told);
    }
    let mut groups: Vec<Vec<Told<'_>>> = by_case.into_values().collect();
    for told in &mut groups {
        told.sort_by_key(|told| told.severity);
    }
    groups.sort_by_key(|told| (told.first().map(|told| told.severity), Reverse(told.len())));
    groups
}

/// Everything that is wrong, the exporter's own first.
fn all(view: &View) -> impl Iterator<Item = Told<'_>> {
    let own = view
        .findings
        .iter()
        .map(|found| Told::found("", "the exporter", found));
    own.chain(view.orgs.iter().flat_map(of_org))
}

fn of_org(org: &OrgView) -> impl Iterator<Item = Told<'_>> {
    let name = org.name.as_deref().unwrap_or_default();
    let found = org
        .findings
        .iter()
        .map(move |found| Told::found(name, "", found));
    found.chain(
        org.probes
            .iter()
            .flat_map(move |probe| of_probe(name, probe)),
    )
}

fn of_probe<'a>(org: &'a str, probe: &'a ProbeView) -> impl Iterator<Item = Told<'a>> {
    let name = probe.probe.as_str();
    let failed = [&probe.trouble, &probe.held_back].into_iter().flatten();
    let failed = failed.map(move |trouble| Told {
        org,
        probe: name,
        severity: trouble.severity,
        advice: &trouble.advice,
        help: &trouble.help,
        what: &trouble.what,
        failure: Some(trouble),
    });
    failed.chain(
        probe
            .findings
            .iter()
            .map(move |found| Told::found(org, name, found)),
    )
}

impl<'a> Told<'a> {
    fn found(org: &'a str, probe: &'a str, noted: &'a Noted) -> Self {
        Self {
            org,
            probe,
            severity: noted.severity,
            advice: &noted.advice,
            help: &noted.help,
            what: &noted.what,
            failure: None,
        }
    }
}
