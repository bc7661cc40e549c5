//! Which credential may read a path, as far as the configuration tells: one rule for probes that
//! are planned and for those that stand where nobody wrote any.

use crate::okta::{Credential, OAuthApp, scopes};

/// A credential that a probe might use.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its name.
    pub name: &'a str,
    /// The scopes it asks for; `None` for a token, of which only Okta knows what it may do.
    pub scopes: Option<&'a [String]>,
}

impl Candidate<'_> {
    /// The scope that this path needs and that it does not ask for.
    pub fn lacks(&self, path: &str) -> Option<&'static str> {
        // Where no scope could be read, that was told already.
        let asked = self.scopes.filter(|scopes| !scopes.is_empty())?;
        scopes::needed(path).filter(|scope| !scopes::cover(asked, scope))
    }

    /// True unless it is known to lack the scope that this path needs.
    pub fn may_read(&self, path: &str) -> bool {
        self.lacks(path).is_none()
    }

    /// The first that may read all of these paths, else the first that may read one.
    pub fn reader<'c>(all: &'c [Self], paths: &[&str]) -> Option<&'c Self> {
        let reads_all = |one: &&Self| paths.iter().all(|path| one.may_read(path));
        let reads_one = |one: &&Self| paths.iter().any(|path| one.may_read(path));
        all.iter()
            .find(reads_all)
            .or_else(|| all.iter().find(reads_one))
    }
}

impl<'a> From<&'a Credential> for Candidate<'a> {
    fn from(credential: &'a Credential) -> Self {
        Self {
            name: credential.name.as_str(),
            scopes: credential.app().map(OAuthApp::scopes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_scope_is_not_found_wanting_and_what_is_not_known_is_asked() {
        for (asked, path) in [
            ("okta.captchas.read", "/api/v1/org/captcha"),
            ("okta.orgs.manage", "/api/v1/org/privacy/aerial"),
            (
                "okta.apps.interclientTrust.read",
                "/api/v1/apps/0oa1/interclient-allowed-apps",
            ),
            (
                "okta.apps.interclientTrust.read",
                "/api/v1/apps/0oa1/interclient-target-apps",
            ),
            ("okta.users.manage", "/api/v1/users?limit=1"),
            ("okta.logs.read", "/api/v1/users/00u1/of-tomorrow"),
            ("okta.logs.read", "/api/v1/of-tomorrow"),
        ] {
            let scopes = [asked.to_owned()];
            let candidate = Candidate {
                name: "billing",
                scopes: Some(&scopes),
            };
            assert_eq!(candidate.lacks(path), None, "{path}");
            let lacks = candidate.lacks("/api/v1/groups/../groups");
            assert_eq!(lacks, Some("okta.groups.read"), "{asked}");
        }
    }
}
