//! An org's API tokens: who uses them, and whoever makes and revokes them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::id;
use super::controls::Controls;
use super::credentials::ApiToken;
use super::world::World;

impl ApiToken {
    fn entry(&self, number: usize) -> Value {
        let life = &self.life;
        json!({
            "id": id("00T", number),
            "name": self.principal.name,
            "userId": id("00u", 0),
            "clientName": "Okta API",
            "tokenWindow": "P30D",
            "network": { "connection": life.connection },
            "created": "2024-05-14T09:00:00.000Z",
            "lastUpdated": format!("{:.3}", life.last_used),
            "expiresAt": format!("{:.3}", life.end()),
        })
    }
}

impl World {
    /// A principal asks for something: its tokens are in use.
    pub(super) fn use_tokens(&mut self, principal: &str, now: Timestamp) {
        for token in &mut self.org.api_tokens {
            if token.principal.name == principal && token.lives(now) {
                token.life.last_used = now;
            }
        }
    }

    /// The tokens that live, as their list tells them. Okta sends all on one page.
    pub(super) fn api_tokens(&self, now: Timestamp) -> Value {
        let tokens = self.org.api_tokens.iter().enumerate();
        let living = tokens.filter(|(_, token)| token.lives(now));
        Value::Array(living.map(|(number, token)| token.entry(number)).collect())
    }
}

impl Controls {
    /// Revokes the API tokens of this name, as whoever deactivates their owner does; whether there were
    /// any.
    pub fn revoke_api_token(&self, name: &str) -> bool {
        let mut world = self.world();
        let tokens = world.org.api_tokens.iter_mut();
        let named = tokens.filter(|token| token.alive && token.principal.name == name);
        named.fold(false, |_, token| {
            token.alive = false;
            true
        })
    }

    /// Adds an API token.
    pub fn add_api_token(&self, mut token: ApiToken) {
        token.life.begin(self.now());
        self.world().org.api_tokens.push(token);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::sim::{Clock, Org, Principal};

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn a_token_that_is_used_lives_on_and_one_that_is_not_ends_or_is_revoked() {
        let clock = Clock::by_hand(Timestamp::UNIX_EPOCH);
        let org = Org::new("acme")
            .clock(&clock)
            .api_token(ApiToken::new("busy", "1").unused_for(DAY))
            .api_token(ApiToken::new("idle", "2").unused_for(25 * DAY))
            .api_token(ApiToken::new("revoked", "3").connection("ZONE"));
        let controls = Controls::new(org, "http://127.0.0.1:1".to_owned(), Arc::default()).unwrap();
        let listed = || {
            let told = controls.world().api_tokens(clock.now());
            let entries = told.as_array().unwrap().clone().into_iter();
            let line = |entry: Value| {
                format!(
                    "{} {} {}",
                    entry["id"], entry["expiresAt"], entry["network"]["connection"]
                )
            };
            entries
                .map(|entry| line(entry).replace('"', ""))
                .collect::<Vec<_>>()
        };
        let first = [
            "00T00000000000000000 1970-01-30T00:00:00.000Z ANYWHERE",
            "00T00000000000000001 1970-01-06T00:00:00.000Z ANYWHERE",
            "00T00000000000000002 1970-01-31T00:00:00.000Z ZONE",
        ];
        assert_eq!(listed(), first);
        clock.advance(6 * DAY);
        controls.spend("/api/v1/users", &Principal::new("busy"), 1);
        controls.spend("/api/v1/users", &Principal::new("idle"), 1);
        assert!(controls.revoke_api_token("revoked"));
        assert!(!controls.revoke_api_token("revoked"));
        let then = ["00T00000000000000000 1970-02-06T00:00:00.000Z ANYWHERE"];
        assert_eq!(listed(), then);
    }
}
