//! An event hook as an administrator sets it up, and how badly its deliveries are made.

use std::time::Duration;

/// Where the org pushes which events.
#[derive(Clone, Debug)]
pub struct EventHook {
    pub(super) url: String,
    pub(super) header: Option<(String, String)>,
    pub(super) types: Vec<String>,
    pub(super) batch: usize,
    pub(super) at_once: usize,
    pub(super) timeout: Duration,
    pub(super) twice_every: Option<u64>,
    pub(super) is_unordered: bool,
    pub(super) trusts_any: bool,
}

impl EventHook {
    /// A hook at this URL: one event in each delivery, in order, 3 s for an answer.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            header: None,
            types: Vec::new(),
            batch: 1,
            at_once: 1,
            timeout: Duration::from_secs(3),
            twice_every: None,
            is_unordered: false,
            trusts_any: false,
        }
    }

    /// The header that each request carries, nearly always `Authorization`, and its secret.
    #[must_use]
    pub fn header(mut self, name: &str, secret: &str) -> Self {
        self.header = Some((name.to_owned(), secret.to_owned()));
        self
    }

    /// The types of events it is told of. Okta pushes only some.
    #[must_use]
    pub fn types<const N: usize>(mut self, types: [&str; N]) -> Self {
        self.types = types.map(str::to_owned).to_vec();
        self
    }

    /// Takes whatever certificate the receiver shows, which Okta does not.
    #[must_use]
    pub fn trusting_any(mut self) -> Self {
        self.trusts_any = true;
        self
    }

    /// How many events a delivery holds at most, if so many wait.
    #[must_use]
    pub fn batch(mut self, events: usize) -> Self {
        self.batch = events.max(1);
        self
    }

    /// How many deliveries are under way at a time: with more than one, none waits for another.
    #[must_use]
    pub fn at_once(mut self, deliveries: usize) -> Self {
        self.at_once = deliveries.max(1);
        self
    }

    /// How long an answer may take; Okta's 3 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes every so-manieth delivery twice, though it was answered.
    #[must_use]
    pub fn twice_every(mut self, deliveries: u64) -> Self {
        self.twice_every = Some(deliveries.max(1));
        self
    }

    /// Shuffles the events that wait.
    #[must_use]
    pub fn unordered(mut self) -> Self {
        self.is_unordered = true;
        self
    }

    pub(super) fn wants(&self, event_type: &str) -> bool {
        self.types.iter().any(|wanted| wanted == event_type)
    }
}
