//! When something that Okta served is held to be gone. Its answers are eventually consistent: a node
//! of its edge may lag for minutes, and answers over one connection are one node's. So it takes
//! several answers over several connections, over some time.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::units::OktaTime;

/// So many answers in a row must lack it,
const ANSWERS: u32 = 3;
/// over so many connections,
const CONNECTIONS: u32 = 2;
/// and the last so long after the first.
const SPAN: SignedDuration = SignedDuration::from_mins(3);

/// What is known of something that the last answers lacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Missed {
    /// When the first of them came: it was gone by then, if it is gone.
    pub(super) first: OktaTime,
    last: OktaTime,
    pub(super) answers: u32,
    connections: u32,
}

impl Missed {
    /// One answer more that lacks it.
    pub(super) fn once_more(known: Option<Self>, at: OktaTime, new_connection: bool) -> Self {
        match known {
            None => Self {
                first: at,
                last: at,
                answers: 1,
                connections: 1,
            },
            Some(known) => Self {
                // A clock that was set right must not put the end off.
                first: known.first.min(at),
                last: at,
                answers: known.answers.saturating_add(1),
                connections: known.connections.saturating_add(u32::from(new_connection)),
            },
        }
    }

    /// True where it is gone.
    pub(super) fn is_settled(self) -> bool {
        self.answers >= ANSWERS
            && self.connections >= CONNECTIONS
            && self.last.since(self.first) >= SPAN
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What answers at these seconds come to, each over a new connection or the old one.
    fn is_settled(answers: &[(u64, bool)]) -> bool {
        let at = |seconds| OktaTime::default().plus(Duration::from_secs(seconds));
        let missed = answers.iter().fold(None, |known, (seconds, new)| {
            Some(Missed::once_more(known, at(*seconds), *new))
        });
        missed.is_some_and(Missed::is_settled)
    }

    #[test]
    fn it_takes_three_answers_over_two_connections_and_three_minutes() {
        assert!(is_settled(&[(0, false), (60, true), (180, false)]));
        assert!(!is_settled(&[(0, true), (180, true)]), "two answers");
        assert!(
            !is_settled(&[(0, true), (60, false), (180, false)]),
            "one connection"
        );
        assert!(
            !is_settled(&[(0, true), (60, true), (179, true)]),
            "too soon"
        );
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_put_it_off() {
        assert!(is_settled(&[(3600, true), (60, true), (240, true)]));
    }
}
