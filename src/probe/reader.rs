//! Who reads what an org has, and what becomes of what they may not read: alike in every kind that
//! stands where nobody wrote any.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{candidate::Candidate, plan::PlanContext, problem::Problem};
use crate::{
    guide::{Fact, Finding},
    okta::Credential,
};

/// What may be written of who reads.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ReaderSettings {
    /// The credential's name; left out, the org's first that may read all, else the first that may
    /// read something.
    credential: Option<String>,
    /// What may not be read is absent, and no failure.
    optional: bool,
}

/// Who reads.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub(super) credential: Arc<Credential>,
    /// What it may not read is no failure: nobody asked for it.
    pub(super) is_optional: bool,
}

impl ReaderSettings {
    /// What stands where nobody writes any: a reader of whom nothing is known to be withheld.
    pub(super) fn by_default(credentials: &[Candidate<'_>], paths: &[&str]) -> Option<Value> {
        let reader = Candidate::reader(credentials, paths)?;
        let reads_all = paths.iter().all(|path| reader.may_read(path));
        reads_all.then(|| json!({ "credential": reader.name, "optional": true }))
    }

    /// The reader of these paths.
    pub(super) fn plan(
        &self,
        context: &PlanContext<'_>,
        paths: &[&str],
    ) -> Result<Reader, Vec<Problem>> {
        Reader::named(self.credential.as_deref(), self.optional, context, paths)
    }
}

impl Reader {
    /// The credential of this name, else the org's best for these paths.
    pub(super) fn named(
        name: Option<&str>,
        is_optional: bool,
        context: &PlanContext<'_>,
        paths: &[&str],
    ) -> Result<Self, Vec<Problem>> {
        let credential = context.reader(name, paths);
        Ok(Self {
            credential: credential.map_err(|problem| vec![problem])?,
            is_optional,
        })
    }
}

/// What is told of what an optional reader may not read.
pub(super) fn withheld(why: Option<&String>) -> Option<Finding> {
    why.map(|why| Finding::new(Fact::Withheld, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_reads_by_default_who_is_known_to_lack_a_scope() {
        let scopes = ["okta.logStreams.read".to_owned()];
        let app = [Candidate {
            name: "app",
            scopes: Some(&scopes),
        }];
        let all = ["/api/v1/logStreams", "/api/v1/eventHooks"];
        assert_eq!(ReaderSettings::by_default(&app, &all), None);
        assert_eq!(ReaderSettings::by_default(&[], &all), None);
        let reads = ReaderSettings::by_default(&app, &all[..1]);
        let expected = json!({ "credential": "app", "optional": true });
        assert_eq!(reads, Some(expected.clone()));
        let read: ReaderSettings = serde_json::from_value(expected).unwrap();
        assert!(read.optional && read.credential.as_deref() == Some("app"));
    }
}
