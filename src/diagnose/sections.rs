//! Which probes the sections of a report are made of, so that no others are asked for them.

use std::collections::BTreeSet;

use super::check::Section;
use crate::{
    config::Config,
    probe::{Access, Probe},
};

/// What must be asked to report these sections.
#[must_use]
pub fn narrowed(mut config: Config, sections: &BTreeSet<Section>) -> Config {
    if sections.len() == Section::ALL.len() {
        return config;
    }
    for org in config.orgs.values_mut() {
        org.probes.retain(|planned| {
            let mut sections = sections.iter();
            sections.any(|section| section.is_made_of(&planned.probe))
        });
    }
    // Whether a page names cells is a part of what is said of an org's own.
    let has_pages = [Section::Connectivity, Section::Status];
    if !has_pages.iter().any(|section| sections.contains(section)) {
        config.status_pages.clear();
    }
    config
}

impl Section {
    fn is_made_of(self, probe: &Probe) -> bool {
        // Where nobody answers, nothing else is asked.
        if matches!(probe, Probe::Discovery(_)) {
            return true;
        }
        match self {
            Self::Connectivity | Self::Status => matches!(probe, Probe::Organization(_)),
            Self::RateLimits | Self::Access => probe.access() != Access::Public,
            Self::Tokens => matches!(probe, Probe::Token(_)),
            Self::SigningKeys => matches!(probe, Probe::Jwks(_)),
        }
    }
}
