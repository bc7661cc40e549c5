//! The hand that changes a simulated org while it runs. What it changes is kept in [`super::world`].

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use fastrand::Rng;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::background::{Application, Pattern};
use super::clock::{Clock, after};
use super::counters::Verdict;
use super::credentials::Principal;
use super::error::Error;
use super::faults::Fault;
use super::lock::hold;
use super::org::Org;
use super::record::{Received, Record};
use super::service_app::ServiceApp;
use super::tokens::Mint;
use super::world::World;

/// How often an application looks at the clock.
const TICK: Duration = Duration::from_millis(100);

/// A running org's controls. Clones control the same org.
#[derive(Clone)]
pub struct Controls(Arc<Inner>);

struct Inner {
    url: String,
    clock: Clock,
    record: Record,
    accepted: Arc<AtomicU64>,
    stop: CancellationToken,
    world: Mutex<World>,
}

impl Controls {
    /// Controls of an org at `url`; `accepted` counts its connections.
    pub(super) fn new(org: Org, url: String, accepted: Arc<AtomicU64>) -> Result<Self, Error> {
        let clock = org.clock.clone();
        let bearers = org.bearers.clone();
        let (idps, domains) = (org.idps.clone(), org.domains.clone());
        let world = World::new(org, url.clone());
        let (record, stop) = (Record::new(), CancellationToken::new());
        let controls = Self(Arc::new(Inner {
            url,
            clock,
            record,
            accepted,
            stop,
            world: Mutex::new(world),
        }));
        for bearer in &bearers {
            let now = controls.now();
            controls.world().mint(bearer, now)?;
        }
        for (name, lasting) in &idps {
            controls.add_idp(name, *lasting)?;
        }
        for (name, is_managed, lasting) in &domains {
            controls.add_domain(name, *is_managed, *lasting);
        }
        Ok(controls)
    }

    /// The org's URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The cell the org lives on.
    pub fn cell(&self) -> String {
        self.world().org.cell.clone()
    }

    /// The clock the org lives by.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Lets the org's clock be wrong; zero sets it right.
    pub fn set_clock_offset(&self, offset: SignedDuration) {
        self.0.clock.set_offset(offset);
    }

    /// Signs with a new key at once. The key before stays published as long as caches may hold it.
    pub fn rotate_keys(&self, server: &str) -> Result<(), Error> {
        let now = self.now();
        let mut world = self.world();
        world.keys(server, now)?.rotate(now)?;
        world.log_rollover(server, now);
        Ok(())
    }

    /// Publishes the next key now and signs with it from `lead` on.
    pub fn schedule_rotation(&self, server: &str, lead: Duration) -> Result<(), Error> {
        let now = self.now();
        let mut world = self.world();
        world.keys(server, now)?.schedule(lead, now)?;
        world.log_next_rollover(server, after(now, lead), now);
        Ok(())
    }

    /// Withdraws the key in use sooner than its `max-age` allowed; returns its kid.
    pub fn remove_key_early(&self, server: &str) -> Result<String, Error> {
        let now = self.now();
        Ok(self.world().keys(server, now)?.remove_early(now))
    }

    /// For a while, some nodes of the edge serve the set of this moment: which one answers depends on
    /// the connection, and changes after some answers.
    pub fn lag_keys(&self, server: &str, lasting: Duration) -> Result<(), Error> {
        let now = self.now();
        self.world().keys(server, now)?.lag(lasting, now);
        Ok(())
    }

    /// Mints an access token and returns its value.
    pub fn mint(&self, mint: &Mint) -> Result<String, Error> {
        let now = self.now();
        let mut world = self.world();
        let token = world.mint(mint, now)?;
        world.log_grant((&mint.server, mint.client_id()), None, now);
        Ok(token)
    }

    /// The values of the access tokens that were minted, in no order.
    pub fn minted(&self) -> Vec<String> {
        self.world().tokens.values()
    }

    /// Revokes a token by its value; whether there was one.
    pub fn revoke(&self, token: &str) -> bool {
        self.world().tokens.revoke(token)
    }

    /// Revokes every token of a client; returns how many there were.
    pub fn revoke_all(&self, client: &str) -> usize {
        self.world().tokens.revoke_all(client)
    }

    /// Changes what is registered of a service app: its keys, its grants, whether it must use DPoP.
    pub fn register(&self, app: ServiceApp) {
        let mut world = self.world();
        world.org.apps.retain(|known| known.id != app.id);
        world.org.apps.push(app);
    }

    /// Gives a new DPoP nonce, as Okta does each day; the one before is taken for three days.
    pub fn renew_nonce(&self) {
        let now = self.now();
        self.world().proofs.renew_nonce(now);
    }

    /// Takes no DPoP nonce any more but a new one.
    pub fn void_nonces(&self) {
        self.world().proofs.void_nonces();
    }

    /// Lets the Management API want nonces in proofs as well, as other servers than Okta's do.
    pub fn want_nonces_at_resources(&self) {
        self.world().proofs.at_resources = true;
    }

    /// Spends up to `requests` on a path's bucket as another caller; returns how many passed.
    pub fn spend(&self, path: &str, who: &Principal, requests: u32) -> u32 {
        let now = self.now();
        let mut world = self.world();
        let asked = (&Method::GET, path);
        let passes = |_: &u32| matches!(world.charge(asked, Some(who), now), Verdict::Pass(_));
        (0..requests)
            .take_while(passes)
            .fold(0, |passed, _| passed + 1)
    }

    /// Lets an application spend quota until the org stops. Must be called within a runtime.
    pub fn run(&self, application: Application) {
        let controls = self.clone();
        let Application {
            who,
            path,
            pattern,
            seed,
        } = application;
        self.keep(pattern, seed, move |due| {
            controls.spend(&path, &who, due);
        });
    }

    /// Does what a pattern lets fall due, until the org stops.
    pub(super) fn keep(
        &self,
        pattern: Pattern,
        seed: u64,
        mut act: impl FnMut(u32) + Send + 'static,
    ) {
        let (clock, stop) = (self.clock().clone(), self.stop_token());
        let acting = async move {
            let mut rng = Rng::with_seed(seed);
            let start = clock.now();
            let mut before = Duration::ZERO;
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                // A clock that was set back does nothing until it has caught up.
                let elapsed = Duration::try_from(clock.now().duration_since(start));
                let elapsed = elapsed.unwrap_or_default().max(before);
                let due = pattern.requests(before, elapsed, &mut rng);
                before = elapsed;
                if due > 0 {
                    act(due);
                }
            }
        };
        // The task ends with the org, so nobody needs its handle.
        drop(tokio::spawn(async move {
            stop.run_until_cancelled(acting).await;
        }));
    }

    /// Lets every path that begins with `prefix` misbehave, in place of an earlier fault there. Of
    /// several prefixes that fit, the one last given counts.
    pub fn fault(&self, prefix: &str, fault: Fault) {
        self.world().faults.insert(prefix, fault);
    }

    /// Ends all misbehaviour.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// The last requests received, oldest first; a few thousand are kept.
    pub fn requests(&self) -> Vec<Received> {
        self.0.record.requests()
    }

    /// How many requests were ever received.
    pub fn request_count(&self) -> u64 {
        self.0.record.total()
    }

    /// How many connections were ever accepted.
    pub fn connection_count(&self) -> u64 {
        self.0.accepted.load(Ordering::Relaxed)
    }

    /// Returns once exactly this path was asked for at least `times` times.
    pub async fn until_asked(&self, path: &str, times: usize) {
        self.0.record.until_asked(path, times).await;
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        hold(&self.0.world)
    }

    pub(super) fn record(&self) -> &Record {
        &self.0.record
    }

    pub(super) fn stop_token(&self) -> CancellationToken {
        self.0.stop.clone()
    }
}
