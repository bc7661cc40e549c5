//! What may come between a request and its answer: edges, proxies, hangs, and headers that are
//! missing, doubled or absurd; good times and bad ones, by a seed.

use std::time::Duration;

use fastrand::Rng;
use jiff::SignedDuration;
use okta_exporter::okta::{LimitKind, ResponseMeta};
use tokio::time::Instant;

use crate::support::virtual_okta::{Reply, Weather};

/// How long one mood lasts, at most.
const LASTS: u64 = 1_800;

/// What is the matter for a while.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Fair,
    /// One in so many answers is strange in one way or another.
    Strange(u32),
    /// All of one endpoint's answers are strange in this way.
    One(usize, &'static str),
    /// Nothing answers, or only the edge.
    Away(usize),
}

/// Weather by a seed.
pub(super) fn random(seed: u64) -> Weather {
    let mut rng = Rng::with_seed(seed ^ 0xC3C3);
    let (mut mood, mut until) = (Mood::Fair, Instant::now());
    Box::new(move |charge, reply| {
        if until <= Instant::now() {
            until = Instant::now() + Duration::from_secs(rng.u64(60..LASTS));
            mood = next(&mut rng);
        }
        match mood {
            Mood::Strange(one_in) if rng.u32(..one_in) == 0 => {
                let way = rng.usize(..WAYS.len());
                WAYS[way](reply, &mut rng);
            }
            Mood::One(way, name) if charge.api == name => WAYS[way](reply, &mut rng),
            Mood::Away(way) => WAYS[way](reply, &mut rng),
            Mood::Fair | Mood::Strange(_) | Mood::One(..) => {}
        }
    })
}

fn next(rng: &mut Rng) -> Mood {
    match rng.u32(..10) {
        0..4 => Mood::Fair,
        4..6 => Mood::Strange(rng.u32(1..=10)),
        6..9 => {
            let name = rng.usize(..super::NAMES.len());
            Mood::One(rng.usize(..WAYS.len()), super::NAMES[name])
        }
        _ => Mood::Away(rng.usize(..3)),
    }
}

/// What may become of an answer. The first three are an org that is away.
type Way = fn(&mut Reply, &mut Rng);

const WAYS: [Way; 13] = [
    |reply, _| reply.meta = None,
    |reply, _| edge(reply, 503),
    |reply, _| edge(reply, 502),
    |reply, rng| reply.back += Duration::from_millis(rng.u64(..12_000)),
    |reply, _| refused(reply, LimitKind::Limit),
    |reply, _| {
        refused(reply, LimitKind::Unknown);
        change(reply, |meta| meta.rate_limit = None);
    },
    |reply, _| refused(reply, LimitKind::Concurrency),
    |reply, _| change(reply, |meta| meta.status = 403),
    |reply, _| change(reply, |meta| meta.rate_limit = None),
    |reply, _| change(reply, |meta| meta.date = None),
    |reply, rng| {
        let by = [-86_400, -61, -1, 1, 301, 86_400, 31_536_000][rng.usize(..7)];
        change(reply, |meta| {
            if let Some(read) = &mut meta.rate_limit {
                let reset = read.reset.saturating_add(SignedDuration::from_secs(by));
                read.reset = reset.unwrap_or(read.reset);
            }
        });
    },
    |reply, rng| {
        let by = [-86_400, -3_600, -1, 1, 3_600, 31_536_000][rng.usize(..6)];
        change(reply, |meta| {
            let dated = meta.date;
            let by = SignedDuration::from_secs(by);
            meta.date = dated.and_then(|date| date.saturating_add(by).ok());
        });
    },
    |reply, rng| {
        // Another bucket's numbers, as of headers that were sent twice.
        let limit = rng.u64(1..1_000);
        change(reply, |meta| {
            if let Some(read) = &mut meta.rate_limit {
                (read.limit, read.remaining) = (limit, limit / 20);
            }
        });
    },
];

fn change(reply: &mut Reply, how: impl FnOnce(&mut ResponseMeta)) {
    if let Some(meta) = &mut reply.meta {
        how(meta);
    }
}

/// Whatever stands before Okta answers, by a clock of its own.
fn edge(reply: &mut Reply, status: u16) {
    change(reply, |meta| {
        meta.status = status;
        meta.rate_limit = None;
        meta.limited = None;
        let hour = SignedDuration::from_hours(1);
        meta.date = meta.date.and_then(|date| date.checked_sub(hour).ok());
    });
}

fn refused(reply: &mut Reply, kind: LimitKind) {
    change(reply, |meta| {
        meta.status = 429;
        meta.limited = Some(kind);
    });
}
