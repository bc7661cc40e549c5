//! The URL of an Okta org: scheme and host, nothing else.

use std::{fmt, net::IpAddr, str::FromStr};

use url::{Host, Position, Url};

use super::{
    host::{BadHost, check_host},
    shown_url::without_secrets,
};

/// `https://acme.okta.com`: https, or http on loopback only; no path, no query, no user.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgUrl(Url);

/// A URL that was refused, with the fix in the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum BadUrl {
    #[error("`{0}` is not a URL: write it like `https://acme.okta.com`")]
    NotAUrl(String),
    #[error("`{0}` is the placeholder of Okta's documentation: put your own org's domain there")]
    Placeholder(String),
    #[error(
        "`http://` is accepted for loopback only, since a credential would travel in the clear: write `https://{0}`"
    )]
    Cleartext(String),
    #[error("the scheme `{0}` is not https")]
    Scheme(String),
    #[error("`{0}` is the Admin Console's host: drop `-admin` from it")]
    AdminHost(String),
    #[error("an org URL is scheme and host only: drop `{0}`")]
    Path(String),
    #[error(transparent)]
    Host(#[from] BadHost),
    #[error("an org URL holds no user or password: drop everything before the `@`")]
    User,
}

/// The domains that Okta's own hosts of orgs are below.
const OKTAS_DOMAINS: [&str; 7] = [
    "okta.com",
    "oktapreview.com",
    "okta-emea.com",
    "okta-gov.com",
    "okta.mil",
    "okta-miltest.com",
    "trexcloud.com",
];

impl OrgUrl {
    /// The URL of a path below this org. The path begins with one `/`.
    pub fn join(&self, path: &str) -> String {
        format!("{self}/{}", path.trim_start_matches('/'))
    }

    /// The host, without the port.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The host, with its port where that is not the usual one.
    pub fn authority(&self) -> &str {
        &self.0[Position::BeforeHost..Position::AfterPort]
    }

    /// True of a host below one of Okta's own domains.
    pub fn is_oktas(&self) -> bool {
        let domain = self.host().split_once('.').map(|(_, domain)| domain);
        domain.is_some_and(|domain| OKTAS_DOMAINS.contains(&domain))
    }

    /// True where an address stands in place of a name.
    pub fn is_address(&self) -> bool {
        matches!(self.0.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
    }
}

/// True for `localhost`, 127.0.0.0/8 and `::1`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        None => false,
    }
}

/// True for `acme-admin.okta.com`. What a custom domain is called is its owner's to choose.
fn is_admin_console(host: &str) -> bool {
    host.split_once('.')
        .is_some_and(|(label, domain)| label.ends_with("-admin") && OKTAS_DOMAINS.contains(&domain))
}

impl FromStr for OrgUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let text = text.trim();
        if text.contains(['{', '}', '<', '>']) || text.contains("yourOktaDomain") {
            return Err(BadUrl::Placeholder(without_secrets(text)));
        }
        let url = Url::parse(text).map_err(|_| BadUrl::NotAUrl(without_secrets(text)))?;
        let host = url
            .host_str()
            .ok_or_else(|| BadUrl::NotAUrl(without_secrets(text)))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadUrl::User);
        }
        check_host(text, &url)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(BadUrl::Cleartext(host.to_owned())),
            other => return Err(BadUrl::Scheme(other.to_owned())),
        }
        if is_admin_console(host) {
            return Err(BadUrl::AdminHost(host.to_owned()));
        }
        // What is asked goes to the parsed URL, so it is what counts: it knows backslashes, and
        // drops line breaks. It always shows at least `/`; only the text tells whether a person
        // wrote it.
        let parsed = &url[Position::BeforePath..];
        if parsed != "/" {
            return Err(BadUrl::Path(without_secrets(parsed)));
        }
        match text.chars().last() {
            Some(last @ ('/' | '\\' | '?' | '#')) => Err(BadUrl::Path(last.to_string())),
            _ if text.contains(|c: char| c.is_control() || c.is_whitespace()) => {
                Err(BadUrl::NotAUrl(text.escape_debug().to_string()))
            }
            _ => Ok(Self(url)),
        }
    }
}

impl fmt::Display for OrgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for OrgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_url_is_scheme_and_host_and_prints_without_a_slash() {
        let url: OrgUrl = "https://acme.okta.com".parse().unwrap();
        assert_eq!(url.to_string(), "https://acme.okta.com");
        assert_eq!(
            url.join("/oauth2/v1/keys"),
            "https://acme.okta.com/oauth2/v1/keys"
        );
        let from_a_file: OrgUrl = " https://acme.okta.com\n".parse().unwrap();
        assert_eq!(from_a_file, url);
        assert_eq!(
            "http://127.0.0.1:80".parse::<OrgUrl>().unwrap().to_string(),
            "http://127.0.0.1"
        );
    }

    #[test]
    fn a_custom_domain_may_be_called_as_it_likes() {
        for host in [
            "sso-admin.example.org",
            "login-admin.okta.com.example.org",
            "x-admin",
        ] {
            let url = format!("https://{host}").parse::<OrgUrl>();
            assert_eq!(url.unwrap().host(), host);
        }
    }

    #[test]
    fn each_common_mistake_is_refused_with_its_fix() {
        for (text, fix) in [
            ("acme.okta.com", "write it like"),
            ("https://{yourOktaDomain}", "placeholder"),
            ("http://acme.okta.com", "https://acme.okta.com"),
            ("ftp://acme.okta.com", "not https"),
            ("https://acme-admin.okta.com", "drop `-admin`"),
            ("https://Acme-Admin.OktaPreview.com", "drop `-admin`"),
            ("https://acme.okta.com/", "drop `/`"),
            (
                "https://acme.okta.com/oauth2/default",
                "drop `/oauth2/default`",
            ),
            ("https://acme.okta.com?x=1", "drop `/?x=<redacted>`"),
            ("https://acme.okta.com?limit=1", "drop `/?limit=1`"),
            ("https://\"acme.okta.com\"", "is in quotes"),
            ("https://acme.okta.com?", "drop `/?`"),
            ("https://acme.okta.com#", "drop `/#`"),
            (
                r"https://acme.okta.com\oauth2\default",
                "drop `/oauth2/default`",
            ),
            (r"https://acme.okta.com\", r"drop `\`"),
            (
                "https:acme.okta.com/oauth2/default",
                "drop `/oauth2/default`",
            ),
            (r"https:\\acme.okta.com/", "drop `/`"),
            ("https:/\n/acme.okta.com/oauth2\n", "drop `/oauth2`"),
            ("https://acme.ok\nta.com", "is not a URL"),
            (
                "https://me:pw@acme.okta.com",
                "drop everything before the `@`",
            ),
        ] {
            let message = text.parse::<OrgUrl>().unwrap_err().to_string();
            assert!(message.contains(fix), "{text}: {message}");
        }
    }
}
