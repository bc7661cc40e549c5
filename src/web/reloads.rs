//! The settings, read again: who asks for it, and how the last time went. Whoever owns the settings
//! does it; here it is only asked for and told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use tokio::sync::{mpsc, oneshot};

use super::families::{CONFIG_HASH, RELOAD_SUCCESSFUL, RELOADED_AT};
use crate::{metrics::Page, units::Timestamp};

/// What a reload came to: what it changed, or all that is wrong, a line each.
pub type Reloaded = Result<String, Vec<String>>;

/// How many may ask before the first is answered; more wait.
const ASKING: usize = 8;

/// Asks for a reload, and knows how the last one went.
#[derive(Debug, Clone)]
pub struct Reloads {
    asks: mpsc::Sender<ReloadRequest>,
    last: Arc<Mutex<Last>>,
}

/// Somebody asks for a reload, and waits.
#[derive(Debug)]
pub struct ReloadRequest(oneshot::Sender<Reloaded>);

#[derive(Debug)]
struct Last {
    successful: bool,
    succeeded_at: Timestamp,
    hash: u64,
}

impl Reloads {
    /// The settings of the start are in force; and what is asked from now on.
    pub fn new(shown: &str) -> (Self, mpsc::Receiver<ReloadRequest>) {
        let (asks, asked) = mpsc::channel(ASKING);
        let last = Last {
            successful: true,
            succeeded_at: Timestamp::now(),
            hash: hash(shown),
        };
        let last = Arc::new(Mutex::new(last));
        (Self { asks, last }, asked)
    }

    /// Asks for a reload and waits for what it came to.
    pub async fn ask(&self) -> Reloaded {
        let ending = || vec!["the exporter is about to end".to_owned()];
        let (request, answer) = oneshot::channel();
        let asked = self.asks.send(ReloadRequest(request)).await;
        asked.map_err(|_| ending())?;
        answer.await.map_err(|_| ending())?
    }

    /// The settings that are shown so are in force from now on.
    pub fn succeeded(&self, shown: &str) {
        *self.last() = Last {
            successful: true,
            succeeded_at: Timestamp::now(),
            hash: hash(shown),
        };
    }

    /// What was read is no configuration, and the settings are as they were.
    pub fn failed(&self) {
        self.last().successful = false;
    }

    pub(super) fn draw(&self, page: &mut Page) {
        let last = self.last();
        let seconds = last.succeeded_at.as_millisecond() as f64 / 1e3;
        page.push(&RELOAD_SUCCESSFUL, &[], f64::from(last.successful));
        page.push(&RELOADED_AT, &[], seconds);
        page.push(&CONFIG_HASH, &[], last.hash as f64);
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReloadRequest {
    /// Tells who asked what it came to. Whoever has gone meanwhile is told nothing.
    pub fn answer(self, reloaded: Reloaded) {
        drop(self.0.send(reloaded));
    }
}

/// The settings as a number: as much of a checksum as a float holds exactly.
fn hash(shown: &str) -> u64 {
    let sum = digest(&SHA256, shown.as_bytes());
    let bytes = sum.as_ref().iter().take(6);
    bytes.fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// Reads the settings again, and answers once they are in force or refused.
pub(super) async fn reload(State(reloads): State<Reloads>, headers: HeaderMap) -> Response {
    // A browser says so where a page elsewhere asks.
    let from = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if !matches!(from, None | Some(b"same-origin" | b"none")) {
        let told = "a page elsewhere may not ask for that\n";
        return (StatusCode::FORBIDDEN, told).into_response();
    }
    match reloads.ask().await {
        Ok(told) => format!("{told}\n").into_response(),
        Err(problems) => {
            let told = format!("the settings stay as they were:\n{}\n", problems.join("\n"));
            (StatusCode::INTERNAL_SERVER_ERROR, told).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(reloads: &Reloads) -> Vec<String> {
        let mut page = Page::new();
        reloads.draw(&mut page);
        page.test_series()
    }

    #[test]
    fn a_reload_that_fails_is_told_and_leaves_the_hash_and_the_time_of_the_last_good_one() {
        let (reloads, _asked) = Reloads::new("{}");
        let good = drawn(&reloads);
        assert!(good.contains(&"okta_exporter_config_last_reload_successful 1".to_owned()));
        reloads.failed();
        let failed = drawn(&reloads);
        assert!(failed.contains(&"okta_exporter_config_last_reload_successful 0".to_owned()));
        assert_eq!(good[1..].len(), 2);
        let kept = good.iter().filter(|line| failed.contains(line)).count();
        assert_eq!(kept, 2, "{good:?} {failed:?}");
        reloads.succeeded("{}");
        assert_eq!(
            drawn(&reloads)[0],
            good[0],
            "the same settings, the same hash"
        );
        reloads.succeeded("{ }");
        assert_ne!(drawn(&reloads)[0], good[0]);
    }

    #[test]
    fn a_hash_is_exact_as_a_float() {
        assert_eq!(hash("{}"), 0x4413_6fa3_55b3);
        assert!(hash("x") < 1 << 48);
    }

    #[tokio::test]
    async fn who_asks_while_it_ends_is_told_so() {
        let (reloads, asked) = Reloads::new("{}");
        drop(asked);
        assert!(reloads.ask().await.is_err());
        let (reloads, mut asked) = Reloads::new("{}");
        let (told, ()) = tokio::join!(reloads.ask(), async {
            asked
                .recv()
                .await
                .unwrap()
                .answer(Ok("read again".to_owned()));
        });
        assert_eq!(told, Ok("read again".to_owned()));
    }
}
