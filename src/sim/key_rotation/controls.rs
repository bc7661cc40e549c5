//! The hand that changes who rotates the keys of an authorization server.

use jiff::{SignedDuration, Timestamp};

use crate::sim::controls::Controls;

impl Controls {
    /// Lets a server's keys be rotated by hand from now on, and last so long ago.
    pub fn rotate_keys_by_hand(&self, server: &str, last: SignedDuration) {
        let at = self.now().saturating_sub(last).unwrap_or(Timestamp::MIN);
        let mut world = self.world();
        world.rotation.by_hand.insert(server.to_owned(), at);
    }

    /// Lets Okta rotate a server's keys again.
    pub fn rotate_keys_automatically(&self, server: &str) {
        self.world().rotation.by_hand.remove(server);
    }

    /// Gives an authorization server a status, such as `INACTIVE`.
    pub fn set_server_status(&self, server: &str, status: &str) {
        let mut world = self.world();
        let statuses = &mut world.rotation.statuses;
        statuses.insert(server.to_owned(), status.to_owned());
    }
}
