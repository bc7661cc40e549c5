//! The simulated Okta alone, for whoever writes a client of Okta and wants to be refused.

use std::time::Duration;

use super::{output::say, signal::StopSignals};
use crate::sim::{ApiToken, Clock, Org, StatusPage, scenario};

/// The simulated Okta alone.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The port of the org on 127.0.0.1; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// How long its rate-limit windows last, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    window: u64,
    /// An API token that it knows.
    #[arg(long, value_name = "TOKEN", default_value = "00simulated-token")]
    api_token: String,
    /// An OAuth client that may introspect, as ID:SECRET.
    #[arg(long, value_name = "ID:SECRET")]
    client: Option<String>,
    /// Let happen what happens in the demo: limits run out, keys rotate, errors, incidents.
    #[arg(long)]
    story: bool,
}

pub(super) async fn run(args: Args) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("the simulated Okta cannot start: {e}");
    let mut org = Org::new("simulated")
        .window(Duration::from_secs(args.window))
        .api_token(ApiToken::new("simulated", &args.api_token))
        .port(args.port);
    if let Some(client) = &args.client {
        let (id, secret) = client
            .split_once(':')
            .ok_or("--client is written ID:SECRET")?;
        org = org.client(id, secret);
    }
    let okta = org.start().await.map_err(failed)?;
    let page = StatusPage::new(&Clock::running());
    let served = page.start(0).await.map_err(failed)?;
    let (org, token, page_url) = (okta.url(), &args.api_token, served.okta_url());
    say(format_args!(
        "A simulated Okta org:      {org}\n\
         Its API token:             {token}\n\
         A simulated status page:   {page_url}\n\n  \
         curl -i -H 'Authorization: SSWS {token}' '{org}/api/v1/users?limit=1'\n  \
         OKTA_DOMAIN={org} OKTA_TOKEN={token} okta-exporter diagnose\n\n\
         Ctrl-C ends it."
    ));
    let (control, mut stop) = (okta.controls(), StopSignals::new());
    let running = async {
        if args.story {
            scenario::run(&control, &page, |token| {
                say(format_args!(
                    "An access token of the authorization server `default`: {token}"
                ));
            })
            .await
        } else {
            std::future::pending().await
        }
    };
    tokio::select! {
        ended = running => ended.map_err(|e| format!("the story broke off: {e}")),
        _ = stop.received() => Ok(()),
    }
}
