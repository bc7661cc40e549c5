//! Observations counted in fixed buckets, as a plain value. How it is drawn,
//! [`super::text`] says.

/// Counts of observations by their size.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    counts: Box<[u64]>,
    count: u64,
    sum: f64,
}

impl Histogram {
    /// Upper bounds in seconds for an answer of Okta: from a warm connection nearby to the 30 s
    /// after which Okta itself advises to give up.
    pub const LATENCY: &[f64] = &[0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

    /// An empty histogram. The bounds are finite and ascend; the last bucket, `+Inf`, is implied.
    pub fn new(bounds: &'static [f64]) -> Self {
        debug_assert!(
            bounds.is_sorted_by(|a, b| a < b),
            "bounds must ascend: {bounds:?}"
        );
        Self {
            bounds,
            counts: vec![0; bounds.len()].into(),
            count: 0,
            sum: 0.0,
        }
    }

    /// Counts one observation. What is not a finite number is no observation: it would spoil the
    /// sum for good.
    pub fn observe(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.count += 1;
        self.sum += value;
    }

    /// How many observations there were.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all observations.
    pub const fn sum(&self) -> f64 {
        self.sum
    }

    /// Each upper bound with the number of observations at or below it, without `+Inf`.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut below = 0;
        self.bounds
            .iter()
            .zip(&self.counts)
            .map(move |(bound, count)| {
                below += count;
                (*bound, below)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_counts_in_its_bucket_and_all_above_it() {
        let mut histogram = Histogram::new(&[0.1, 1.0]);
        for seconds in [0.05, 0.1, 0.5, 7.0] {
            histogram.observe(seconds);
        }
        let buckets: Vec<_> = histogram.cumulative().collect();
        assert_eq!(buckets, [(0.1, 2), (1.0, 3)]);
        assert_eq!(histogram.count(), 4);
        assert!((histogram.sum() - 7.65).abs() < 1e-9);
    }

    #[test]
    fn what_is_not_a_number_is_not_observed() {
        let mut histogram = Histogram::new(Histogram::LATENCY);
        for nonsense in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            histogram.observe(nonsense);
        }
        assert_eq!(histogram, Histogram::new(Histogram::LATENCY));
    }
}
