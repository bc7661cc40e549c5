//! The series of authorization servers, and which of them somebody must do something about.

use std::cmp::Reverse;

use jiff::SignedDuration;

use super::{
    memory::{Memory, Observation},
    read::{Server, Status},
};
use crate::{
    guide::{Fact, Finding, Severity},
    metrics::{Family, Page},
    probe::{
        cap::{Capped, cap},
        end::{End, soonest},
        kind::Scope,
        reader::withheld,
    },
    units::OktaTime,
};

const SERVER: &[&str] = &["org", "authorization_server"];
const LAST_ROTATED: Family = Family::gauge(
    "okta_signing_key_last_rotated_timestamp_seconds",
    "When the custom authorization server came to sign with its present key.",
    SERVER,
);
const NEXT_ROTATION: Family = Family::gauge(
    "okta_signing_key_next_rotation_timestamp_seconds",
    "When Okta means to rotate the key next; absent where it is rotated by hand.",
    SERVER,
);
const AUTOMATIC: Family = Family::gauge(
    "okta_signing_key_rotation_automatic",
    "1 where Okta rotates the key, 0 where somebody must.",
    SERVER,
);
const STATUS: Family = Family::gauge(
    "okta_authorization_server_status",
    "1 for the status in force.",
    &["org", "authorization_server", "status"],
);

pub(super) const FAMILIES: &[&Family] = &[&LAST_ROTATED, &NEXT_ROTATION, &AUTOMATIC, &STATUS];

/// A key that nobody has rotated by hand for so long stands out.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How long before a rotation it is worth a word.
const ROTATES_SOON: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The most servers that get series of their own.
const MOST: usize = 100;

/// The servers that get series of their own; of too many, those that nobody rotates, the longest first.
pub(super) fn drawn(memory: &Memory) -> Capped<(&str, &Server)> {
    let servers = memory.servers.iter();
    let servers = servers.map(|(label, server)| (label.as_str(), server));
    cap(servers, MOST, |(_, server)| {
        (
            server.automatic == Some(false),
            Reverse(server.last_rotated),
        )
    })
}

pub(super) fn dropped(memory: &Memory) -> usize {
    drawn(memory).dropped
}

pub(super) fn draw(memory: &Memory, scope: Scope<'_>, page: &mut Page) {
    for (label, server) in drawn(memory).kept {
        let labels = [scope.org, label];
        let (last, next) = (server.last_rotated, server.next_rotation);
        page.push_some(&LAST_ROTATED, &labels, last.map(OktaTime::seconds));
        page.push_some(&NEXT_ROTATION, &labels, next.map(OktaTime::seconds));
        page.push_some(&AUTOMATIC, &labels, server.automatic.map(f64::from));
        if let Some(status) = server.status {
            page.push(&STATUS, &[scope.org, label, status.as_str()], 1.0);
        }
    }
}

/// When the keys of those that rotate by themselves are next to change. Nothing need be done then.
pub(super) fn ends(memory: &Memory, now: OktaTime) -> Vec<End> {
    let servers = memory.servers.iter();
    let in_use = servers.filter(|(_, server)| server.status != Some(Status::Inactive));
    let ahead = in_use.filter_map(|(label, server)| {
        let next = server.next_rotation.filter(|next| *next > now)?;
        Some((next, label))
    });
    let end = |(at, label): (OktaTime, &String)| {
        let is_near = at.since(now) < ROTATES_SOON;
        End {
            severity: is_near.then_some(Severity::Info),
            ..End::new("signing key", label, at)
        }
    };
    soonest(ahead).map(end).collect()
}

/// What somebody must see to.
pub(super) fn findings(memory: &Memory, seen: &Observation, now: OktaTime) -> Vec<Finding> {
    let withheld = withheld(seen.withheld.as_ref());
    let servers = memory.servers.iter();
    let overdue = servers.filter(|(_, server)| server.is_overdue(now));
    let finding = |(label, server): (&String, &Server)| {
        let last = server.last_rotated.unwrap_or_default();
        let (name, ago) = (&server.name, now.since(last).as_hours() / 24);
        let what = format!(
            "the key of the authorization server `{name}` ({label}) is rotated by hand, and was last rotated {ago} days ago"
        );
        Finding::new(Fact::SigningKeyNotRotated, what).about(label)
    };
    overdue.map(finding).chain(withheld).collect()
}

impl Server {
    /// True where the key is rotated by hand and was not for a year.
    fn is_overdue(&self, now: OktaTime) -> bool {
        let is_manual = self.automatic == Some(false) && self.status != Some(Status::Inactive);
        is_manual
            && self
                .last_rotated
                .is_some_and(|last| now.since(last) > LONG_AGO)
    }
}
