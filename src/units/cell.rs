//! Okta's cells, in their one spelling: what an org lives on. What people write of them is read in
//! [`cell_list`](super::cell_list); how an org's cell is learned is told by
//! [`crate::probe::organization`].

use std::{fmt, str::FromStr};

/// One cell, written as Okta's status page writes it: `okta.com:7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    domain: String,
    number: u16,
}

/// The longest domain allowed: a cell is a label value.
const LONGEST: usize = 63;

/// A text that names no cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a cell: write it like `okta.com:7` or `okta-emea.com:1`")]
pub struct BadCell(String);

impl Cell {
    /// The cell in `/.well-known/okta-organization`: `ok7` is okta.com:7 and `op3` is
    /// oktapreview.com:3. How that document names other cells (EMEA's, the government's) has not
    /// been seen, so they are not guessed: the configuration says.
    pub fn from_organization(text: &str) -> Option<Self> {
        let (domain, digits) = match (text.strip_prefix("ok"), text.strip_prefix("op")) {
            (Some(digits), _) => ("okta.com", digits),
            (_, Some(digits)) => ("oktapreview.com", digits),
            _ => return None,
        };
        Some(Self {
            domain: domain.to_owned(),
            number: number(digits)?,
        })
    }

    /// True of this cell in its one spelling.
    pub(super) fn is(&self, text: &str) -> bool {
        let digits = text
            .strip_prefix(&*self.domain)
            .and_then(|rest| rest.strip_prefix(':'));
        digits.and_then(number) == Some(self.number)
    }

    pub(super) fn number(&self) -> u16 {
        self.number
    }
}

/// A cell's number, in its one spelling: `07` and `+7` are none.
fn number(digits: &str) -> Option<u16> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    plain.then(|| digits.parse().ok()).flatten()
}

impl FromStr for Cell {
    type Err = BadCell;

    fn from_str(text: &str) -> Result<Self, BadCell> {
        let refused = || BadCell(text.chars().take(LONGEST).collect());
        let (domain, digits) = text.trim().split_once(':').ok_or_else(refused)?;
        let number = number(digits).ok_or_else(refused)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let begins_well = domain.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins_well && domain.len() <= LONGEST && domain.chars().all(allowed) {
            let domain = domain.to_ascii_lowercase();
            Ok(Self { domain, number })
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.domain, self.number)
    }
}

#[cfg(test)]
mod tests;
