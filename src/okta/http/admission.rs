//! Leave to send one request: asked for before it is made, and settled by what came of it. Where it is
//! given up on the way, the gate hears of that, so that nothing is held to be under way for ever.

use super::{
    exchange::Exchange,
    gate::{Charge, Gate, Ticket},
};
use crate::okta::{Failure, OktaClock};

/// Leave to send one request.
#[derive(Debug)]
#[must_use]
pub(in crate::okta) struct Admission<'a> {
    gate: Option<&'a dyn Gate>,
    /// What is yet to be settled; `None` for public metadata, which no gate counts.
    ticket: Option<Ticket>,
    sent: bool,
}

impl<'a> Admission<'a> {
    /// Asks the gate, where there is one. It may have to wait.
    pub(super) async fn ask(
        gate: Option<&'a dyn Gate>,
        charge: Option<Charge>,
    ) -> Result<Self, Failure> {
        let ticket = match (gate, charge) {
            (Some(gate), Some(charge)) => Some(gate.admit(charge).await?),
            _ => None,
        };
        Ok(Self {
            gate,
            ticket,
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
        let ticket = self.ticket.take();
        match self.gate {
            Some(gate) => gate.settle(ticket, exchange),
            None => clock.learn(exchange),
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if let (Some(gate), Some(ticket)) = (self.gate, self.ticket.take()) {
            gate.abandon(ticket, self.sent);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        borrow::Cow,
        sync::{Mutex, PoisonError},
        time::Duration,
    };

    use futures_util::future::{self, BoxFuture};

    use super::*;
    use crate::{
        okta::Phases,
        units::{Moment, Timestamp},
    };

    /// A gate that writes down what it hears.
    #[derive(Debug, Default)]
    struct Heard(Mutex<Vec<&'static str>>);

    impl Heard {
        fn note(&self, what: &'static str) {
            let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push(what);
        }

        fn take(&self) -> Vec<&'static str> {
            std::mem::take(&mut *self.0.lock().unwrap())
        }
    }

    impl Gate for Heard {
        fn admit(&self, _charge: Charge) -> BoxFuture<'_, Result<Ticket, Failure>> {
            self.note("admit");
            Box::pin(future::ready(Ok(Ticket(1))))
        }

        fn settle(&self, ticket: Option<Ticket>, _exchange: &Exchange) {
            self.note(ticket.map_or("learn", |_| "settle"));
        }

        fn abandon(&self, _ticket: Ticket, sent: bool) {
            self.note(if sent { "lost" } else { "unsent" });
        }
    }

    fn exchange(bucket: Option<&'static str>) -> Exchange {
        Exchange {
            api: "users".into(),
            path: "/api/v1/users".to_owned(),
            credential: None,
            bucket: bucket.map(Cow::Borrowed),
            at: Timestamp::UNIX_EPOCH,
            sent: Moment::now(),
            took: Duration::ZERO,
            phases: Phases::default(),
            answer: Err("timeout"),
        }
    }

    #[tokio::test]
    async fn what_was_admitted_is_settled_or_abandoned_once() {
        let (gate, clock) = (Heard::default(), OktaClock::default());
        let limited = exchange(Some("/api/v1/users"));
        let ask = || Admission::ask(Some(&gate), limited.charge());
        ask().await.unwrap().settle(&limited, &clock);
        assert_eq!(gate.take(), ["admit", "settle"]);
        drop(ask().await.unwrap());
        assert_eq!(gate.take(), ["admit", "unsent"]);
        let mut under_way = ask().await.unwrap();
        under_way.sending();
        drop(under_way);
        assert_eq!(gate.take(), ["admit", "lost"]);
    }

    #[tokio::test]
    async fn what_counts_against_no_limit_is_settled_all_the_same() {
        let (gate, clock) = (Heard::default(), OktaClock::default());
        let free = exchange(None);
        let admission = Admission::ask(Some(&gate), free.charge()).await.unwrap();
        admission.settle(&free, &clock);
        drop(Admission::ask(Some(&gate), free.charge()).await.unwrap());
        assert_eq!(gate.take(), ["learn"]);
    }
}
