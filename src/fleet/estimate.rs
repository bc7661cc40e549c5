//! What one org's limits are as a whole, by the share that a credential sees of them. Pure: a join
//! of what endpoints showed with what the settings say.

use std::collections::BTreeMap;

/// One ceiling that a credential saw, and the share of the org's bucket that it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ceiling<'a> {
    pub(super) bucket: &'a str,
    pub(super) limit: u64,
    pub(super) share: f64,
}

/// The org's limit of each bucket. Okta cuts ceilings to whole requests, so of several credentials
/// the one with the largest share tells best. A share of nothing tells nothing.
pub(super) fn org_limits<'a>(
    ceilings: impl Iterator<Item = Ceiling<'a>>,
) -> BTreeMap<&'a str, f64> {
    let mut best: BTreeMap<&str, Ceiling<'_>> = BTreeMap::new();
    for ceiling in ceilings.filter(|ceiling| ceiling.share > 0.0) {
        let known = best.entry(ceiling.bucket).or_insert(ceiling);
        if ceiling.share > known.share {
            *known = ceiling;
        }
    }
    best.into_iter()
        .map(|(bucket, ceiling)| (bucket, ceiling.limit as f64 / ceiling.share))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_share_tells_best_and_no_share_tells_nothing() {
        let ceiling = |bucket, limit, share| Ceiling {
            bucket,
            limit,
            share,
        };
        let limits = org_limits(
            [
                ceiling("/api/v1/users", 30, 0.05),
                ceiling("/api/v1/users", 301, 0.5),
                ceiling("/api/v1/users", 120, 0.2),
                ceiling("/api/v1/logs", 10, 0.0),
            ]
            .into_iter(),
        );
        assert_eq!(limits, [("/api/v1/users", 602.0)].into());
    }
}
