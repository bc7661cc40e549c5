//! Whose limit in which bucket, as labels have it.

use crate::{okta::NO_CREDENTIAL, units::Name};

/// Whose limit, in which bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LimitKey {
    pub(super) credential: String,
    pub(super) bucket: String,
}

/// The label value of a credential, or of none.
pub(super) fn credential_label(credential: Option<&Name>) -> String {
    credential.map_or_else(|| NO_CREDENTIAL.to_owned(), Name::to_string)
}
