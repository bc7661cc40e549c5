//! Leave to send one request: asked for before it is made, and settled by what came of it. Where it is
//! given up on the way, the gate hears of that, so that nothing is held to be under way for ever.

use super::{
    exchange::Exchange,
    gate::{Charge, Gate},
};
use crate::okta::{Failure, OktaClock};

/// Leave to send one request.
#[derive(Debug)]
#[must_use]
pub(in crate::okta) struct Admission<'a> {
    gate: Option<&'a dyn Gate>,
    /// What is yet to be settled; `None` for public metadata, which no gate counts.
    charge: Option<Charge>,
    sent: bool,
}

impl<'a> Admission<'a> {
    /// Asks the gate, where there is one. It may have to wait.
    pub(super) async fn ask(
        gate: Option<&'a dyn Gate>,
        charge: Option<Charge>,
    ) -> Result<Self, Failure> {
        if let (Some(gate), Some(charge)) = (gate, &charge) {
            gate.admit(charge.clone()).await?;
        }
        Ok(Self {
            gate,
            charge,
            sent: false,
        })
    }

    /// From now on it may have been sent.
    pub(super) fn sending(&mut self) {
        self.sent = true;
    }

    /// The one place where an exchange is learned from: by the gate that guards the org and its clock,
    /// or by the clock alone.
    pub(super) fn settle(mut self, exchange: &Exchange, clock: &OktaClock) {
        self.charge = None;
        match self.gate {
            Some(gate) => gate.settle(exchange),
            None => clock.learn(exchange),
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if let (Some(gate), Some(charge)) = (self.gate, self.charge.take()) {
            gate.abandon(&charge, self.sent);
        }
    }
}
