//! What may happen to a limit, whose it is, and who met it.

use crate::units::closed_list;

closed_list! {
    /// What happened to a limit.
    pub enum RateLimitEventKind {
        /// The org's use of a bucket has passed the share that Okta warns at.
        Warning = "warning",
        /// The org is beyond its limit, within what Okta grants for a while.
        Burst = "burst",
        /// The org has used a bucket up; requests are refused.
        Violation = "violation",
        /// A raised limit ends soon.
        ExpirationWarning = "expiration_warning",
        /// Too many requests of the org at once.
        ConcurrencyViolation = "concurrency_violation",
        /// A client (id, address and device) has used its own limit up.
        ClientViolation = "client_violation",
        /// It would have, if Okta enforced that limit.
        ClientNotification = "client_notification",
        /// Too many requests of a client at once.
        ClientConcurrencyViolation = "client_concurrency_violation",
        /// It would be, if Okta enforced that limit.
        ClientConcurrencyNotification = "client_concurrency_notification",
        /// A token or application nears its own ceiling.
        OperationWarning = "operation_warning",
        /// A token or application is at its own ceiling; only it is refused.
        OperationViolation = "operation_violation",
        /// Too many requests of a token or application at once.
        OperationConcurrencyViolation = "operation_concurrency_violation",
        /// An OAuth client has used nine tenths of its limit.
        ClientIdWarning = "client_id_warning",
        /// An integration was refused by a limit.
        IntegrationViolation = "integration_violation",
    }
}

impl RateLimitEventKind {
    /// What an event of this type says; `None` where its type is not about a limit being met.
    pub fn of(event_type: &str) -> Option<Self> {
        Some(match event_type {
            "system.org.rate_limit.warning" => Self::Warning,
            "system.org.rate_limit.burst" => Self::Burst,
            "system.org.rate_limit.violation" => Self::Violation,
            "system.org.rate_limit.expiration.warning" => Self::ExpirationWarning,
            "core.concurrency.org.limit.violation" => Self::ConcurrencyViolation,
            "system.client.rate_limit.violation" => Self::ClientViolation,
            "system.client.rate_limit.notification" => Self::ClientNotification,
            "system.client.concurrency_rate_limit.violation" => Self::ClientConcurrencyViolation,
            "system.client.concurrency_rate_limit.notification" => {
                Self::ClientConcurrencyNotification
            }
            "system.operation.rate_limit.warning" => Self::OperationWarning,
            "system.operation.rate_limit.violation" => Self::OperationViolation,
            "system.operation.concurrency_limit.violation" => Self::OperationConcurrencyViolation,
            "app.oauth2.client_id_rate_limit_warning" => Self::ClientIdWarning,
            "application.integration.rate_limit_exceeded" => Self::IntegrationViolation,
            _ => return None,
        })
    }

    /// Whose limit it is, where the event itself does not say.
    pub fn scope(self) -> RateLimitScope {
        match self {
            Self::Warning
            | Self::Burst
            | Self::Violation
            | Self::ExpirationWarning
            | Self::ConcurrencyViolation => RateLimitScope::Org,
            Self::ClientViolation
            | Self::ClientNotification
            | Self::ClientConcurrencyViolation
            | Self::ClientConcurrencyNotification
            | Self::ClientIdWarning => RateLimitScope::Client,
            Self::OperationWarning
            | Self::OperationViolation
            | Self::OperationConcurrencyViolation
            | Self::IntegrationViolation => RateLimitScope::Principal,
        }
    }

    /// True where requests were refused.
    pub fn is_violation(self) -> bool {
        matches!(
            self,
            Self::Violation
                | Self::ConcurrencyViolation
                | Self::ClientViolation
                | Self::ClientConcurrencyViolation
                | Self::OperationViolation
                | Self::OperationConcurrencyViolation
                | Self::IntegrationViolation
        )
    }
}

closed_list! {
    /// Whose limit it is.
    pub enum RateLimitScope {
        /// All of the org.
        Org = "org",
        /// An API token or an OAuth client.
        Principal = "principal",
        /// A client by id, address and device.
        Client = "client",
        /// One user.
        User = "user",
    }
}

closed_list! {
    /// What an offender is.
    pub enum OffenderKind {
        /// An API token, by its id (`00T…`).
        ApiToken = "api_token",
        /// An OAuth client, by its id (`0oa…`).
        OAuthClient = "oauth_client",
    }
}
