//! What carries an org's events and decisions away: what there is, and what works of it.

use serde_json::{Value, json};

use super::answer::id;

/// What carries one org's events away, by names, each with whether it works.
#[derive(Debug)]
pub(super) struct Integrations {
    log_streams: Vec<(&'static str, bool)>,
    /// Hooks to systems that are no part of the simulation: verified or not.
    event_hooks: Vec<(&'static str, bool)>,
    inline_hooks: Vec<(&'static str, bool)>,
}

impl Integrations {
    /// One of each, all in order.
    pub(super) fn new() -> Self {
        Self {
            log_streams: vec![("to-the-archive", true)],
            event_hooks: vec![("to-the-tickets", true)],
            inline_hooks: vec![("claims-of-billing", true)],
        }
    }

    /// As the Management API lists them; credentials are shown nowhere.
    pub(super) fn log_streams(&self) -> Value {
        let entity = |(number, (name, is_active)): (usize, &(&str, bool))| {
            json!({
                "id": id("0oa", 80 + number),
                "name": name,
                "type": "aws_eventbridge",
                "status": if *is_active { "ACTIVE" } else { "INACTIVE" },
                "created": "2024-05-14T09:00:00.000Z",
                "lastUpdated": "2024-05-14T09:00:00.000Z",
                "settings": { "accountId": "123456789012", "eventSourceName": name, "region": "us-east-2" },
            })
        };
        self.log_streams.iter().enumerate().map(entity).collect()
    }

    /// Likewise; those that the simulation delivers to are [`super::hooks`]'.
    pub(super) fn event_hooks(&self) -> Vec<Value> {
        let entity = |(number, (name, is_verified)): (usize, &(&str, bool))| {
            json!({
                "id": id("who", 80 + number),
                "name": name,
                "status": "ACTIVE",
                "verificationStatus": if *is_verified { "VERIFIED" } else { "UNVERIFIED" },
                "events": { "type": "EVENT_TYPE", "items": ["user.account.lock"] },
                "channel": { "type": "HTTP", "version": "1.0.0", "config": { "uri": "https://tickets.example.com/" } },
            })
        };
        self.event_hooks.iter().enumerate().map(entity).collect()
    }

    /// Likewise.
    pub(super) fn inline_hooks(&self) -> Value {
        let entity = |(number, (name, is_active)): (usize, &(&str, bool))| {
            json!({
                "id": id("cal", number),
                "name": name,
                "type": "com.okta.oauth2.tokens.transform",
                "version": "1.0.0",
                "status": if *is_active { "ACTIVE" } else { "INACTIVE" },
                "channel": { "type": "HTTP", "version": "1.0.0", "config": { "uri": "https://claims.example.com/" } },
            })
        };
        self.inline_hooks.iter().enumerate().map(entity).collect()
    }

    pub(super) fn switch_log_stream(&mut self, name: &str, is_active: bool) {
        set(&mut self.log_streams, name, is_active);
    }

    pub(super) fn verify_hook(&mut self, name: &str, is_verified: bool) {
        set(&mut self.event_hooks, name, is_verified);
    }

    pub(super) fn switch_inline_hook(&mut self, name: &str, is_active: bool) {
        set(&mut self.inline_hooks, name, is_active);
    }
}

fn set(all: &mut [(&'static str, bool)], name: &str, works: bool) {
    let named = all.iter_mut().filter(|(known, _)| *known == name);
    named.for_each(|(_, is)| *is = works);
}
