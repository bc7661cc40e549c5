//! What is known of one org's rate limits, and what is decided by it: samples and windows, when to
//! look next, whether a request may be sent. One place for all, since they know the same things:
//! a bucket's windows, and Okta's clock by ours. Nothing here sends a request.

mod bucket_correlation;
mod draw;
mod families;
mod budget_gate;
mod bucket_assignment;
mod forget;
mod spending;
mod round_robin;
mod window;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::aim::{Aim, Clock, Look, NextSample};
use crate::{
    okta::{Charge, Exchange, LimitKind, RateLimit},
    units::{Name, Share, Timestamp},
};
use bucket_assignment::BucketAssignment;
use round_robin::{Member, RoundRobin, Scheduled};
use spending::{Aimed, Spending};
use window::{Sample, Windows};

pub use bucket_assignment::BucketMismatch;
pub use bucket_correlation::{BucketApi, Relation};
pub(super) use budget_gate::BudgetGate;
pub(super) use draw::KnownLimit;
pub(super) use families::FAMILIES;
pub use spending::Refused;

/// The credential label of requests that carry none: their headers show the org's own bucket.
const ANONYMOUS: &str = "none";

/// How long a sample outlives its window, so that a scrape that comes a little later still sees it.
const GRACE: Duration = Duration::from_secs(15);

/// The longest that a window is believed to last. A reset far ahead is a header to be shown, and no
/// reason to draw its sample for ever.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// One org's rate limits. Shared by its keepers, its requests and the board.
#[derive(Debug)]
pub struct Limits {
    share: f64,
    state: Mutex<LimitsState>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct LimitsState {
    clock: Clock,
    buckets: BTreeMap<LimitKey, BucketLimit>,
    exceeded: BTreeMap<(String, Cow<'static, str>), BTreeMap<LimitKind, u64>>,
    /// By credential.
    assignments: BTreeMap<String, BucketAssignment>,
}

/// Whose limit, in which bucket: see [`LimitsState::key`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct LimitKey {
    credential: String,
    bucket: String,
}

/// One credential's limit in one bucket.
#[derive(Debug, Default)]
struct BucketLimit {
    aim: Aim,
    round_robin: RoundRobin,
    spending: Spending,
    own: u64,
    endpoints: BTreeMap<Cow<'static, str>, ApiSamples>,
}

/// What one endpoint's answers showed of it.
#[derive(Debug)]
struct ApiSamples {
    /// The bucket that its path is taken for.
    taken_for: Cow<'static, str>,
    read: RateLimit,
    /// By the local clock; the answer's own `Date` was used to get here, so skew cancels.
    void_at: Timestamp,
    windows: Windows,
}

/// How a run of a probe that aims at windows ended.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// When it began.
    pub at: Timestamp,
    /// How often it is to run.
    pub interval: Duration,
    /// How soon it may run again at the earliest, where its failure says so.
    pub not_before: Option<Timestamp>,
}

/// The label value of a credential, or of none.
fn label(credential: Option<&Name>) -> String {
    credential.map_or_else(|| ANONYMOUS.to_owned(), Name::to_string)
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(Share::TWENTIETH)
    }
}

impl Limits {
    /// Nothing is known yet; of each limit this share may be spent.
    pub fn new(share: Share) -> Self {
        Self {
            share: share.get(),
            state: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// Learns from an exchange, whichever probe made it; returns what was found by it of buckets
    /// that are not what paths are taken for.
    pub fn enter(&self, exchange: &Exchange, now: Timestamp) -> Vec<BucketMismatch> {
        let mut state = self.lock();
        let state = &mut *state;
        let look = Look::of(exchange);
        if let Some(look) = &look {
            state.clock.learn(look);
        }
        let limited = exchange.answer.as_ref().ok().map(|answer| answer.limited);
        if let Some(limited) = limited
            && (exchange.bucket.is_some() || limited.is_some())
        {
            // Entered with the first answer, so that a counter of 429s starts at 0 and `rate` sees the first.
            let key = (label(exchange.credential.as_ref()), exchange.api.clone());
            let kinds = state.exceeded.entry(key).or_default();
            if let Some(kind) = limited {
                *kinds.entry(kind).or_default() += 1;
            }
        }
        let Some(charge) = exchange.charge() else {
            return Vec::new();
        };
        // A refusal may show the org's counter in place of the credential's.
        let found = match &look {
            Some(look) if limited == Some(None) => state.compare(&charge, look),
            _ => Vec::new(),
        };
        let key = state.key(&charge);
        let bucket = state.buckets.entry(key.clone()).or_default();
        bucket.own += 1;
        if let Some(look) = &look {
            bucket.enter(&charge, look);
        }
        bucket.schedule(&state.clock, self.share, now);
        if !found.is_empty() {
            let of_credential = state.buckets.iter_mut();
            for (_, moved) in of_credential.filter(|(k, _)| k.credential == key.credential) {
                moved.schedule(&state.clock, self.share, now);
            }
        }
        self.changed.send_replace(());
        found
    }

    /// A run of a probe that aims at windows has ended: the next look is scheduled in the bucket that
    /// its requests drew on. `false` if it drew on none, and so far never did.
    pub fn ended(&self, probe: &str, charged: Option<&Charge>, run: Run, now: Timestamp) -> bool {
        let mut state = self.lock();
        let charged = charged.map(|charge| state.key(charge));
        let LimitsState { clock, buckets, .. } = &mut *state;
        let before = buckets
            .iter()
            .find(|(_, bucket)| bucket.round_robin.has(probe))
            .map(|(key, _)| key.clone());
        let Some(key) = charged.or_else(|| before.clone()) else {
            return false;
        };
        if let Some(before) = before.filter(|before| *before != key)
            && let Some(bucket) = buckets.get_mut(&before)
        {
            bucket.round_robin.leave(probe);
            bucket.schedule(clock, self.share, now);
        }
        let bucket = buckets.entry(key).or_default();
        bucket.round_robin.enter(
            probe,
            Member {
                interval: run.interval,
                last: run.at,
                not_before: run.not_before,
            },
        );
        bucket.schedule(clock, self.share, now);
        drop(state);
        self.changed.send_replace(());
        true
    }

    /// The look of this probe that is scheduled.
    pub fn scheduled(&self, probe: &str) -> Option<NextSample> {
        self.look_of(probe).map(|scheduled| scheduled.next)
    }

    /// The look that was scheduled for this probe begins.
    pub fn begin(&self, probe: &str) {
        let mut state = self.lock();
        let mut buckets = state.buckets.values_mut();
        if let Some(bucket) = buckets.find(|bucket| bucket.round_robin.has(probe)) {
            bucket.round_robin.begin();
        }
    }

    /// Comes back when it is this probe's turn.
    pub(super) async fn turn(&self, probe: &str) {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            let due = self.look_of(probe).map(|scheduled| scheduled.due);
            let waiting = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = waiting => return,
                // The sender lives in `self`.
                _ = changed.changed() => {}
            }
        }
    }

    /// How long until this probe's next turn, about; `None` if it takes none.
    pub(super) fn rhythm(&self, probe: &str, interval: Duration) -> Option<Duration> {
        let state = self.lock();
        let bucket = state
            .buckets
            .values()
            .find(|bucket| bucket.round_robin.has(probe))?;
        let count = u32::try_from(bucket.round_robin.count()).unwrap_or(u32::MAX);
        Some(interval.max(bucket.aim.length() * count))
    }

    /// What a run may spend; `aimed` at the end of a window, or not.
    pub(super) fn gate(self: &Arc<Self>, aimed: bool) -> BudgetGate {
        BudgetGate {
            limits: Arc::clone(self),
            aimed,
            begun: false.into(),
        }
    }

    /// May a request be sent now?
    pub fn admit(&self, charge: &Charge, aimed: bool, now: Timestamp) -> Result<(), Refused> {
        let mut state = self.lock();
        let key = state.key(charge);
        let bucket = state.buckets.entry(key).or_default();
        let aimed = if aimed {
            Aimed::AtTheEnd
        } else {
            Aimed::Not {
                others: bucket.round_robin.anyone(),
            }
        };
        bucket.spending.admit(now, self.share, aimed)
    }

    /// A request that was admitted has ended.
    pub fn settle(&self, exchange: &Exchange) {
        let Some(charge) = exchange.charge() else {
            return;
        };
        let mut state = self.lock();
        let key = state.key(&charge);
        let LimitsState { clock, buckets, .. } = &mut *state;
        let bucket = buckets.entry(key).or_default();
        let ended = after(exchange.at, exchange.took);
        // Nobody knows when its window began; it ends one length later at the latest.
        let mut over = after(ended, bucket.aim.length() + Duration::from_secs(1));
        let read = Look::of(exchange).and_then(|look| {
            clock.learn(&look);
            Some((look.rate_limit?, look.date?))
        });
        let left = read.map(|(read, date)| read.reset.duration_since(date).min(LONGEST_WINDOW));
        let left = left.and_then(|left| Duration::try_from(left).ok());
        if let (Some((read, _)), Some(left)) = (read, left.filter(|left| !left.is_zero())) {
            over = clock
                .surely_past(read.reset)
                .unwrap_or(ended)
                .min(after(ended, left + Duration::from_secs(2)));
        }
        bucket.spending.settle(read.map(|(read, _)| read), over);
        drop(state);
        self.changed.send_replace(());
    }

    fn look_of(&self, probe: &str) -> Option<Scheduled> {
        let state = self.lock();
        let mut looks = state
            .buckets
            .values()
            .filter_map(|b| b.round_robin.scheduled());
        looks.find(|scheduled| scheduled.who == probe).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, LimitsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BucketLimit {
    /// Takes over what another bucket was, which turned out to be this one.
    fn absorb(&mut self, other: Self) {
        let Self {
            aim,
            round_robin,
            spending,
            own,
            endpoints,
        } = other;
        if !self.aim.sees_windows() {
            self.aim = aim;
        }
        self.round_robin.absorb(round_robin);
        self.spending.absorb(spending);
        self.own += own;
        self.endpoints.extend(endpoints);
    }

    fn enter(&mut self, charge: &Charge, look: &Look) {
        self.aim.learn(look);
        let Some(read) = look.rate_limit else { return };
        // Reset by Okta's clock minus Date by Okta's clock, counted from now by ours.
        let left = read
            .reset
            .duration_since(look.date.unwrap_or(look.answered));
        let left = Duration::try_from(left.min(LONGEST_WINDOW)).unwrap_or_default();
        let void_at = after(look.answered, left + GRACE);
        let endpoint = charge.api.clone();
        let known = self
            .endpoints
            .entry(endpoint)
            .or_insert_with(|| ApiSamples {
                taken_for: charge.bucket.clone(),
                read,
                void_at,
                windows: Windows::default(),
            });
        (known.read, known.void_at) = (read, void_at);
        let sample = Sample {
            read,
            at: look.answered,
            left,
        };
        known.windows.enter(sample, self.aim.length());
    }

    /// Books the next look, or books it anew by what was just learned.
    fn schedule(&mut self, clock: &Clock, share: f64, now: Timestamp) {
        if !self.round_robin.may_schedule() {
            return;
        }
        let Some((who, mut request)) = self.round_robin.request(now, self.aim.length()) else {
            return;
        };
        let allowed = self.spending.allowed(share);
        request.spare = allowed.is_none_or(|allowed| self.spending.spent(now) < allowed);
        let next = self.aim.next(clock, &request);
        let wait = Duration::try_from(next.at.duration_since(now)).unwrap_or_default();
        self.round_robin.schedule(Scheduled {
            who,
            next,
            due: Instant::now() + wait,
        });
    }
}

fn after(at: Timestamp, length: Duration) -> Timestamp {
    at.saturating_add(length).unwrap_or(at)
}
