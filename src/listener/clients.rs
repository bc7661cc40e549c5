//! Who is connected, and who must go: a client that is silent for too long, and, where there is no
//! room for another, the one that has been silent for longest. So neither clients that say nothing
//! nor those that say it letter by letter take the descriptors that other work needs, and whoever
//! comes next is let in.
//!
//! hyper's own timers begin once it knows which HTTP is spoken: here the time runs from the accept.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// How many clients are let in, and how long each may be silent.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most that are connected at a time.
    pub most: usize,
    /// From being accepted to the first request, whole, hands shaken included.
    pub first_request: Duration,
    /// From one request to the next. The answer before must have been read by then.
    pub next_request: Duration,
}

/// The clients of one listener or several. Clones share them.
#[derive(Debug, Clone)]
pub struct Clients(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bounds: Bounds,
    open: Mutex<BTreeMap<u64, watch::Sender<Activity>>>,
    ever: AtomicU64,
    displaced: AtomicU64,
}

/// What a client does just now.
#[derive(Debug, Clone, Copy)]
struct Activity {
    /// Its requests that are being answered.
    under_way: usize,
    /// Since when that is so.
    since: Instant,
    /// How long it may be silent.
    allowed: Duration,
    /// Another needs its place.
    displaced: bool,
}

impl Activity {
    /// Until when the client is waited for; `None` while it waits, or where it may take for ever.
    fn deadline(self) -> Option<Instant> {
        let waited_for = self.under_way == 0;
        self.since.checked_add(self.allowed).filter(|_| waited_for)
    }
}

impl Clients {
    /// As many as these bounds let in.
    pub fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Shared {
            bounds,
            open: Mutex::default(),
            ever: AtomicU64::new(0),
            displaced: AtomicU64::new(0),
        }))
    }

    /// As many as come, for as long as they like.
    pub fn unbounded() -> Self {
        Self::new(Bounds {
            most: usize::MAX,
            first_request: Duration::MAX,
            next_request: Duration::MAX,
        })
    }

    /// How many had to go so that others could come.
    pub fn displaced(&self) -> u64 {
        self.0.displaced.load(Ordering::Relaxed)
    }

    /// Lets another in.
    pub(super) fn admit(&self) -> Client {
        let (activity, _) = watch::channel(Activity {
            under_way: 0,
            since: Instant::now(),
            allowed: self.0.bounds.first_request,
            displaced: false,
        });
        let number = self.0.ever.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open();
        if open.len() >= self.0.bounds.most {
            self.displace(&mut open);
        }
        open.insert(number, activity.clone());
        Client(Arc::new(Place {
            number,
            activity,
            clients: self.clone(),
        }))
    }

    /// Lets go whoever has been silent for longest.
    pub(super) fn make_room(&self) {
        self.displace(&mut self.open());
    }

    fn displace(&self, open: &mut BTreeMap<u64, watch::Sender<Activity>>) {
        let least = open.iter().min_by_key(|(_, activity)| {
            let activity = activity.borrow();
            (activity.under_way, activity.since)
        });
        let Some(number) = least.map(|(number, _)| *number) else {
            return;
        };
        if let Some(activity) = open.remove(&number) {
            activity.send_modify(|activity| activity.displaced = true);
            self.0.displaced.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, watch::Sender<Activity>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One client. The last clone that is dropped gives its place back.
#[derive(Debug, Clone)]
pub(super) struct Client(Arc<Place>);

#[derive(Debug)]
struct Place {
    number: u64,
    activity: watch::Sender<Activity>,
    clients: Clients,
}

impl Client {
    /// Comes back once its connection is to be closed.
    pub(super) async fn must_go(&self) {
        let mut changes = self.0.activity.subscribe();
        loop {
            let activity = *changes.borrow_and_update();
            if activity.displaced {
                return;
            }
            let silent = async {
                match activity.deadline() {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = silent => return,
                // The sender lives in `self`.
                _ = changes.changed() => {}
            }
        }
    }

    /// A request of it is under way until what comes back is dropped.
    pub(super) fn request(&self) -> UnderWay {
        self.0.activity.send_modify(|activity| {
            activity.under_way += 1;
            activity.since = Instant::now();
        });
        UnderWay(self.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clients.open().remove(&self.number);
    }
}

/// A request under way.
pub(super) struct UnderWay(Client);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let place = &self.0.0;
        place.activity.send_modify(|activity| {
            activity.under_way = activity.under_way.saturating_sub(1);
            activity.since = Instant::now();
            activity.allowed = place.clients.0.bounds.next_request;
        });
    }
}
