//! What reading a path takes: the scope, by Okta's own list ([`okta::scopes`](crate::okta::scopes)),
//! and the least admin role, by the kinds of probes that read it. One table: `plan`, `diagnose`, the
//! documentation and what is said of a refusal read it here.

use std::fmt;

use super::kind::Access;
use crate::okta::{Failure, Reason, scopes};

/// The role that reads most of the Management API.
const READS_MOST: &str = "Read-Only Administrator";

/// What reading a path takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// The scope of an access token; `None` where that is not known.
    pub scope: Option<&'static str>,
    /// The least of Okta's standard admin roles that may, of a service app or of an API token's owner.
    pub role: &'static str,
}

impl Permission {
    /// What a GET of this path takes, where a probe with this access asks; `None` for what is public,
    /// or no part of the Management API. What people write themselves is read by the least role of
    /// whoever here reads the same.
    pub fn to_read(
        path: &str,
        access: Access,
        all: impl IntoIterator<Item = Access>,
    ) -> Option<Self> {
        if !path.starts_with("/api/") {
            return None;
        }
        let scope = scopes::needed(path);
        let of = |access: Access| match access {
            Access::Read { paths, role } => Some((paths, role)),
            Access::Public | Access::Path => None,
        };
        let own = of(access).map(|(_, role)| role);
        let others = || {
            let mut reading = all.into_iter().filter_map(of);
            let same = |path: &&str| scope.is_some() && scopes::needed(path) == scope;
            reading.find_map(|(paths, role)| paths.iter().any(same).then_some(role))
        };
        Some(Self {
            scope,
            role: own.or_else(others).unwrap_or(READS_MOST),
        })
    }

    /// The path that a credential was not allowed to read.
    pub(super) fn refused(failure: &Failure) -> Option<&str> {
        if failure.reason() != Reason::Forbidden {
            return None;
        }
        match failure {
            Failure::MissingScope(missing) => Some(&missing.path),
            Failure::Refused(refusal) if !refusal.anonymous && refusal.status == 403 => {
                Some(&refusal.path)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = self.role;
        match self.scope {
            Some(scope) => write!(f, "the scope {scope}, and at the least the role {role}"),
            None => write!(f, "at the least the role {role}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGS: Access = Access::Read {
        paths: &["/api/v1/logs"],
        role: "Report Administrator",
    };

    #[test]
    fn a_path_takes_a_scope_and_the_least_role_of_whoever_reads_the_same() {
        let told = |path: &str, access| {
            let found = Permission::to_read(path, access, [Access::Public, LOGS]);
            found.map(|found| found.to_string()).unwrap_or_default()
        };
        let logs = "the scope okta.logs.read, and at the least the role Report Administrator";
        assert_eq!(told("/api/v1/logs", LOGS), logs);
        assert_eq!(told("/api/v1/logs?limit=1", Access::Path), logs);
        let users = "the scope okta.users.read, and at the least the role Read-Only Administrator";
        assert_eq!(told("/api/v1/users?limit=1", Access::Path), users);
        let unknown = "at the least the role Read-Only Administrator";
        assert_eq!(told("/api/v1/something/new", Access::Path), unknown);
        assert_eq!(told("/oauth2/v1/keys", Access::Public), "");
    }
}
