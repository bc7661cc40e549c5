//! What was found of buckets that are not what paths are taken for, and what to write so that it is
//! known from the start. How it is found is in [`bucket_correlation`](super::bucket_correlation).

use std::borrow::Cow;

use crate::{okta::Charge, units::closed_list};

/// An endpoint and the bucket that its path is taken for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketApi {
    /// The bucket.
    pub bucket: Cow<'static, str>,
    /// The endpoint's short name.
    pub name: Cow<'static, str>,
}

closed_list! {
    /// What was found of two endpoints.
    pub enum Relation {
        /// They are taken for two buckets, and are one.
        One = "shared",
        /// They are taken for one bucket, and are two.
        Two = "apart",
    }
}

/// A difference between what is seen and what paths are taken for, shown by two endpoints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketMismatch {
    /// What was found.
    pub relation: Relation,
    /// One of the two that show it.
    pub one: BucketApi,
    /// The other.
    pub other: BucketApi,
}

impl From<&Charge> for BucketApi {
    fn from(charge: &Charge) -> Self {
        Self {
            bucket: charge.bucket.clone(),
            name: charge.api.clone(),
        }
    }
}

impl BucketMismatch {
    /// What to write under `orgs.ORG.buckets`, for people.
    pub(in crate::fleet) fn setting(&self) -> String {
        let (one, other) = (&self.one, &self.other);
        match self.relation {
            Relation::One => {
                // A pattern wins over the published ones, so that the narrower one must be written.
                let width = |endpoint: &BucketApi| (endpoint.bucket.len(), endpoint.bucket.clone());
                let (wide, narrow) = if width(one) <= width(other) {
                    (one, other)
                } else {
                    (other, one)
                };
                let wide = &wide.bucket;
                match &*narrow.bucket {
                    pattern if pattern.starts_with('/') => format!("'{pattern}': '{wide}'"),
                    _ => format!("'PATH OF {}': '{wide}'", narrow.name),
                }
            }
            Relation::Two => format!("'PATH OF {}': {}", other.name, other.name),
        }
    }
}
