//! What an application does over time: stretches of the simulator's own patterns, put together by
//! chance that repeats with its seed.

use std::time::Duration;

use fastrand::Rng;
use okta_exporter::sim;

/// How finely requests are spread, in milliseconds.
const TICK: u64 = 100;
const MINUTE: u64 = 60_000;
/// The seed of all chance here.
const SEED: u64 = 1;

/// So many requests at a moment, in milliseconds since the start.
#[derive(Clone, Copy)]
pub(super) struct Arrival {
    pub(super) at: u64,
    pub(super) requests: u32,
}

/// Adds the next stretch to a course.
pub(super) type Add = fn(&mut Course);

/// A pattern: its name, the function that puts it together, and how many minutes of it hold about a
/// hundred windows that the application uses.
pub(super) struct Pattern {
    pub(super) name: &'static str,
    add: Add,
    minutes: u64,
}

pub(super) const PATTERNS: [Pattern; 6] = [
    of("steady", steady, 102),
    of("Poisson", poisson, 102),
    of("5-s burst", burst, 230),
    of("ramps", ramps, 102),
    of("on and off", on_off, 138),
    of("rare spikes", spikes, 1_060),
];

const fn of(name: &'static str, add: Add, minutes: u64) -> Pattern {
    Pattern { name, add, minutes }
}

/// An application's requests, as they are put together.
pub(super) struct Course {
    pub(super) limit: u32,
    pub(super) rng: Rng,
    now: u64,
    end: u64,
    arrivals: Vec<Arrival>,
}

impl Pattern {
    /// All requests over about so many hundreds of windows, each of which grants `limit`.
    pub(super) fn course(&self, limit: u32, hundreds: u64) -> Vec<Arrival> {
        let mut course = Course {
            limit,
            rng: Rng::with_seed(SEED),
            now: 0,
            end: self.minutes * hundreds * MINUTE,
            arrivals: Vec::new(),
        };
        while course.now < course.end {
            (self.add)(&mut course);
        }
        course.arrivals
    }
}

impl Course {
    /// Goes on like this for so many milliseconds.
    fn go_on(&mut self, pattern: sim::Pattern, lasting: u64) {
        let (start, end) = (self.now, (self.now + lasting).min(self.end));
        if pattern == sim::Pattern::Idle {
            self.now = end;
        }
        while self.now < end {
            let next = (self.now + TICK).min(end);
            let since = |at: u64| Duration::from_millis(at - start);
            let requests = pattern.requests(since(self.now), since(next), &mut self.rng);
            if requests > 0 {
                let at = self.now;
                self.arrivals.push(Arrival { at, requests });
            }
            self.now = next;
        }
    }

    /// One of these shares of the limit.
    fn share(&mut self, of: &[u32]) -> u32 {
        let percent = self.rng.choice(of).copied().unwrap_or_default();
        self.limit * percent / 100
    }
}

/// For 20 minutes at one rate, then at another.
fn steady(course: &mut Course) {
    let rate = course.share(&[50, 80, 95, 100]);
    course.go_on(sim::Pattern::Steady(rate), 20 * MINUTE);
}

/// The same rates by chance.
fn poisson(course: &mut Course) {
    let rate = course.share(&[50, 80, 95, 100]);
    course.go_on(sim::Pattern::Poisson(rate), 20 * MINUTE);
}

/// Five seconds of requests at a random moment, about every second minute.
fn burst(course: &mut Course) {
    let before = course.rng.u64(20_000..220_000);
    course.go_on(sim::Pattern::Idle, before);
    let rate = course.share(&[50, 95, 100]) * 12;
    course.go_on(sim::Pattern::Steady(rate), 5_000);
}

/// Up for five minutes and down for five.
fn ramps(course: &mut Course) {
    let (top, over) = (course.limit * 11 / 10, Duration::from_mins(5));
    course.go_on(sim::Pattern::Ramp(0, top, over), 5 * MINUTE);
    course.go_on(sim::Pattern::Ramp(top, 0, over), 5 * MINUTE);
}

/// On for a minute and a half, off for about as long.
fn on_off(course: &mut Course) {
    course.go_on(sim::Pattern::Steady(course.limit), 90_000);
    let pause = course.rng.u64(30_000..150_000);
    course.go_on(sim::Pattern::Idle, pause);
}

/// Nothing for ten minutes or so, then nearly all at once.
fn spikes(course: &mut Course) {
    let pause = Duration::from_secs_f64(-600.0 * (1.0 - course.rng.f64()).ln());
    let pause = u64::try_from(pause.as_millis()).unwrap_or_default();
    course.go_on(sim::Pattern::Idle, pause.max(1_000));
    let rate = course.limit * 95 / 100 * 30;
    course.go_on(sim::Pattern::Steady(rate), 2_000);
}
