//! What may stand in an event's closed members. Okta's words vary in case and blanks, and new ones
//! come: an unknown word is `other`, and no word is `none`.

#[cfg(test)]
mod tests;

use crate::units::closed_list;

closed_list! {
    /// What came of it, as `outcome.result` tells.
    pub enum EventOutcome {
        /// It succeeded.
        Success = "success",
        /// It failed.
        Failure = "failure",
        /// It was left out.
        Skipped = "skipped",
        /// A policy allowed it.
        Allow = "allow",
        /// A policy denied it.
        Deny = "deny",
        /// More was asked for first; a nonce of DPoP is one since 2025.
        Challenge = "challenge",
        /// Okta does not know.
        Unknown = "unknown",
        /// A limit refused it.
        RateLimit = "rate_limit",
        /// It comes later.
        Deferred = "deferred",
        /// It is planned.
        Scheduled = "scheduled",
        /// Somebody gave it up.
        Abandoned = "abandoned",
        /// Nobody answered.
        Unanswered = "unanswered",
        /// A word that is not known here.
        Other = "other",
        /// It tells none.
        None = "none",
    }
}

closed_list! {
    /// How grave Okta finds it, as `severity` tells.
    pub enum EventSeverity {
        /// Of no interest.
        Debug = "debug",
        /// As usual.
        Info = "info",
        /// Worth a look.
        Warn = "warn",
        /// It went wrong.
        Error = "error",
        /// A word that is not known here.
        Other = "other",
        /// It tells none.
        None = "none",
    }
}

closed_list! {
    /// Why something failed, as `outcome.reason` tells. Sentences, which may name people, are `other`.
    pub enum EventReason {
        /// Wrong password or the like.
        InvalidCredentials = "invalid_credentials",
        /// A factor was not proved.
        VerificationError = "verification_error",
        /// Nobody is called so.
        UnknownUser = "unknown_user",
        /// The account is locked.
        LockedOut = "locked_out",
        /// The password is too old.
        PasswordExpired = "password_expired",
        /// A token, nonce or code is wrong or over.
        InvalidToken = "invalid_token",
        /// The request came from a network that is not let in.
        Network = "network",
        /// A policy or rule denies it.
        Policy = "policy",
        /// The user is not assigned to the application.
        NotAssigned = "not_assigned",
        /// The account or application is suspended or deactivated.
        Inactive = "inactive",
        /// RFC 6749: the grant is invalid, expired, revoked or another client's.
        InvalidGrant = "invalid_grant",
        /// RFC 6749: the client did not prove who it is.
        InvalidClient = "invalid_client",
        /// RFC 6749: the scope is unknown or not granted.
        InvalidScope = "invalid_scope",
        /// RFC 6749: the client may not use this grant.
        UnauthorizedClient = "unauthorized_client",
        /// RFC 6749: denied by the user or the server.
        AccessDenied = "access_denied",
        /// Consent was not given.
        ConsentRequired = "consent_required",
        /// RFC 9449: the proof is wrong.
        InvalidDpopProof = "invalid_dpop_proof",
        /// RFC 9449: a nonce was asked for first, which is how that begins and no fault.
        DpopNonce = "use_dpop_nonce",
        /// A limit refused it.
        RateLimit = "rate_limit",
        /// It took too long.
        Timeout = "timeout",
        /// Something that is not known here.
        Other = "other",
        /// It tells none.
        None = "none",
    }
}

/// Words as they are compared: lower case, with `_` for blanks and dashes.
pub(super) fn fold(word: &str) -> String {
    let folded = word.trim().chars().take(64).map(|c| match c {
        ' ' | '-' => '_',
        c => c.to_ascii_lowercase(),
    });
    folded.collect()
}

impl EventOutcome {
    /// What the member says; nothing where there is none.
    pub(super) fn told(word: Option<&str>) -> Self {
        match word {
            None => Self::None,
            // As it is written nearly always, without a copy.
            Some("SUCCESS") => Self::Success,
            Some("FAILURE") => Self::Failure,
            Some(word) => Self::named(&fold(word))
                .filter(|known| *known != Self::None)
                .unwrap_or(Self::Other),
        }
    }
}

impl EventSeverity {
    /// What the member says; nothing where there is none.
    pub(super) fn told(word: Option<&str>) -> Self {
        match word {
            None => Self::None,
            Some("INFO") => Self::Info,
            Some("WARN") => Self::Warn,
            Some(word) => match fold(word).as_str() {
                "warning" => Self::Warn,
                folded => Self::named(folded)
                    .filter(|known| *known != Self::None)
                    .unwrap_or(Self::Other),
            },
        }
    }
}

impl EventReason {
    /// What the member says; nothing where there is none.
    pub(super) fn told(word: Option<&str>) -> Self {
        let Some(word) = word.filter(|word| !word.is_empty()) else {
            return Self::None;
        };
        let folded = fold(word);
        match folded.as_str() {
            "user_unknown" | "unknown_user" | "user_not_found" | "invalid_user" => {
                Self::UnknownUser
            }
            "invalid_password" | "invalid_login" | "bad_credentials" | "authentication_failed" => {
                Self::InvalidCredentials
            }
            "verification_failed" | "invalid_passcode" | "invalid_factor" | "mfa_failed" => {
                Self::VerificationError
            }
            "locked" | "account_locked" | "user_locked_out" => Self::LockedOut,
            "expired_password" => Self::PasswordExpired,
            "expired_token" | "token_expired" | "invalid_nonce" | "invalid_session" => {
                Self::InvalidToken
            }
            "network_zone_blacklist" | "blocked_network" | "network_zone_blocked" => Self::Network,
            "sign_on_denied" | "policy_denied" | "no_matching_policy" | "no_matching_rule" => {
                Self::Policy
            }
            "user_not_assigned" | "user_is_not_assigned_to_this_app" => Self::NotAssigned,
            "suspended" | "deactivated" | "user_suspended" | "user_deactivated" => Self::Inactive,
            "invalid_client_credentials" | "invalid_client_secret" => Self::InvalidClient,
            "no_matching_scope" => Self::InvalidScope,
            "unauthorized_grant" => Self::UnauthorizedClient,
            "rate_limit_exceeded" => Self::RateLimit,
            "timed_out" => Self::Timeout,
            folded => Self::named(folded)
                .filter(|known| *known != Self::None)
                .unwrap_or(Self::Other),
        }
    }
}
