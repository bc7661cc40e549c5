//! One event of the System Log, put together and written as Okta writes it.

use std::time::Duration;

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::sim::answer::random;

/// Between the beginning of the calendar that uuids count by and that of Unix, in 100 ns.
const UUID_EPOCH: i128 = 0x01B2_1DD2_1381_4000;

/// An event to be written. Everything but its type has a plausible default.
#[derive(Clone, Debug)]
pub struct LogEvent {
    event_type: String,
    message: String,
    severity: String,
    result: String,
    reason: Option<String>,
    actor: (String, String),
    address: String,
    targets: Vec<Value>,
    transaction: Map<String, Value>,
    debug: Map<String, Value>,
    published: Option<Timestamp>,
    late: Duration,
    uuid: Option<String>,
}

impl LogEvent {
    /// A successful event of this type by a user, published when it is written.
    pub fn new(event_type: &str) -> Self {
        Self {
            event_type: event_type.to_owned(),
            message: event_type.replace(['.', '_'], " "),
            severity: "INFO".to_owned(),
            result: "SUCCESS".to_owned(),
            reason: None,
            actor: ("User".to_owned(), "00u00000000000000000".to_owned()),
            address: "192.0.2.10".to_owned(),
            targets: Vec::new(),
            transaction: Map::new(),
            debug: Map::new(),
            published: None,
            late: Duration::ZERO,
            uuid: None,
        }
    }

    /// A user's sign-in.
    pub fn sign_in() -> Self {
        Self::new("user.session.start").debug("authnRequestId", random(24))
    }

    /// A user's sign-in that failed, for a reason such as `INVALID_CREDENTIALS`.
    pub fn failed_sign_in(reason: &str) -> Self {
        Self::sign_in().failed(reason)
    }

    /// What the administrator reads.
    #[must_use]
    pub fn message(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }

    /// `DEBUG`, `INFO`, `WARN`, `ERROR` or anything else.
    #[must_use]
    pub fn severity(mut self, severity: &str) -> Self {
        severity.clone_into(&mut self.severity);
        self
    }

    /// Lets it have failed for a reason.
    #[must_use]
    pub fn failed(self, reason: &str) -> Self {
        let mut event = self.severity("WARN").result("FAILURE");
        event.reason = Some(reason.to_owned());
        event
    }

    /// Its `outcome.result`.
    #[must_use]
    pub fn result(mut self, result: &str) -> Self {
        result.clone_into(&mut self.result);
        self
    }

    /// Who did it: a type such as `User` or `PublicClientApp`, and an id.
    #[must_use]
    pub fn actor(mut self, kind: &str, id: &str) -> Self {
        self.actor = (kind.to_owned(), id.to_owned());
        self
    }

    /// The address it came from.
    #[must_use]
    pub fn address(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// Adds a target: a type such as `URL Pattern`, and an id.
    #[must_use]
    pub fn target(mut self, kind: &str, id: &str) -> Self {
        self.targets.push(json!({
            "id": id, "type": kind, "alternateId": null, "displayName": null, "detailEntry": null,
        }));
        self
    }

    /// Sets a value of `debugContext.debugData`, nearly always a string.
    #[must_use]
    pub fn debug(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.debug.insert(name.to_owned(), value.into());
        self
    }

    /// Lets an API token have done it: its id goes to `transaction.detail`.
    #[must_use]
    pub fn by_api_token(mut self, id: &str) -> Self {
        self.transaction
            .insert("requestApiTokenId".to_owned(), id.into());
        self
    }

    /// Lets an OAuth client have done it, with an access token.
    #[must_use]
    pub fn by_oauth_client(mut self, id: &str) -> Self {
        let token = format!("AT.{}", random(43));
        let root = format!("AT.{}", random(43));
        let details = [
            ("requestApiTokenId", token.as_str()),
            ("requestApiTokenClientId", id),
            ("rootApiTokenId", &root),
        ];
        let details = details.map(|(name, value)| (name.to_owned(), value.into()));
        self.transaction.extend(details);
        self
    }

    /// Lets it have been published at this moment, though it is only now written.
    #[must_use]
    pub fn published(mut self, at: Timestamp) -> Self {
        self.published = Some(at);
        self
    }

    /// Lets it have been published so long before it is written.
    #[must_use]
    pub fn late(mut self, by: Duration) -> Self {
        self.late = by;
        self
    }

    /// Its uuid, which is otherwise a new one.
    #[must_use]
    pub fn uuid(mut self, uuid: &str) -> Self {
        self.uuid = Some(uuid.to_owned());
        self
    }

    pub(in crate::sim) fn event_type(&self) -> &str {
        &self.event_type
    }

    /// What all writings of it have in common.
    pub(in crate::sim) fn shape(&self, told_by: ToldBy) -> Shape {
        let addresses = json!([{
            "ip": self.address, "geographicalContext": null, "version": "V4", "source": null,
        }]);
        let mut event = json!({
            "actor": {
                "id": self.actor.1,
                "type": self.actor.0,
                "alternateId": "someone@example.com",
                "displayName": "Some One",
                "detailEntry": null,
            },
            "client": {
                "userAgent": {
                    "rawUserAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                    "os": "Linux",
                    "browser": "FIREFOX",
                },
                "zone": "null",
                "device": "Computer",
                "id": null,
                "ipAddress": self.address,
                "geographicalContext": null,
            },
            "device": null,
            "authenticationContext": {
                "authenticationProvider": null,
                "credentialProvider": null,
                "credentialType": null,
                "issuer": null,
                "interface": null,
                "authenticationStep": 0,
                "externalSessionId": "unknown",
            },
            "displayMessage": self.message,
            "eventType": self.event_type,
            "outcome": { "result": self.result, "reason": self.reason },
            "securityContext": {
                "asNumber": null, "asOrg": null, "isp": null, "domain": null, "isProxy": null,
            },
            "severity": self.severity,
            "debugContext": { "debugData": self.debug },
            "legacyEventType": null,
            "transaction": { "type": "WEB", "id": random(27), "detail": self.transaction },
            "version": "0",
            "request": { "ipChain": addresses },
            "target": if self.targets.is_empty() { Value::Null } else { json!(self.targets) },
        });
        if let (ToldBy::Hook, Some(event)) = (told_by, event.as_object_mut()) {
            event.remove("request");
            if let Some(client) = event.get_mut("client").and_then(Value::as_object_mut) {
                client.insert("ipChain".to_owned(), addresses);
            }
        }
        let text = event.to_string();
        Shape {
            rest: text.strip_prefix('{').unwrap_or(&text).to_owned(),
            published: self.published,
            late: self.late,
            uuid: self.uuid.clone(),
        }
    }
}

/// Whether the log or a hook tells of an event: they differ in where the addresses stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum ToldBy {
    Log,
    Hook,
}

/// An event without its uuid and its time, from which many can be made.
#[derive(Debug)]
pub(in crate::sim) struct Shape {
    rest: String,
    published: Option<Timestamp>,
    late: Duration,
    uuid: Option<String>,
}

impl Shape {
    /// The uuid and the time of publication of an event that is written now.
    pub(in crate::sim) fn stamp(&self, now: Timestamp) -> (String, Timestamp) {
        let late = SignedDuration::try_from(self.late).unwrap_or(SignedDuration::MAX);
        let published = self.published.unwrap_or(now);
        let published = published.checked_sub(late).unwrap_or(Timestamp::MIN);
        let uuid = self.uuid.clone().unwrap_or_else(|| new_uuid(published));
        (uuid, published)
    }

    pub(in crate::sim) fn text(&self, uuid: &str, published: Timestamp) -> Bytes {
        let rest = &self.rest;
        format!(r#"{{"published":"{published:.3}","uuid":"{uuid}",{rest}"#).into()
    }
}

/// A uuid of version 1, as most of Okta's are: the time is in it.
pub(in crate::sim) fn new_uuid(at: Timestamp) -> String {
    let ticks = at.as_nanosecond() / 100 + UUID_EPOCH;
    let (low, middle, high) = (
        ticks & 0xffff_ffff,
        (ticks >> 32) & 0xffff,
        (ticks >> 48) & 0x0fff,
    );
    let (sequence, node) = (fastrand::u16(..0x4000) | 0x8000, fastrand::u64(..1 << 48));
    format!("{low:08x}-{middle:04x}-1{high:03x}-{sequence:04x}-{node:012x}")
}
