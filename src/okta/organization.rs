//! The organization document, which anybody may read: which cell an org lives on, and by which hosts it
//! goes. They are kept in [`Origins`](super::Origins).

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{Failure, Request, Session, claim};

/// How requests for it are called.
pub const ORGANIZATION_API: &str = "organization";

/// Where it is.
pub const ORGANIZATION_PATH: &str = "/.well-known/okta-organization";

/// What names a host of the org.
const LINKS: [&str; 2] = ["organization", "alternate"];
/// The most hosts that are taken from one document.
const MOST_HOSTS: usize = 16;

/// What the organization document says. Okta does not promise the field `cell`, so it may be absent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Organization {
    /// Okta's word for the cell, such as `ok7`.
    #[serde(deserialize_with = "claim")]
    pub cell: Option<String>,
    /// `idx` or `v1`.
    #[serde(deserialize_with = "claim")]
    pub pipeline: Option<String>,
    #[serde(rename = "_links")]
    links: Value,
}

impl Organization {
    /// The hosts that it names.
    fn urls(&self) -> Vec<Url> {
        let links = LINKS.iter().filter_map(|name| self.links.get(name));
        let links = links.flat_map(|link| match link {
            Value::Array(links) => links.as_slice(),
            one => std::slice::from_ref(one),
        });
        let urls = links.filter_map(|link| Url::parse(link.get("href")?.as_str()?).ok());
        urls.filter(Url::has_host).take(MOST_HOSTS).collect()
    }
}

impl Session<'_> {
    /// Asks for the organization document. What it tells of hosts is kept for all who ask this org.
    pub async fn organization(&self) -> Result<Organization, Failure> {
        let request = Request::get(ORGANIZATION_API, ORGANIZATION_PATH).for_document();
        let answer = self.ask(request).await;
        if matches!(&answer, Err(Failure::Refused(refusal)) if refusal.status < 500) {
            self.origins().tell(Vec::new());
        }
        let document: Organization = answer?.json().await?;
        self.origins().tell(document.urls());
        Ok(document)
    }

    /// Sees to it that the org's hosts are known. An org that has no such document has one host.
    pub async fn learn_origins(&self) -> Result<(), Failure> {
        if self.origins().are_told() {
            return Ok(());
        }
        match self.organization().await {
            Err(failure) if !self.origins().are_told() => Err(failure),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_a_strange_type_does_not_lose_the_others() {
        for (document, cell, pipeline) in [
            (r#"{"cell":"ok7","pipeline":1}"#, Some("ok7"), None),
            (r#"{"cell":{"id":7},"pipeline":"idx"}"#, None, Some("idx")),
            (r#"{"cell":null,"pipeline":["v1"],"id":5}"#, None, None),
            (r#"{"cell":"ok7","_links":7}"#, Some("ok7"), None),
        ] {
            let seen: Organization = serde_json::from_str(document).unwrap();
            let told = (seen.cell.as_deref(), seen.pipeline.as_deref());
            assert_eq!(told, (cell, pipeline), "{document}");
        }
        let nothing: Result<Organization, _> = serde_json::from_str("\"Welcome\"");
        assert!(nothing.is_err());
    }

    #[test]
    fn its_hosts_are_those_that_it_links_to() {
        let links = r#"{"_links":{"organization":{"href":"https://login.acme.example"},
            "alternate":[{"href":"https://acme.okta.com"},{"href":7},{"href":"data:x"},"x"],
            "self":{"href":"https://elsewhere.example"}}}"#;
        let document: Organization = serde_json::from_str(links).unwrap();
        let hosts: Vec<String> = document.urls().iter().map(Url::to_string).collect();
        assert_eq!(
            hosts,
            ["https://login.acme.example/", "https://acme.okta.com/"]
        );
    }
}
