//! The proxy before a host, as the usual variables name it: decided once for each client, so that
//! one that cannot be read is told, and not passed over.

use std::{collections::BTreeMap, fmt};

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::tls::NoClient;
use crate::units::is_loopback;

const UNREADABLE: &str = "write it like `http://proxy.example:3128` or \
    `http://USER:PASSWORD@proxy.example:3128` (what is special in a password as %40 and the like), or unset it";
const UNSPOKEN: &str =
    "only proxies of http:// and https:// are spoken to: name one of those, or unset it";

/// The proxies that an environment names.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    https: Option<Variable>,
    http: Option<Variable>,
    exempt: String,
}

/// A variable that is filled in. It may hold a password.
#[derive(Clone, Debug)]
struct Variable {
    name: &'static str,
    value: SecretString,
}

impl Proxies {
    /// Those of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not.
    pub fn of(environment: &BTreeMap<String, String>) -> Self {
        let filled = |name: &'static str| {
            let value = environment.get(name).map(|value| value.trim())?;
            let value = (!value.is_empty()).then(|| SecretString::from(value))?;
            Some(Variable { name, value })
        };
        let all = || filled("ALL_PROXY").or_else(|| filled("all_proxy"));
        let https = filled("HTTPS_PROXY").or_else(|| filled("https_proxy"));
        let http = filled("HTTP_PROXY").or_else(|| filled("http_proxy"));
        let exempt = ["NO_PROXY", "no_proxy"];
        let exempt = exempt.iter().find_map(|name| environment.get(*name));
        Self {
            https: https.or_else(all),
            http: http.or_else(all),
            exempt: exempt.cloned().unwrap_or_default(),
        }
    }

    /// The proxy before the host of this URL. None is before this machine itself: a proxy is for what
    /// lies outside.
    pub(super) fn before(&self, url: &Url) -> Result<Option<Proxy>, NoClient> {
        let variable = match url.scheme() {
            "http" => &self.http,
            _ => &self.https,
        };
        let Some(Variable { name, value }) = variable else {
            return Ok(None);
        };
        if is_loopback(url) || self.exempts(url) {
            return Ok(None);
        }
        Proxy::read(value.expose_secret())
            .map(Some)
            .map_err(|why| NoClient::Proxy(name, why))
    }

    /// True if `NO_PROXY` names the host. `*.okta.com` and `okta.com:443` are understood, which the
    /// matcher takes for names that no host has.
    fn exempts(&self, url: &Url) -> bool {
        let port = url.port_or_known_default().map(|port| format!(":{port}"));
        let entries = self.exempt.split(|c: char| c == ',' || c.is_whitespace());
        let entries = entries.map(|entry| {
            let entry = match entry.strip_prefix('*') {
                Some(domain) if domain.starts_with('.') => domain,
                _ => entry,
            };
            let has_one_colon = entry.matches(':').count() == 1 || entry.starts_with('[');
            let host = port.as_deref().and_then(|port| entry.strip_suffix(port));
            host.filter(|_| has_one_colon).unwrap_or(entry)
        });
        let exempt = entries.collect::<Vec<_>>().join(",");
        let any = Matcher::builder().all("http://proxy").no(exempt).build();
        let url = url.as_str().parse();
        url.is_ok_and(|url| any.intercept(&url).is_none())
    }
}

/// A proxy that can be used.
#[derive(Clone, Debug)]
pub(super) struct Proxy(Intercept);

impl Proxy {
    fn read(text: &str) -> Result<Self, &'static str> {
        let any = http::Uri::from_static("https://okta.com");
        let proxy = Matcher::builder().all(text).build().intercept(&any);
        let proxy = proxy.ok_or(UNREADABLE)?;
        if !matches!(proxy.uri().scheme_str(), Some("http" | "https")) {
            return Err(UNSPOKEN);
        }
        // A password with an `@` or a `#` of its own is cut there, and its rest becomes the host.
        let credentials = usize::from(proxy.basic_auth().is_some());
        let is_host = Url::parse(&proxy.uri().to_string()).is_ok();
        if is_host && text.matches('@').count() == credentials {
            Ok(Self(proxy))
        } else {
            Err(UNREADABLE)
        }
    }

    /// Where it is.
    pub(super) fn uri(&self) -> &http::Uri {
        self.0.uri()
    }

    /// What it wants to be shown, as `Proxy-Authorization`.
    pub(super) fn auth(&self) -> Option<&http::HeaderValue> {
        self.0.basic_auth()
    }
}

/// Host and port: whoever it is told to needs no more.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.0.uri();
        let usual = if uri.scheme_str() == Some("https") {
            443
        } else {
            80
        };
        let port = uri.port_u16().unwrap_or(usual);
        write!(f, "{}:{port}", uri.host().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(url: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let proxies = Proxies::of(&variables.iter().map(own).collect());
        let proxy = proxies.before(&url.parse().unwrap());
        proxy
            .map(|proxy| proxy.map(|proxy| proxy.to_string()))
            .map_err(|why| why.to_string())
    }

    const OKTA: &str = "https://acme.okta.com";

    #[test]
    fn the_nearest_variable_that_is_filled_in_names_the_proxy() {
        let (s, plain) = (("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "p:2"));
        let (all, empty) = (("all_proxy", "https://a"), ("HTTPS_PROXY", " "));
        for (url, variables, proxy) in [
            (OKTA, &[s, plain, all][..], Some("s:1")),
            (OKTA, &[plain], None),
            (OKTA, &[plain, all], Some("a:443")),
            (OKTA, &[empty, all], Some("a:443")),
            (OKTA, &[empty, ("https_proxy", " x\n")], Some("x:80")),
            ("http://acme.example", &[s, plain], Some("p:2")),
            ("https://localhost:1", &[s], None),
            ("https://127.0.0.1:1", &[s], None),
        ] {
            let expected = Ok(proxy.map(str::to_owned));
            assert_eq!(before(url, variables), expected, "{url} {variables:?}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_told_by_its_variable_and_without_its_password() {
        for value in [
            "::::",
            "http://",
            "http://proxy:99999",
            "http://pro xy:3128",
            "/etc/proxy",
            "ftp://proxy:21",
            "socks5://user:s3cr3t@proxy:1080",
            "http://user:s3cr3t@",
            "http://user:s3#cr3t@proxy:3128",
            "http://user:3#s3cr3t@proxy:3128",
            "http://user:s@3cr3t@proxy:3128",
            "http://user:s/3cr3t@proxy:3128",
            "${PROXY}",
        ] {
            for name in ["HTTPS_PROXY", "all_proxy"] {
                let told = before(OKTA, &[(name, value)]).unwrap_err();
                assert!(told.starts_with(&format!("the variable {name} cannot be used")));
                assert!(!told.contains("cr3t"), "{told}");
                // Whoever needs none is not asked for it.
                let exempt = [(name, value), ("NO_PROXY", "okta.com")];
                assert_eq!(before(OKTA, &exempt), Ok(None));
                assert_eq!(before("https://localhost", &[(name, value)]), Ok(None));
            }
        }
        let proxy = before(OKTA, &[("HTTPS_PROXY", "http://user:s%40cr3t@proxy:3128")]);
        assert_eq!(proxy, Ok(Some("proxy:3128".to_owned())));
    }

    #[test]
    fn no_proxy_is_read_as_people_write_it() {
        for (exempt, is_exempt) in [
            ("acme.okta.com", true),
            (".okta.com", true),
            ("okta.com", true),
            ("*.okta.com", true),
            ("localhost, *.OKTA.com", true),
            ("localhost *.okta.com", true),
            ("*.okta.com:443", true),
            ("*.okta.com:8443", false),
            ("*", true),
            ("*.com.okta", false),
            ("*kta.com", false),
            ("*.acme.okta.com.example", false),
            ("", false),
            ("::1,[::1]:443", false),
        ] {
            let variables = [("HTTPS_PROXY", "proxy"), ("NO_PROXY", exempt)];
            let proxy = before(OKTA, &variables).unwrap();
            assert_eq!(proxy.is_none(), is_exempt, "{exempt}");
        }
    }
}
