//! What may come of a delivery.

use crate::units::closed_list;

closed_list! {
    /// What came of a delivery.
    pub enum DeliveryResult {
        /// It is kept.
        Accepted = "accepted",
        /// It does not prove that it is Okta's.
        Unauthorized = "unauthorized",
        /// It is no delivery, or too large for one.
        Malformed = "malformed",
        /// It could not be kept, or not in time: Okta may try again.
        Unavailable = "unavailable",
    }
}
