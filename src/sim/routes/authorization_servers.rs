//! The org's custom authorization servers, as the Management API lists them.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use crate::sim::answer::Answer;
use crate::sim::clock::after;
use crate::sim::world::World;

/// How long Okta leaves a key in use: 90 days to the second.
const ROTATED_EACH: Duration = Duration::from_hours(90 * 24);

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let mut servers = Vec::new();
    for server in world.org.servers.clone() {
        let (status, signing) = world.signing(&server, call.now);
        servers.push(json!({
            "id": server,
            "name": server,
            "status": status,
            "issuer": world.issuer(&server),
            "issuerMode": "ORG_URL",
            "audiences": ["api://default"],
            "credentials": { "signing": signing },
        }));
    }
    Answer::resource(&Value::Array(servers))
}

impl World {
    /// A server's status, and its `credentials.signing`.
    fn signing(&mut self, server: &str, now: Timestamp) -> (String, Value) {
        let status = self.rotation.statuses.get(server).cloned();
        let status = status.unwrap_or_else(|| "ACTIVE".to_owned());
        if let Some(last) = self.rotation.by_hand.get(server) {
            let signing = json!({ "rotationMode": "MANUAL", "lastRotated": format!("{last:.3}") });
            return (status, signing);
        }
        let known = self.rotations(server, now);
        let (last, next) = known.unwrap_or((self.began, None));
        let next = next.unwrap_or(after(last, ROTATED_EACH));
        let signing = json!({
            "rotationMode": "AUTO",
            "lastRotated": format!("{last:.3}"),
            "nextRotation": format!("{next:.3}"),
        });
        (status, signing)
    }
}
