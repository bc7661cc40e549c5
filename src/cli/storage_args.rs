//! The flag that names the file that what is remembered is kept in.

use std::collections::BTreeMap;

use crate::config;

/// Where what is remembered is kept.
#[derive(Debug, clap::Args)]
pub(super) struct StorageArgs {
    /// The file that what is remembered is kept in, so that it survives a restart. In place of the
    /// configuration's `storage.path`; the same as the variable OKTA_EXPORTER__STORAGE__PATH.
    #[arg(long = "storage.path", value_name = "FILE")]
    pub(super) path: Option<String>,
}

impl StorageArgs {
    /// The process environment, with the flag as the variable that it stands for.
    pub(super) fn environment(self) -> BTreeMap<String, String> {
        let mut environment = config::environment();
        if let Some(path) = self.path {
            environment.insert(config::STORAGE_PATH.to_owned(), path);
        }
        environment
    }
}
