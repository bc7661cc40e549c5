//! Okta's words about an org.

use crate::units::closed_list;

closed_list! {
    /// Whether the org is in use.
    pub(super) enum OrgStatus {
        /// It is.
        Active = "active",
        /// It was switched off.
        Inactive = "inactive",
        /// What is new at Okta.
        Other = "other",
    }
}

closed_list! {
    /// What ThreatInsight does about requests from suspicious addresses.
    pub(super) enum ThreatAction {
        /// Nothing.
        None = "none",
        /// It writes them to the System Log.
        Audit = "audit",
        /// It refuses them.
        Block = "block",
        /// What is new at Okta.
        Other = "other",
    }
}

closed_list! {
    /// Okta's own mails to administrators.
    pub(super) enum Notification {
        AdAgent = "ad_agent",
        AgentAutoUpdate = "agent_auto_update_notification",
        AgentAutoUpdateLdap = "agent_auto_update_notification_ldap",
        AppImport = "app_import",
        ConnectorAgent = "connector_agent",
        IwaAgent = "iwa_agent",
        LdapAgent = "ldap_agent",
        OktaAnnouncement = "okta_announcement",
        OktaUpdate = "okta_update",
        RateLimit = "ratelimit_notification",
        SuspiciousActivity = "report_suspicious_activity",
        UserDeprovision = "user_deprovision",
        UserLockedOut = "user_locked_out",
        /// What is new at Okta.
        Other = "other",
    }
}

closed_list! {
    /// Whether Okta Support may sign in.
    pub(super) enum SupportState {
        /// It may.
        Enabled = "enabled",
        /// It may not.
        Disabled = "disabled",
    }
}
