//! The exporter together with a simulated Okta: nothing to configure, something to see in a minute.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    time::Duration,
};

use super::{
    logging::{self, LogArgs},
    output::say,
    signal::StopSignals,
    web_args::WebArgs,
};
use crate::{
    app::App,
    config::Config,
    listener::Address,
    sim::{Clock, Controls, EventHook, Running, RunningStatusPage, StatusPage, Tls, scenario},
    web::Serving,
};

/// Run against a built-in simulated Okta.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    web: WebArgs,
    #[command(flatten)]
    log: LogArgs,
}

const API_TOKEN: &str = "00simulated-api-token";
/// The id of an org's first API token, as the simulated Okta counts them.
const PRINCIPAL: &str = "00T00000000000000000";
/// Another application's token: the same spending, looked at without aim.
const TWIN_TOKEN: &str = "00simulated-twin-token";
const CLIENT: (&str, &str) = ("0oaSIMULATED", "simulated-client-secret");
/// What the org's event hook brings with each delivery, and of which events it tells.
const HOOK_SECRET: &str = "simulated-event-hook-secret";
const HOOK_TYPES: [&str; 4] = [
    "user.session.start",
    "system.org.rate_limit.warning",
    "system.api_token.create",
    "system.log_stream.lifecycle.deactivate",
];
/// The service app that mints its own tokens, and where its key is kept.
const APP: &str = "0oaSERVICEAPP";
const KEY_FILE: &str = "private-key.pem";
/// Its tokens end soon, so that one sees new ones minted.
const APP_TOKEN_LASTS: Duration = Duration::from_secs(90);
/// What who asks for a reload is told.
const NOTHING_TO_READ: &str = "the demo has no settings that could be read again";
/// The certificate is near its end, since that is what one wants to see.
const CERTIFICATE_DAYS: u64 = 20;

pub(super) async fn run(args: Args) -> Result<(), String> {
    logging::init(&args.log, args.web.external_url.as_ref())?;
    let failed = |e: std::io::Error| format!("the demo cannot start: {e}");
    let files = tempfile::tempdir().map_err(failed)?;
    let tls = Tls::new().lasting(Duration::from_hours(24 * CERTIFICATE_DAYS));
    let key = rcgen::KeyPair::generate().map_err(|e| failed(std::io::Error::other(e)))?;
    let org = scenario::demo_org("demo", API_TOKEN)
        .api_token(scenario::twin(TWIN_TOKEN))
        .client(CLIENT.0, CLIENT.1)
        .service_app(scenario::service_app(APP, &key.public_key_pem()))
        .token_lifetime(APP_TOKEN_LASTS)
        .tls(tls);
    let okta = org.start().await.map_err(failed)?;
    let page = StatusPage::new(&Clock::running());
    let served = page.start(0).await.map_err(failed)?;

    // The scenario mints the first token before anything else, so the exporter finds it.
    let token_file = files.path().join("access-token");
    let first = tokio::sync::Notify::new();
    let control = okta.controls();
    let running = scenario::run(&control, &page, |token| {
        if let Err(error) = std::fs::write(&token_file, token) {
            tracing::warn!(%error, "the watched token cannot be written");
        }
        first.notify_one();
    });
    let mut stop = StopSignals::new();
    let watching = async {
        first.notified().await;
        std::fs::write(files.path().join(KEY_FILE), key.serialize_pem()).map_err(failed)?;
        let yaml = configure(&okta, &served, files.path()).map_err(failed)?;
        let config = Config::parse(&yaml, &BTreeMap::new()).map_err(|e| e.to_string())?;
        let serving = Serving::from(args.web.clone());
        let mut app = App::start(config, &serving)
            .await
            .map_err(|e| e.to_string())?;
        let hook = add_hook(&control, &app, &serving.route_prefix).await;
        greet((&app, &serving), okta.url(), &served.okta_url(), hook);
        loop {
            tokio::select! {
                _ = stop.received() => break,
                asked = app.reload_asked() => asked.answer(Err(vec![NOTHING_TO_READ.to_owned()])),
            }
        }
        app.drain().await;
        Ok(())
    };
    tokio::select! {
        ended = running => ended.map_err(|e| format!("the demo's story broke off: {e}")),
        ended = watching => ended,
    }
}

/// The configuration, as a person would write it, its secrets in files.
fn configure(okta: &Running, page: &RunningStatusPage, files: &Path) -> std::io::Result<String> {
    let write = |name: &str, content: &str| -> std::io::Result<String> {
        let path = files.join(name);
        std::fs::write(&path, content)?;
        Ok(path.display().to_string())
    };
    let ca_file = write("ca.pem", okta.ca_pem().unwrap_or_default())?;
    let api_token_file = write("api-token", API_TOKEN)?;
    let twin_token_file = write("twin-token", TWIN_TOKEN)?;
    let client_secret_file = write("client-secret", CLIENT.1)?;
    let hook_secret_file = write("event-hook-secret", HOOK_SECRET)?;
    let (url, client_id) = (okta.url(), CLIENT.0);
    let key_file = files.join(KEY_FILE).display().to_string();
    let (page_url, statuspage_url) = (page.okta_url(), page.statuspage_url());
    let access_token_file = files.join("access-token").display().to_string();
    let storage = files.join("state.redb").display().to_string();
    Ok(format!(
        r#"
storage: {{ path: "{storage}" }}
defaults: {{ interval: 2s, timeout: 2s, budget: 0.5 }}
status_pages:
  okta: {{ url: "{page_url}", interval: 3s }}
  mirror: {{ url: "{statuspage_url}", format: statuspage, interval: 5s }}
orgs:
  demo:
    url: "{url}"
    ca_file: "{ca_file}"
    event_hook: {{ authorization_file: "{hook_secret_file}" }}
    credentials:
      service-app: {{ oauth: {{ client_id: {APP}, key_id: demo, private_key_file: "{key_file}", scopes: [okta.users.read, okta.groups.read, okta.dr.read] }} }}
      monitor: {{ api_token_file: "{api_token_file}", principal_id: "{PRINCIPAL}" }}
      twin: {{ api_token_file: "{twin_token_file}" }}
    probes:
      discovery: {{}}
      organization: {{ interval: 10s }}
      endpoint:
        # Both applications spend alike: one is looked at as its windows end, the other each 15 s.
        users: {{ path: "/api/v1/users?limit=1", credential: monitor }}
        users-unaimed: {{ path: "/api/v1/users?limit=1", credential: twin, sampling: interval, interval: 15s }}
        groups: {{ path: "/api/v1/groups?limit=1", credential: monitor }}
        apps: {{ path: "/api/v1/apps?limit=1", credential: monitor }}
        logs: {{ path: "/api/v1/logs?limit=1", credential: monitor }}
        users-of-app: {{ path: "/api/v1/users?limit=1", credential: service-app }}
      jwks:
        org: {{ authorization_server: org }}
        default: {{ authorization_server: default }}
      token:
        ci:
          access_token_file: "{access_token_file}"
          introspect: {{ client_id: "{client_id}", client_secret_file: "{client_secret_file}" }}
          expect:
            issuer: "{url}/oauth2/default"
            audience: api://default
            scopes: [okta.users.read, okta.logs.read]
      rate_limit_settings: {{ credential: monitor, interval: 10s }}
      authorization_servers: {{ credential: monitor, interval: 10s }}
      certificates: {{ credential: monitor, apps: true, interval: 5s }}
      agent_pools: {{ credential: monitor, interval: 5s }}
      integrations: {{ credential: monitor, interval: 5s }}
      disaster_recovery: {{ credential: service-app, interval: 5s }}
      org: {{ credential: monitor, interval: 5s }}
      api_tokens: {{ credential: monitor, interval: 10s }}
      system_log: {{ credential: monitor, interval: 10s }}
"#
    ))
}

/// Lets the org push events to the exporter, whatever certificate that shows: both are the demo's own.
/// What is pushed, the log tells as well: without a hook the demo goes on.
async fn add_hook(control: &Controls, app: &App, prefix: &str) -> Result<(), String> {
    let Some(mut address) = app.addresses().iter().find_map(Address::tcp) else {
        return Err("it delivers to ports, not to Unix sockets".to_owned());
    };
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let url = format!("{}://{address}{prefix}/hooks/okta/demo", app.scheme());
    let hook = EventHook::new(&url)
        .header("Authorization", HOOK_SECRET)
        .types(HOOK_TYPES)
        .trusting_any();
    let added = control.add_hook(hook).await;
    added.map(drop).map_err(|why| why.to_string())
}

/// An address as one opens it; what lies in the file system, by curl.
fn opened(address: &Address, scheme: &str) -> String {
    match address {
        Address::Tcp(tcp) if tcp.ip().is_unspecified() => {
            format!("{scheme}://localhost:{}", tcp.port())
        }
        Address::Tcp(tcp) => format!("{scheme}://{tcp}"),
        Address::Unix(path) => {
            let path = path.as_deref().unwrap_or(Path::new("…")).display();
            format!("curl --unix-socket {path} {scheme}://localhost")
        }
    }
}

fn greet((app, serving): (&App, &Serving), okta: &str, page: &str, hook: Result<(), String>) {
    say("okta-exporter demo: the exporter, watching a simulated Okta\n");
    let (prefix, metrics) = (&serving.route_prefix, &serving.telemetry_path);
    for address in app.addresses() {
        let at = opened(address, app.scheme());
        say(format_args!("  open       {at}{prefix}/"));
        say(format_args!("  scrape     {at}{prefix}{metrics}"));
    }
    say(format_args!(
        "  the org    {okta}   (simulated; its certificate is its own)"
    ));
    say(format_args!("  the page   {page}"));
    let tell = match hook {
        Ok(()) => "The System Log and an event hook tell",
        Err(why) => {
            say(format_args!(
                "  no hook    the simulated Okta cannot deliver events here: {why}"
            ));
            "The System Log tells"
        }
    };
    say(format_args!(
        "\nWithin a minute, and again in each: the rate limit of /api/v1/users runs out (the endpoint `users` \
         sees it coming,\nthe same watched without aim as `users-unaimed` hardly does), signing keys rotate, the watched \
         token nears its expiry\nand dies, errors come by code, and an incident opens on the org's own cell. {tell}\nof limits, \
         of sign-ins that fail, and of a log stream that is switched off. A key leaves too early; that is\nbelieved, and told, after some four minutes.\nCtrl-C ends it.\n"
    ));
}
