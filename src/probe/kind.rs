//! The contract: what the file of a kind of probe must say. [`Settings`] is the kind as people
//! write it, [`Kind`] as it runs; the table of kinds is in [`probe`](super).

use std::{borrow::Cow, fmt, time::Duration};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    ask::Ask, candidate::Candidate, end::End, plan::PlanContext, problem::Problem,
    secrets::HeldSecret,
};
use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{Credential, Failure, Session, event::Event},
    units::{Interval, OktaTime, Timestamp},
};

/// A kind of probe as people write it. Interval and timeout are common to all kinds and no part
/// of it: [`Timed`](super::settings::Timed) reads them.
pub trait Settings: fmt::Debug + Clone + Default + DeserializeOwned + JsonSchema {
    /// What they plan.
    type Probe: Kind;

    /// Where they are written, and how often.
    const PLACE: Place;
    /// How often such a probe runs where nobody says otherwise.
    const INTERVAL: Interval;
    /// What its credential must be allowed.
    const ACCESS: Access;

    /// What stands in the configuration where nobody writes any, given the org's credentials by
    /// name; `None` where such a probe is only made when asked for. Of [`Place::Page`], the pages
    /// by name.
    fn by_default(_credentials: &[Candidate<'_>]) -> Option<Value> {
        None
    }

    /// The secrets that they hold, so that where those are kept can be judged.
    fn secrets(&self) -> Vec<HeldSecret> {
        Vec::new()
    }

    /// The probe, or all that is wrong. A probe without a name of its own is named as its kind.
    fn plan(&self, name: &str, context: &PlanContext<'_>) -> Result<Self::Probe, Vec<Problem>>;
}

/// A kind of probe as it runs.
pub trait Kind: Sized {
    /// The word in the configuration and in the `probe` label: the name of its file.
    const KIND: &'static str;
    /// The families it draws.
    const FAMILIES: &'static [&'static Family];
    /// What it calls the requests that it makes, in the `api` label, where people did not name
    /// them.
    const APIS: &'static [&'static str] = &[Self::KIND];

    /// What one run saw.
    type Observation: fmt::Debug + Clone;
    /// What is remembered across runs, and may be kept across restarts; `()` for most kinds.
    type Memory: fmt::Debug + Clone + Default + PartialEq + Serialize + DeserializeOwned;

    /// True where a run is best made at the end of a rate-limit window, and at no other time.
    fn aims_at_windows(&self) -> bool {
        false
    }

    /// True where a limit of the org that runs out is a reason to run: what is asked then tells who was
    /// active. Its windows are [`Session::exhausted`].
    fn asks_when_exhausted(&self) -> bool {
        false
    }

    /// The credentials that it asks with.
    fn credentials(&self) -> Vec<&Credential> {
        Vec::new()
    }

    /// The credentials that it was planned with: where one of them changes, it must be planned
    /// anew.
    fn refers_to(&self) -> Vec<&Credential> {
        self.credentials()
    }

    /// What one ordinary run asks: each path of its access once, unless the kind says otherwise.
    fn asks(&self, access: Access) -> Vec<Ask<'_>> {
        match access {
            Access::Read { paths, .. } => {
                Ask::each(Self::KIND, paths, self.credentials().first().copied())
            }
            Access::Public | Access::Path => Vec::new(),
        }
    }

    /// What its series are told apart by, where that is not its own name: an org has one such probe.
    fn series_id(&self) -> Option<&str> {
        None
    }

    /// Whose memory it is, in Okta's own ids; `None` where nothing is worth keeping.
    fn memory_id(&self) -> Option<&str> {
        None
    }

    /// Asks once.
    fn run(
        &self,
        okta: &Session<'_>,
        known: &Self::Memory,
    ) -> impl Future<Output = ProbeResult<Self::Observation>> + Send;

    /// What is remembered after this was seen. Pure.
    #[must_use]
    fn learn(memory: Self::Memory, _observation: &Self::Observation) -> Self::Memory {
        memory
    }

    /// The events of the System Log that a run read. Whoever counts them counts each once.
    fn events(_seen: &Self::Observation) -> &[Event] {
        &[]
    }

    /// When to run next, as far as what is remembered tells.
    fn next(_memory: &Self::Memory) -> Next {
        Next::AtInterval
    }

    /// What is wrong though no request failed.
    fn findings(_known: &Known<'_, Self>, _now: OktaTime) -> Vec<Finding> {
        Vec::new()
    }

    /// What of it ends, or changes, on a day that is known.
    fn ends(_known: &Known<'_, Self>, _now: OktaTime) -> Vec<End> {
        Vec::new()
    }

    /// How many series a cap keeps off the page.
    fn dropped(_known: &Known<'_, Self>) -> usize {
        0
    }

    /// Writes the series.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page);
}

/// Where probes of a kind are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `orgs.ORG.probes.KIND`: an org has one.
    Once,
    /// `orgs.ORG.probes.KIND.NAME`: an org has as many as have names.
    Named,
    /// `status_pages.NAME`: it belongs to no org.
    Page,
    /// A host in a list of `controls`: it belongs to no org.
    Host,
}

impl Place {
    /// True of probes that ask an org.
    pub fn is_of_org(self) -> bool {
        matches!(self, Self::Once | Self::Named)
    }
}

/// What a probe's credential must be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing: what it asks is public, or proves itself by secrets of the probe's own.
    Public,
    /// What the path in its settings needs.
    Path,
    /// To read these paths. Which scope each needs is told by [`okta::scopes`](crate::okta::scopes).
    Read {
        /// The paths.
        paths: &'static [&'static str],
        /// The least of Okta's standard admin roles that may, for the owner of an API token.
        role: &'static str,
    },
}

/// What one run came to: it may have seen something and still have failed at the rest.
#[derive(Debug)]
pub struct ProbeResult<O> {
    /// What it saw; `None` where it saw nothing.
    pub observation: Option<O>,
    /// Why it did not end well.
    pub failure: Option<Failure>,
}

impl<O> From<Result<O, Failure>> for ProbeResult<O> {
    fn from(result: Result<O, Failure>) -> Self {
        match result {
            Ok(observation) => Self {
                observation: Some(observation),
                failure: None,
            },
            Err(failure) => Self {
                observation: None,
                failure: Some(failure),
            },
        }
    }
}

/// When a probe is to run next, but for failures and windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// When its interval is over.
    AtInterval,
    /// Sooner: another answer would settle what this one left open.
    Soon,
    /// After so long at the latest: there is more to read, and no hurry.
    Within(Duration),
    /// At once: there is more to read.
    Now,
}

/// What is known of one probe: what its last run saw, and what is remembered of all.
#[derive(Debug)]
pub struct Known<'a, K: Kind> {
    /// The last observation; `None` before the first.
    pub observation: Option<&'a K::Observation>,
    /// What is remembered.
    pub memory: Cow<'a, K::Memory>,
    /// How often it is looked at; nothing where it was once.
    pub interval: Duration,
}

/// Whose series are drawn, and when.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The org; empty for a status page, which belongs to none.
    pub org: &'a str,
    /// The probe's own name; empty for kinds of which an org has one.
    pub name: &'a str,
    /// The moment of the scrape.
    pub now: Timestamp,
    /// The same moment by Okta's clock.
    pub at_okta: OktaTime,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::organization;

    #[test]
    fn a_kind_that_says_nothing_else_is_told_by_its_name_asks_without_credential_and_remembers_nothing()
     {
        let probe = organization::Probe;
        assert_eq!((probe.series_id(), probe.memory_id()), (None, None));
        assert!(!probe.aims_at_windows() && !probe.asks_when_exhausted());
        assert!(probe.credentials().is_empty() && probe.refers_to().is_empty());
        assert_eq!(organization::Probe::next(&()), Next::AtInterval);
        let known = Known::<organization::Probe> {
            observation: None,
            memory: Cow::Owned(()),
            interval: Duration::ZERO,
        };
        assert_eq!(organization::Probe::dropped(&known), 0);
        assert_eq!(
            organization::Probe::findings(&known, OktaTime::default()),
            []
        );
        assert_eq!(organization::Probe::ends(&known, OktaTime::default()), []);
        assert!(organization::Settings::default().secrets().is_empty());
    }
}
