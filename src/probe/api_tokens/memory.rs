//! What is remembered of an org's API tokens across runs.

use serde::{Deserialize, Serialize};

use super::{
    list::{self, Gone, Tokens},
    suspects::Suspects,
};
use crate::{probe::unfamiliar::Unfamiliar, units::OktaTime};

/// What is remembered across runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub(super) tokens: Tokens,
    pub(super) suspects: Suspects,
    pub(super) unfamiliar: Unfamiliar,
}

impl Memory {
    /// Those that are gone, and still told.
    pub(super) fn gone(&self, now: OktaTime) -> impl Iterator<Item = (&str, &Gone)> {
        let gone = self.tokens.gone.iter();
        let gone = gone.map(|(id, gone)| (id.as_str(), gone));
        gone.filter(move |(_, gone)| now < gone.at.plus(list::TOLD_FOR))
    }
}
