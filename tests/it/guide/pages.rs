//! Status pages, and the cells of their incidents.

use okta_exporter::sim::{Clock, Incident, PageMode, RunningStatusPage, StatusPage, Tls};

use super::scenes::{Held, org};
use crate::support::Exporter;

pub async fn status_page(mode: PageMode) -> (Exporter, Held) {
    incident_on("okta.com:7", mode).await
}

/// An org with these settings beside its URL, and a page that is read so.
pub async fn cell_beside(
    cell: &str,
    page: impl Fn(&RunningStatusPage) -> String,
    settings: &str,
) -> (Exporter, Held) {
    let okta = org().cell(cell).start().await.unwrap();
    let served = StatusPage::new(&Clock::running()).start(0).await.unwrap();
    let yaml = format!(
        "status_pages: {{ it: {{ url: '{}' }} }}\norgs: {{ acme: {{ url: '{}', {settings} probes: {{ organization: {{ interval: 1s, timeout: 1s }} }} }} }}",
        page(&served),
        okta.url()
    );
    let exporter = Exporter::start(&yaml).await;
    (exporter, vec![Box::new(okta), Box::new(served)])
}

pub async fn incident_on(cells: &str, mode: PageMode) -> (Exporter, Held) {
    let okta = org().cell("ok7").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    page.open(Incident::new("Sign-in is slow").cells(cells));
    page.mode(mode);
    let served = page.start(0).await.unwrap();
    let url = if mode == PageMode::Frozen {
        served.atom_url()
    } else {
        served.okta_url()
    };
    let yaml = format!(
        "status_pages: {{ okta: {{ url: '{url}' }} }}\norgs: {{ acme: {{ url: '{}', probes: {{ organization: {{}} }} }} }}",
        okta.url()
    );
    let exporter = Exporter::start(&yaml).await;
    (exporter, vec![Box::new(okta), Box::new(served)])
}

pub async fn page_at(url: &str) -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let yaml = format!(
        "status_pages: {{ vendor: {{ url: '{url}', timeout: 5s }} }}\norgs: {{ acme: {{ url: '{}', probes: {{ organization: {{}} }} }} }}",
        okta.url()
    );
    (Exporter::start(&yaml).await, vec![Box::new(okta)])
}

pub async fn page_of_unknown_authority() -> (Exporter, Held) {
    let vendor = org().tls(Tls::new()).start().await.unwrap();
    let (exporter, mut held) = page_at(vendor.url()).await;
    held.push(Box::new(vendor));
    (exporter, held)
}
