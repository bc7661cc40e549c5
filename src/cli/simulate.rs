//! The simulated Okta alone, for whoever writes a client of Okta and wants to be refused.

use std::time::Duration;

use super::told_to_stop;
use crate::sim::{ApiToken, Clock, Org, StatusPage};

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
    #[arg(long, value_name = "TOKEN", default_value = "simulated-token")]
    api_token: String,
}

pub(super) async fn run(args: Args) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("the simulated Okta cannot start: {e}");
    let org = Org::new("simulated")
        .window(Duration::from_secs(args.window))
        .api_token(ApiToken::new("simulated", &args.api_token))
        .port(args.port);
    let okta = org.start().await.map_err(failed)?;
    let page = StatusPage::new(&Clock::running())
        .start(0)
        .await
        .map_err(failed)?;
    eprintln!("A simulated Okta org:      {}", okta.url());
    eprintln!("Its API token:             {}", args.api_token);
    eprintln!("A simulated status page:   {}", page.okta_url());
    eprintln!();
    eprintln!(
        "  curl -i -H 'Authorization: SSWS {}' '{}/api/v1/users?limit=1'",
        args.api_token,
        okta.url()
    );
    eprintln!();
    eprintln!("Ctrl-C ends it.");
    told_to_stop().await;
    Ok(())
}
