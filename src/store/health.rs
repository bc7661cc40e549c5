//! How keeping goes: counted, drawn, and told once when it breaks and once when it works again.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::error::StoreError;
use crate::{
    guide::{Advice, Fact, Finding},
    metrics::{Family, Page},
    units::closed_list,
};

const COMMITS: Family = Family::counter(
    "okta_exporter_store_commits_total",
    "Times that something was kept in the file of `storage.path`; absent without one.",
    &[],
);
const ERRORS: Family = Family::counter(
    "okta_exporter_store_errors_total",
    "Times that the file of `storage.path` could not be read (load) or written (commit); absent without one.",
    &["operation"],
);
const SIZE: Family = Family::gauge(
    "okta_exporter_store_size_bytes",
    "The size of the file of `storage.path`; absent without one.",
    &[],
);

/// Every family that this room draws.
pub const FAMILIES: [&Family; 3] = [&COMMITS, &ERRORS, &SIZE];

closed_list! {
    /// What a store is asked to do.
    pub(super) enum Operation {
        /// To read what was kept.
        Load = "load",
        /// To keep something.
        Commit = "commit",
    }
}

/// How keeping goes; clones tell of the same store. By default it is one in memory, of which there
/// is nothing to tell.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The file; `None` where there is none.
    file: Option<PathBuf>,
    size: Option<u64>,
    commits: u64,
    errors: BTreeMap<Operation, u64>,
    /// Why something could not be done the last time that it was tried.
    trouble: BTreeMap<Operation, StoreError>,
}

impl Health {
    /// Of a store in this file.
    pub(super) fn of(file: &Path) -> Self {
        Self(Arc::new(Mutex::new(State {
            file: Some(file.to_owned()),
            ..State::default()
        })))
    }

    /// The size of the file, in bytes, where it is known.
    pub(super) fn measured(&self, size: Option<u64>) {
        self.lock().size = size;
    }

    /// Something was done.
    pub(super) fn worked(&self, operation: Operation) {
        let mut state = self.lock();
        if operation == Operation::Commit {
            state.commits += 1;
        }
        if state.trouble.remove(&operation).is_some() {
            drop(state);
            match operation {
                Operation::Load => tracing::info!("what was remembered can be read again"),
                Operation::Commit => tracing::info!("what is remembered is kept again"),
            }
        }
    }

    /// Something could not be done.
    pub(super) fn failed(&self, operation: Operation, why: &StoreError) {
        let mut state = self.lock();
        *state.errors.entry(operation).or_default() += 1;
        let is_news = state.trouble.insert(operation, why.clone()).is_none();
        drop(state);
        if !is_news {
            tracing::debug!("{why}");
            return;
        }
        let Advice {
            case,
            cause,
            next,
            takes,
            risk,
            runbook,
        } = Fact::StoreFailing.case().into();
        let (risk, help) = (risk.as_str(), Fact::StoreFailing.case().help());
        tracing::warn!(case, cause, next, takes, risk, runbook, help, "{why}");
    }

    /// What is wrong now.
    pub fn findings(&self) -> Vec<Finding> {
        let state = self.lock();
        let found = state.trouble.iter().map(|(operation, why)| {
            Finding::new(Fact::StoreFailing, why.to_string()).about(operation.as_str())
        });
        found.collect()
    }

    /// Draws its series, where there is a file.
    pub fn draw(&self, page: &mut Page) {
        let state = self.lock();
        if state.file.is_none() {
            return;
        }
        page.push(&COMMITS, &[], state.commits as f64);
        for operation in Operation::ALL {
            let errors = state.errors.get(&operation).copied().unwrap_or_default();
            page.push(&ERRORS, &[operation.as_str()], errors as f64);
        }
        page.push_some(&SIZE, &[], state.size.map(|size| size as f64));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
