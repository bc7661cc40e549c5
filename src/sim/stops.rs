//! The hand that lets what an org leans on stop, and begin again: agents, log streams, hooks, the org's
//! own place.

use super::controls::Controls;
use super::system_log::LogEvent;

impl Controls {
    /// Lets the agent of this name lose its connection.
    pub fn drop_agent(&self, name: &str) {
        let now = self.now();
        self.world().agent_pools.drop_agent(name, now);
    }

    /// Lets it connect again.
    pub fn return_agent(&self, name: &str) {
        self.world().agent_pools.return_agent(name);
    }

    /// Switches a log stream off, as Okta does after two deliveries that failed.
    pub fn deactivate_log_stream(&self, name: &str) {
        let event = LogEvent::new("system.log_stream.lifecycle.deactivate");
        let event = event.actor("SystemPrincipal", "okta");
        self.switch_log_stream(name, false, event);
    }

    /// Switches it on again, as an administrator does.
    pub fn activate_log_stream(&self, name: &str) {
        let event = LogEvent::new("system.log_stream.lifecycle.activate");
        let event = event.actor("User", "administrator");
        self.switch_log_stream(name, true, event);
    }

    fn switch_log_stream(&self, name: &str, is_active: bool, event: LogEvent) {
        self.world().integrations.switch_log_stream(name, is_active);
        self.log(&event.target("LogStream", name));
    }

    /// Lets an event hook lose its verification, as when its address is changed, or regain it.
    pub fn verify_hook(&self, name: &str, is_verified: bool) {
        self.world().integrations.verify_hook(name, is_verified);
    }

    /// Switches an inline hook off, or on.
    pub fn switch_inline_hook(&self, name: &str, is_active: bool) {
        self.world()
            .integrations
            .switch_inline_hook(name, is_active);
    }

    /// Lets the org fail over to where Okta recovers from disasters, or back.
    pub fn fail_over(&self, is_failed_over: bool) {
        self.world().org.is_failed_over = is_failed_over;
        let what = if is_failed_over {
            "failover"
        } else {
            "failback"
        };
        self.log(&LogEvent::new(&format!("system.dr.{what}")));
    }
}
