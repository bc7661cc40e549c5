use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::fleet::events::tally::{Counted, Key, Tally};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Number(u8);

impl Key for Number {
    const MOST: usize = 5;

    fn rest(&self) -> Self {
        Self(self.0 % 2)
    }
}

proptest! {
    #[test]
    fn whatever_is_counted_the_sum_is_right_and_the_series_are_few(counted in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut tally = Tally::<Number>::default();
        for number in &counted {
            tally.count(Number(*number), None);
        }
        let sum: u64 = tally.iter().map(|(_, Counted { count, .. })| count).sum();
        prop_assert_eq!(sum, counted.len() as u64);
        prop_assert!(tally.iter().count() <= 5 + 2);
        let written = serde_json::to_value(&tally).unwrap();
        prop_assert_eq!(serde_json::from_value::<Tally<Number>>(written).unwrap(), tally);
    }
}
