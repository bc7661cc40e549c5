//! What an org writes to its log of what happens in it. That something was read leaves no trace.

use jiff::Timestamp;

use super::event::{LogEvent, ToldBy};
use super::limits::Limited;
use crate::sim::answer::id;
use crate::sim::counters::{Taken, Verdict};
use crate::sim::credentials::Principal;
use crate::sim::faults::Fault;
use crate::sim::hooks::Told;
use crate::sim::rate_limit_bucket::RateLimitHeaders;
use crate::sim::world::World;
use crate::sim::{ORG, counters::Asked};

impl World {
    /// Writes an event; its uuid is returned.
    pub(in crate::sim) fn log(&mut self, event: &LogEvent, now: Timestamp) -> String {
        let mut uuids = self.log_many(event, 1, now);
        uuids.pop().unwrap_or_default()
    }

    /// Writes an event so many times, each with a uuid of its own.
    pub(in crate::sim) fn log_many(
        &mut self,
        event: &LogEvent,
        times: usize,
        now: Timestamp,
    ) -> Vec<String> {
        let hooks = self.hooks.told_of(event.event_type());
        let told = (!hooks.is_empty()).then(|| {
            let ids: Vec<&str> = hooks.iter().map(|hook| hook.id.as_str()).collect();
            event.clone().debug("targetEventHookIds", ids.join(","))
        });
        let event = told.as_ref().unwrap_or(event);
        let shape = event.shape(ToldBy::Log);
        let pushed = told.as_ref().map(|told| told.shape(ToldBy::Hook));
        let write = |_| {
            let (uuid, published) = shape.stamp(now);
            let text = shape.text(&uuid, published);
            if let Some(pushed) = &pushed {
                let told = Told::new(&uuid, pushed.text(&uuid, published));
                for hook in &hooks {
                    hook.tell(told.clone());
                }
            }
            let name = (event.event_type().to_owned(), uuid.clone());
            self.log.append(name, (published, text), now);
            uuid
        };
        (0..times).map(write).collect()
    }

    /// Charges a request to its bucket, and writes what becomes of the limits.
    pub(in crate::sim) fn charge(
        &mut self,
        asked: Asked<'_>,
        who: Option<&Principal>,
        now: Timestamp,
    ) -> Verdict {
        let Taken {
            verdict,
            org,
            principal,
        } = self.counters.take(asked, who, now);
        if let Some(who) = who {
            self.use_tokens(&who.name, now);
        }
        let threshold = self.org.warning_threshold;
        match verdict {
            Verdict::Pass(_) => {
                if crosses(org, threshold) {
                    let event = self.org_limit(Limited::Warned, asked, org, now);
                    let event = event.debug("warningPercent", threshold.to_string());
                    self.log_by(who, event, now);
                }
                if principal.is_some_and(|shown| crosses(shown, threshold)) {
                    self.log_operation(Limited::Warned, asked, who, now);
                }
            }
            Verdict::Refuse(_) if principal.is_some_and(|shown| shown.remaining == 0) => {
                self.log_operation(Limited::Violated, asked, who, now);
            }
            Verdict::Refuse(_) => {
                let event = self.org_limit(Limited::Violated, asked, org, now);
                self.log_by(who, event, now);
            }
        }
        verdict
    }

    /// Writes that a limit was violated, where a fault stands for it.
    pub(in crate::sim) fn log_fault(
        &mut self,
        fault: &Fault,
        (asked, who): (Asked<'_>, Option<&Principal>),
        now: Timestamp,
    ) {
        let event = if fault.is_concurrency() {
            LogEvent::concurrency_limit().debug("requestUri", asked.1)
        } else if fault.is_rate_limit() {
            let org = self.counters.reading(asked, None, now);
            self.org_limit(Limited::Violated, asked, org, now)
        } else {
            return;
        };
        self.log_by(who, event, now);
    }

    /// Writes that a server granted an app a token, or why it did not.
    pub(in crate::sim) fn log_grant(
        &mut self,
        (server, client): (&str, &str),
        refused: Option<&str>,
        now: Timestamp,
    ) {
        let event_type = match (refused, server) {
            (Some("invalid_client"), _) => "app.oauth2.invalid_client_credentials",
            (_, ORG) => "app.oauth2.token.grant",
            _ => "app.oauth2.as.token.grant",
        };
        let event = LogEvent::new(event_type)
            .actor("PublicClientApp", client)
            .target("AuthorizationServer", server)
            .debug("grantType", "client_credentials");
        let event = match refused {
            Some(reason) => event.failed(reason),
            None => event,
        };
        self.log(&event, now);
    }

    /// Writes that a server signs with a new key, from `at` on.
    pub(in crate::sim) fn log_rollover(&mut self, server: &str, at: Timestamp) {
        self.rollovers.push((at, server.to_owned()));
    }

    /// Writes that it signs with a new key from `at` on, in place of another that was announced.
    pub(in crate::sim) fn log_next_rollover(
        &mut self,
        server: &str,
        at: Timestamp,
        now: Timestamp,
    ) {
        let due = |(due, of): &(Timestamp, String)| *due <= now || of != server;
        self.rollovers.retain(due);
        self.log_rollover(server, at);
    }

    /// Writes what has become due by now.
    pub(in crate::sim) fn log_due(&mut self, now: Timestamp) {
        let due = self.rollovers.extract_if(.., |(at, _)| *at <= now);
        for (at, server) in due.collect::<Vec<_>>() {
            let event_type = if server == ORG {
                "app.oauth2.key.rollover"
            } else {
                "app.oauth2.as.key.rollover"
            };
            let event = LogEvent::new(event_type)
                .actor("SystemPrincipal", "okta")
                .target("AuthorizationServer", &server)
                .published(at);
            self.log(&event, now);
        }
    }

    fn org_limit(
        &self,
        how: Limited,
        asked: Asked<'_>,
        org: RateLimitHeaders,
        now: Timestamp,
    ) -> LogEvent {
        let left = org.reset.saturating_sub(now.as_second());
        LogEvent::org_limit(how, &self.counters.pattern(asked), org.limit)
            .debug("rateLimitSecondsToReset", left.to_string())
            .debug("requestUri", asked.1)
            .debug("url", asked.1)
    }

    fn log_operation(
        &mut self,
        how: Limited,
        asked: Asked<'_>,
        who: Option<&Principal>,
        now: Timestamp,
    ) {
        let shown = self.counters.reading(asked, who, now);
        let app = who.is_some_and(|who| self.org.client_ids().contains(who.name.as_str()));
        let subtype = if app { "oauth_client" } else { "ssws_token" };
        let pattern = self.counters.pattern(asked);
        let left = shown.reset.saturating_sub(now.as_second());
        let event = LogEvent::operation_limit(how, &pattern, subtype, shown.limit)
            .debug("operationRateLimitSecondsToReset", left.to_string())
            .debug("requestUri", asked.1);
        self.log_by(who, event, now);
    }

    /// Writes an event that names the credential it came of, if it is one of the org's.
    fn log_by(&mut self, who: Option<&Principal>, event: LogEvent, now: Timestamp) {
        let name = who.map(|who| who.name.as_str()).unwrap_or_default();
        let alive = self.org.api_tokens.iter().filter(|token| token.alive);
        let number = alive
            .map(|token| &token.principal.name)
            .position(|known| known == name);
        let event = match number {
            Some(number) => event.by_api_token(&id("00T", number)),
            None if self.org.client_ids().contains(name) => {
                event.actor("PublicClientApp", name).by_oauth_client(name)
            }
            None => event,
        };
        self.log(&event, now);
    }
}

/// Whether the next request brings a counter to its threshold.
fn crosses(before: RateLimitHeaders, threshold: u32) -> bool {
    let used = u64::from(before.limit.saturating_sub(before.remaining));
    let due = u64::from(before.limit) * u64::from(threshold);
    used * 100 < due && due <= (used + 1) * 100
}
