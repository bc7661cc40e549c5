//! The last requests, and of those that did not end well the last: what somebody is asked for who has a
//! support ticket. Never a series, and of an answer no more than its status and a few headers.

use std::{collections::VecDeque, sync::Arc};

use super::ProbeId;
use crate::{okta::Exchange, units::Timestamp};

/// How many are kept.
const LAST: usize = 100;
const FAILED: usize = 300;

/// The last requests, the oldest first.
#[derive(Debug, Clone)]
pub struct Requests {
    /// Since when they are noted.
    pub since: Timestamp,
    /// Whatever came of them.
    pub last: VecDeque<Arc<PastRequest>>,
    /// Those that got no answer, or one that tells of an error.
    pub failed: VecDeque<Arc<PastRequest>>,
}

/// A request that is over.
#[derive(Debug)]
pub struct PastRequest {
    /// Who asked.
    pub id: ProbeId,
    /// What came of it.
    pub exchange: Exchange,
}

impl PastRequest {
    fn failed(&self) -> bool {
        let answer = self.exchange.answer.as_ref();
        !answer.is_ok_and(|answer| answer.status < 400)
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            since: Timestamp::now(),
            last: VecDeque::new(),
            failed: VecDeque::new(),
        }
    }
}

impl Requests {
    /// Notes the requests of one run.
    pub(super) fn note(&mut self, id: &ProbeId, exchanges: &[Exchange]) {
        for exchange in exchanges {
            let request = Arc::new(PastRequest {
                id: id.clone(),
                exchange: exchange.clone(),
            });
            if request.failed() {
                keep(&mut self.failed, &request, FAILED);
            }
            keep(&mut self.last, &request, LAST);
        }
    }
}

fn keep(kept: &mut VecDeque<Arc<PastRequest>>, request: &Arc<PastRequest>, most: usize) {
    if kept.len() >= most {
        kept.pop_front();
    }
    kept.push_back(Arc::clone(request));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        okta::{Phases, ResponseMeta},
        units::Moment,
    };

    #[test]
    fn failures_are_kept_longer_and_none_for_ever() {
        let id = ProbeId {
            org: None,
            probe: "status_page/okta".to_owned(),
        };
        let exchange = |path: usize, status: u16| Exchange {
            api: "status_page".into(),
            path: path.to_string(),
            credential: None,
            bucket: None,
            at: Timestamp::UNIX_EPOCH,
            sent: Moment::test_millis(0),
            took: Duration::ZERO,
            phases: Phases::default(),
            answer: Ok(ResponseMeta {
                status,
                request_id: None,
                error_code: None,
                date: None,
                rate_limit: None,
                limited: None,
                chain: None,
            }),
        };
        let mut requests = Requests::default();
        requests.note(&id, &[exchange(0, 400), exchange(1, 399)]);
        for path in 2..1_000 {
            requests.note(&id, &[exchange(path, 200)]);
        }
        let paths = |kept: &VecDeque<Arc<PastRequest>>| {
            let paths = kept.iter().map(|request| request.exchange.path.clone());
            paths.collect::<Vec<_>>()
        };
        assert_eq!(paths(&requests.failed), ["0"]);
        assert_eq!(requests.last.len(), LAST);
        assert_eq!(paths(&requests.last).last().unwrap(), "999");
        let silent = Exchange {
            answer: Err("timeout"),
            ..exchange(0, 0)
        };
        requests.note(&id, &vec![silent; 1_000]);
        assert_eq!(requests.failed.len(), FAILED);
    }
}
