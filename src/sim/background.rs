//! Applications that spend an org's quota beside the exporter, so that limits move. A pattern is
//! pure; [`super::Controls::run`] knows that time passes.

use std::time::Duration;

use fastrand::Rng;

use super::credentials::Principal;

/// How an application's requests spread over time. Rates are requests a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// No requests.
    Idle,
    /// The same rate all the time.
    Steady(u32),
    /// Independent requests at this mean rate.
    Poisson(u32),
    /// So many requests at once, at the start of each interval.
    Burst(u32, Duration),
    /// From one rate to another over this long, then the latter.
    Ramp(u32, u32, Duration),
    /// This rate for the first duration, nothing for the second, and again.
    OnOff(u32, Duration, Duration),
}

impl Pattern {
    /// The requests between two moments since the application's start. Spans that join make the
    /// same sum however they are cut, but for [`Pattern::Poisson`], where only the mean does.
    pub fn requests(&self, from: Duration, to: Duration, rng: &mut Rng) -> u32 {
        if let Self::Poisson(rate) = self {
            return poisson(
                f64::from(*rate) * to.saturating_sub(from).as_secs_f64() / 60.0,
                rng,
            );
        }
        let due = self.due_by(to).saturating_sub(self.due_by(from));
        u32::try_from(due).unwrap_or(u32::MAX)
    }

    /// The whole requests due in all up to a moment.
    fn due_by(&self, at: Duration) -> u128 {
        let at = at.as_millis();
        let whole = |rate: u32, millis: u128| u128::from(rate) * millis / 60_000;
        match *self {
            Self::Idle | Self::Poisson(_) => 0,
            Self::Steady(rate) => whole(rate, at),
            Self::Burst(_, every) if every.is_zero() => 0,
            // The burst at the very start is due once any time has passed.
            Self::Burst(size, every) => u128::from(size) * at.div_ceil(every.as_millis().max(1)),
            Self::Ramp(first, last, over) => {
                let over = over.as_millis().max(1);
                let rising = at.min(over);
                let (first, last) = (u128::from(first), u128::from(last));
                // The area under the line, doubled until the one division.
                let area = first * rising * (2 * over - rising) + last * rising * rising;
                (area + 2 * over * last * (at - rising)) / (2 * over * 60_000)
            }
            Self::OnOff(rate, on, off) => {
                let (on, cycle) = (on.as_millis(), (on + off).as_millis().max(1));
                whole(rate, at / cycle * on + (at % cycle).min(on))
            }
        }
    }
}

/// Multiplies uniform draws until they fall below e^−mean: exact, and quick for a tick's mean.
fn poisson(mean: f64, rng: &mut Rng) -> u32 {
    let floor = (-mean).exp();
    let mut product = rng.f64();
    let mut count = 0;
    // A mean too large for this gives a floor of 0; a tick of it is bounded rather than endless.
    while product > floor && count < 10_000 {
        product *= rng.f64();
        count += 1;
    }
    count
}

/// An application that keeps asking for one path.
#[derive(Clone, Debug)]
pub struct Application {
    pub(super) who: Principal,
    pub(super) path: String,
    pub(super) pattern: Pattern,
    pub(super) seed: u64,
}

impl Application {
    /// An application calling `path` as `who`. To move what the exporter sees, it must be the
    /// exporter's own principal, or exhaust the org's bucket.
    pub fn new(who: Principal, path: &str, pattern: Pattern) -> Self {
        Self {
            who,
            path: path.to_owned(),
            pattern,
            seed: 0,
        }
    }

    /// Another course of chance.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn minute(pattern: Pattern) -> u32 {
        pattern.requests(Duration::ZERO, MINUTE, &mut Rng::with_seed(1))
    }

    #[test]
    fn a_minute_of_each_pattern_holds_what_it_says() {
        let ten = Duration::from_secs(10);
        assert_eq!(minute(Pattern::Idle), 0);
        assert_eq!(minute(Pattern::Steady(90)), 90);
        assert_eq!(minute(Pattern::Burst(7, ten)), 42);
        assert_eq!(minute(Pattern::Ramp(0, 100, MINUTE)), 50);
        assert_eq!(minute(Pattern::Ramp(0, 120, ten)), 110);
        assert_eq!(minute(Pattern::OnOff(60, ten, ten)), 30);
    }

    #[test]
    fn a_span_cut_in_ticks_sums_to_the_whole() {
        let tick = MINUTE / 600;
        for pattern in [Pattern::Steady(77), Pattern::Ramp(10, 200, MINUTE)] {
            let mut rng = Rng::with_seed(1);
            let ticks = (0..600).map(|n| pattern.requests(tick * n, tick * (n + 1), &mut rng));
            assert_eq!(ticks.sum::<u32>(), minute(pattern), "{pattern:?}");
        }
    }

    #[test]
    fn chance_keeps_the_mean_and_repeats_with_its_seed() {
        let total = |seed| {
            let mut rng = Rng::with_seed(seed);
            (0..1000)
                .map(|_| Pattern::Poisson(60).requests(Duration::ZERO, MINUTE / 60, &mut rng))
                .sum::<u32>()
        };
        assert!((850..1150).contains(&total(1)), "{}", total(1));
        assert_eq!(total(2), total(2));
    }
}
