//! Where an org lives, and where somebody else is, seen from there.

use super::org_verdict::Whereabouts;
use crate::{probe::organization, units::Cell};

/// The cell that an org lives on: in its one spelling, and as its organization document calls it, which
/// is all there is of cells whose spelling is not known.
#[derive(Debug)]
pub struct Home<'a> {
    cell: Option<Cell>,
    told: Option<&'a str>,
}

impl<'a> Home<'a> {
    /// As configured or known otherwise, else as the document says.
    pub fn of(cell: Option<Cell>, document: Option<&'a organization::Observation>) -> Self {
        Self {
            cell: cell.or_else(|| document?.cell()),
            told: document.and_then(organization::Observation::told),
        }
    }

    /// Where another is.
    pub fn whereabouts(&self, other: &Home<'_>) -> Whereabouts {
        let spelled = self.cell.as_ref().zip(other.cell.as_ref());
        let is_same = spelled.map(|(one, other)| one == other);
        let told = || Some(self.told? == other.told?);
        match is_same.or_else(told) {
            Some(true) => Whereabouts::SameCell,
            Some(false) => Whereabouts::OtherCell,
            None => Whereabouts::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_compared_as_they_are_spelled_else_as_okta_calls_them() {
        let document = |cell: &str| {
            let document: crate::okta::Organization =
                serde_json::from_value(serde_json::json!({ "cell": cell })).unwrap();
            organization::Observation::from(document)
        };
        let seven: Cell = "okta.com:7".parse().unwrap();
        let (ok7, ok14, eu1) = (document("ok7"), document("ok14"), document("eu1"));
        for (one, other, expected) in [
            (
                Home::of(None, Some(&ok7)),
                Home::of(None, Some(&ok7)),
                Whereabouts::SameCell,
            ),
            (
                Home::of(None, Some(&ok7)),
                Home::of(None, Some(&ok14)),
                Whereabouts::OtherCell,
            ),
            (
                Home::of(Some(seven.clone()), None),
                Home::of(None, Some(&ok7)),
                Whereabouts::SameCell,
            ),
            (
                Home::of(None, Some(&eu1)),
                Home::of(None, Some(&eu1)),
                Whereabouts::SameCell,
            ),
            (
                Home::of(None, Some(&eu1)),
                Home::of(None, Some(&ok7)),
                Whereabouts::OtherCell,
            ),
            (
                Home::of(None, Some(&eu1)),
                Home::of(None, None),
                Whereabouts::Elsewhere,
            ),
            (
                Home::of(Some(seven), None),
                Home::of(None, Some(&eu1)),
                Whereabouts::Elsewhere,
            ),
        ] {
            assert_eq!(one.whereabouts(&other), expected, "{one:?} and {other:?}");
        }
    }
}
