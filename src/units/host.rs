//! The host of a URL: whether name servers, TLS and HTTP can carry it. The reader of URLs takes
//! nearly anything; what is wrong would come to light as a name that does not resolve.

use rustls::pki_types::ServerName;
use url::{Host, Url};

/// A host that cannot be, with what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum BadHost {
    #[error("the host `{0}` is in quotes: write `{1}`, without them")]
    Quoted(String, String),
    #[error("`{0}` names several hosts, and a URL has one: write an entry of its own for each")]
    Several(String),
    #[error(
        "`{0}` holds a variable that nobody fills in here: write the host itself, or give the whole setting by an \
         `OKTA_EXPORTER__…` variable"
    )]
    Variable(String),
    #[error("`{0}` stands for many hosts: write the one that is meant")]
    Wildcard(String),
    #[error("`{0}` has a dot with nothing before or after it: write `{1}`")]
    EmptyLabel(String, String),
    #[error(
        "`{0}` can be no host: write letters, digits, `-` and dots, no part longer than 63 characters or with `-` at \
         its end, like `acme.okta.com`"
    )]
    Impossible(String),
    #[error("`{0}` is the address of no host: write the one that is meant")]
    Unspecified(String),
    #[error("the scheme is written twice: write it once, like `https://acme.okta.com`")]
    TwoSchemes,
    #[error("nothing listens at port 0: drop `:0`, or write the port")]
    Port,
}

/// What people put around a host, or the shell should have taken off.
const QUOTES: [char; 10] = ['"', '\'', '`', '“', '”', '„', '‘', '’', '«', '»'];

/// Refuses a host that nothing can carry. `text` is the URL as it was written.
pub(crate) fn check_host(text: &str, url: &Url) -> Result<(), BadHost> {
    let shown = || url.host_str().unwrap_or_default().to_owned();
    if url.port() == Some(0) {
        return Err(BadHost::Port);
    }
    if matches!(url.host_str(), Some("http" | "https")) {
        return Err(BadHost::TwoSchemes);
    }
    let name = match url.host() {
        Some(Host::Domain(name)) => name,
        Some(Host::Ipv4(ip)) if ip.is_unspecified() => return Err(BadHost::Unspecified(shown())),
        Some(Host::Ipv6(ip)) if ip.is_unspecified() => return Err(BadHost::Unspecified(shown())),
        _ => return Ok(()),
    };
    // What is no ASCII was encoded on the way, and is looked for where it was written.
    let written = text.split_once("://").map_or(text, |(_, rest)| rest);
    let written = written.split(['/', '?', '#']).next().unwrap_or_default();
    let written = written.rsplit('@').next().unwrap_or_default();
    if written.contains(QUOTES) || name.contains(QUOTES) {
        let host = if written.contains(QUOTES) {
            written
        } else {
            name
        };
        return Err(BadHost::Quoted(host.to_owned(), host.replace(QUOTES, "")));
    }
    if name.contains([',', ';', '|', '&', '+']) {
        return Err(BadHost::Several(shown()));
    }
    if name.contains(['$', '{', '}', '(', ')', '%', '<', '>']) {
        return Err(BadHost::Variable(shown()));
    }
    if name.contains('*') {
        return Err(BadHost::Wildcard(shown()));
    }
    let labels: Vec<&str> = name.split('.').collect();
    if labels.contains(&"") {
        let named: Vec<&str> = labels
            .into_iter()
            .filter(|label| !label.is_empty())
            .collect();
        return Err(BadHost::EmptyLabel(shown(), named.join(".")));
    }
    match ServerName::try_from(name) {
        Ok(_) => Ok(()),
        Err(_) => Err(BadHost::Impossible(shown())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked(text: &str) -> Result<(), BadHost> {
        check_host(text, &Url::parse(text).unwrap())
    }

    #[test]
    fn a_host_that_nothing_can_carry_is_refused_with_what_to_write() {
        let long = format!("https://{}.okta.com", "a".repeat(64));
        let longer = format!("https://{}okta.com", "a.".repeat(125));
        for (text, told) in [
            (
                "https://\"acme.okta.com\"",
                "write `acme.okta.com`, without",
            ),
            (
                "https://'acme.okta.com'/x",
                "write `acme.okta.com`, without",
            ),
            ("https://“acme.okta.com”", "write `acme.okta.com`, without"),
            (
                "https://%22acme.okta.com%22",
                "write `acme.okta.com`, without",
            ),
            (
                "https://a.okta.com,b.okta.com",
                "an entry of its own for each",
            ),
            (
                "https://a.okta.com;b.okta.com",
                "an entry of its own for each",
            ),
            ("https://acme..okta.com", "write `acme.okta.com`"),
            ("https://.acme.okta.com", "write `acme.okta.com`"),
            ("https://acme.okta.com.", "write `acme.okta.com`"),
            ("https://$ORG.okta.com", "write the host itself"),
            ("https://$(org).okta.com", "write the host itself"),
            ("https://{{org}}.okta.com", "write the host itself"),
            ("https://*.okta.com", "the one that is meant"),
            ("https://-acme.okta.com", "can be no host"),
            ("https://acme-.okta.com", "can be no host"),
            ("https://acme!.okta.com", "can be no host"),
            ("https://acme=1.okta.com", "can be no host"),
            (long.as_str(), "no part longer than 63"),
            (longer.as_str(), "can be no host"),
            ("https://0.0.0.0", "the address of no host"),
            ("https://[::]", "the address of no host"),
            ("https://acme.okta.com:0", "drop `:0`"),
            ("https://https://acme.okta.com", "written twice"),
            ("https://http://acme.okta.com/x", "written twice"),
        ] {
            let message = checked(text).unwrap_err().to_string();
            assert!(message.contains(told), "{text}: {message}");
        }
    }

    #[test]
    fn what_can_be_a_host_is_one() {
        for text in [
            "https://acme.okta.com",
            "https://ACME.okta.com:8443",
            "https://my_org.example.com",
            "https://äcme.example.com",
            "https://okta",
            "http://127.0.0.1:8080",
            "https://[::1]:8080",
            "https://a-1.b2.okta-emea.com",
        ] {
            assert_eq!(checked(text), Ok(()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_passes_can_be_asked(host in "[a-z0-9\"'$,;.*{}()%_!=~-]{1,20}") {
            let text = format!("https://{host}");
            if let Ok(url) = Url::parse(&text)
                && check_host(&text, &url).is_ok()
            {
                prop_assert!(ServerName::try_from(url.host_str().unwrap()).is_ok());
            }
        }
    }
}
