//! The ids that somebody told of late: of so many it is known that they were told, of older ones no
//! longer. It grows only as needed, and what it holds can be kept in pieces.

use std::collections::{HashMap, VecDeque};

use crate::{okta::event::EventId, units::Moment};

/// How many ids are known: of a busy org, those of some minutes.
pub(super) const MOST: usize = 50_000;

/// What is known of an event that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// When; of one that an earlier life of the process was told, when this one learned of it.
    pub(super) at: Moment,
    /// It was this life that was told.
    pub(super) in_this_life: bool,
    /// It is meant for a hook that delivers to us.
    pub(super) meant: bool,
}

/// The ids that were told, the oldest first, each with its number.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    ids: VecDeque<EventId>,
    told: HashMap<EventId, Packed>,
    /// The number of the oldest that is still known.
    first: u64,
    /// When it was made.
    made: Moment,
}

/// [`Told`], in less room.
#[derive(Debug, Clone, Copy)]
struct Packed {
    /// How long after the ring was made.
    millis: i64,
    in_this_life: bool,
    meant: bool,
}

impl Default for Ring {
    fn default() -> Self {
        Self::from(0)
    }
}

impl Ring {
    /// One whose oldest id has this number.
    pub(super) fn from(first: u64) -> Self {
        Self {
            ids: VecDeque::new(),
            told: HashMap::new(),
            first,
            made: Moment::now(),
        }
    }

    /// Takes an id in. False where it was told before.
    pub(super) fn tell(&mut self, id: EventId, told: Told) -> bool {
        if self.told.contains_key(&id) {
            return false;
        }
        if self.ids.len() == MOST
            && let Some(oldest) = self.ids.pop_front()
        {
            self.told.remove(&oldest);
            self.first += 1;
        }
        self.ids.push_back(id);
        let Told {
            at,
            in_this_life,
            meant,
        } = told;
        let packed = Packed {
            millis: at.millis_since(self.made),
            in_this_life,
            meant,
        };
        self.told.insert(id, packed);
        true
    }

    /// What is known of an event.
    pub(super) fn get(&self, id: EventId) -> Option<Told> {
        let packed = self.told.get(&id)?;
        Some(Told {
            at: self.made.after_millis(packed.millis),
            in_this_life: packed.in_this_life,
            meant: packed.meant,
        })
    }

    /// The event of this number, or of the first after it that is known; with its own number.
    pub(super) fn at_or_after(&self, number: u64) -> Option<(u64, EventId, Told)> {
        let number = number.max(self.first);
        let index = usize::try_from(number - self.first).ok()?;
        let id = *self.ids.get(index)?;
        Some((number, id, self.get(id)?))
    }

    /// The number of the oldest that is known.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next will have.
    pub(super) fn next(&self) -> u64 {
        self.first + self.ids.len() as u64
    }
}
