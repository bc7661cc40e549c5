//! An org that is known by marked secrets, everything that watches it, and what may fail.

use std::{fs, path::Path, time::Duration};

use okta_exporter::sim::{self, ApiToken, Fault, Mint, ORG, Org, Running, Tls};

use crate::support::{Leak, ServiceApp};

/// Secrets that nobody could write by chance, as long as Okta's or longer, with all that encodings
/// trip over.
pub const API_TOKEN: &str = "00q9ZtWmXvKpR4sLbN7cYhJd2fGuTe5aPo8iQkV1rM";
pub const BEARER: &str = "bearer-Hk3nVx8Qw-Zr5Tt7Lm_Pp2Ss4Dd6Ff9Gg1Jj";
pub const WATCHED: &str = "watched-Yb6Nc4Mx2Lz~Kq8Wj1Hv3Gp5Ft7Ds9Ra0Eo";
pub const CLIENT_SECRET: &str = "cs/Ue7+Iy5=Ot3&Pr1%Aw9 Sq2Dz4Fx6Gc8HvJbKnLm";

pub const HOOK_SECRET: &str = "hook-Jm7Tn2Bv-Xq5Lc9Zk_Wd4Rs8Pg1Hf6Ya3Ue0Io";

/// Every way of the simulated Okta to misbehave, and none.
pub fn faults() -> Vec<Option<Fault>> {
    let echoed = format!("{{\"token\": \"{API_TOKEN}\", \"id\": \"{WATCHED}\"}}");
    let elsewhere = format!("https://elsewhere.example/?token={API_TOKEN}");
    let faults = [
        Fault::status(500),
        Fault::status(503),
        Fault::error(400, "E0000001"),
        Fault::error(401, "E0000011"),
        Fault::error(401, "E0000015"),
        Fault::error(403, "E0000006"),
        Fault::error(404, "E0000007"),
        Fault::rate_limited(),
        Fault::concurrency(),
        Fault::rate_limited_without_headers(),
        Fault::retry_after(60),
        Fault::stall(Duration::from_millis(100)),
        Fault::stall_forever(),
        Fault::truncated(),
        Fault::endless(),
        Fault::oversized(5 << 20),
        Fault::not_json(),
        Fault::body("application/json", echoed),
        Fault::headers([("x-rate-limit-reset", "1"), ("date", "yesterday")]),
        Fault::without("x-rate-limit-remaining"),
        Fault::edge_not_found(),
        Fault::redirect_to(&elsewhere),
        Fault::redirect_loop(),
        Fault::bomb(5 << 20),
        Fault::stall_midway(),
        Fault::challenge(401, "SSWS"),
        Fault::edge(502),
        Fault::edge_that_says(503, [("retry-after", API_TOKEN), ("date", API_TOKEN)]),
        Fault::invalid_token(),
        Fault::wants_proof(),
    ];
    [None].into_iter().chain(faults.map(Some)).collect()
}

/// Where the faults are. What is minted elsewhere meets them, and so does who mints here.
pub const FAULTY: [&str; 2] = ["/api/v1", "/oauth2/default"];

/// One org for each fault, every other one behind TLS and HTTP/2.
pub async fn org(fault: Option<Fault>, tls: bool, app: &ServiceApp) -> Running {
    let org = Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .bearer(BEARER, ["okta.users.read"])
        .client("0oa1", CLIENT_SECRET)
        .service_app(
            sim::ServiceApp::new("0oa2")
                .secret(CLIENT_SECRET)
                .grant(["reports"]),
        )
        .service_app(
            app.registered()
                .grant(["okta.users.read", "reports"])
                .dpop(),
        );
    let org = if tls { org.tls(Tls::new()) } else { org };
    let okta = org.start().await.unwrap();
    let watched = Mint::by("default").opaque(WATCHED).scopes(["reports"]);
    okta.controls().mint(&watched).unwrap();
    // Makes the key that signs, which takes its time, before anybody waits for it.
    okta.controls().mint(&Mint::by(ORG)).unwrap();
    if let Some(fault) = fault {
        for prefix in FAULTY {
            okta.controls().fault(prefix, fault.clone());
        }
    }
    okta
}

/// How many probes each org has.
pub const PROBES: usize = 19;
/// How many status pages there are.
pub const PAGES: usize = 4;

/// Every kind of probe, with every kind of credential. The files are in this directory.
pub fn settings(name: usize, okta: &Running, directory: &Path) -> String {
    let url = okta.url();
    let ca = match okta.ca_pem() {
        Some(pem) => {
            fs::write(directory.join(format!("{name}.pem")), pem).unwrap();
            format!("ca_file: {name}.pem")
        }
        None => String::new(),
    };
    let pace = "interval: 10m, timeout: 8s";
    let introspect = "introspect: { authorization_server: default, client_id: 0oa1, client_secret_file: client_secret }";
    let key = format!(
        "client_id: {}, private_key_file: key, key_id: k1",
        ServiceApp::ID
    );
    let secret = "client_id: 0oa2, client_secret_file: client_secret";
    let custom = "authorization_server: default, scopes: [reports]";
    format!(
        "  org{name}:
    url: '{url}'
    {ca}
    credentials:
      monitor: {{ api_token_file: api_token }}
      edge: {{ bearer_token_env: MARKED_BEARER }}
      service: {{ oauth: {{ {key}, scopes: [okta.users.read] }} }}
      custom: {{ oauth: {{ {key}, {custom} }} }}
      basic: {{ oauth: {{ {secret}, client_auth: client_secret_basic, {custom} }} }}
      post: {{ oauth: {{ {secret}, client_auth: client_secret_post, {custom} }} }}
    probes:
      discovery: {{ {pace} }}
      organization: {{ {pace} }}
      endpoint:
        users: {{ path: /api/v1/users, credential: monitor, {pace} }}
        edge: {{ path: /api/v1/users, credential: edge, {pace} }}
        service: {{ path: /api/v1/users, credential: service, {pace} }}
        custom: {{ path: /api/v1/x, credential: custom, {pace} }}
        basic: {{ path: /api/v1/x, credential: basic, {pace} }}
        post: {{ path: /api/v1/x, credential: post, {pace} }}
      jwks: {{ org: {{ {pace} }}, default: {{ authorization_server: default, {pace} }} }}
      rate_limit_settings: {{ credential: monitor, {pace} }}
      authorization_servers: {{ credential: monitor, {pace} }}
      certificates: {{ credential: monitor, apps: true, {pace} }}
      agent_pools: {{ credential: monitor, {pace} }}
      integrations: {{ credential: monitor, {pace} }}
      disaster_recovery: {{ credential: edge, {pace} }}
      org: {{ credential: monitor, {pace} }}
      api_tokens: {{ credential: monitor, {pace} }}
      system_log: {{ credential: monitor, {pace} }}
      token:
        opaque: {{ access_token: {WATCHED}, {introspect}, {pace} }}
        jwt: {{ access_token_file: jwt, {introspect}, {pace} }}
    event_hook: {{ authorization_file: hook_secret }}
"
    )
}

pub fn secrets() -> Leak {
    Leak::default()
        .text("the API token", API_TOKEN)
        .text("the bearer token", BEARER)
        .text("the watched token", WATCHED)
        .text("the client's secret", CLIENT_SECRET)
        .text("the hook's secret", HOOK_SECRET)
}

/// An org that is well, and how it is watched: however busy the machine is, its key set comes to be known
/// and kept, since it is asked for again.
pub async fn well() -> (Running, String) {
    let okta = Org::new("well").start().await.unwrap();
    let jwks = "jwks: { org: { interval: 10s, timeout: 8s } }";
    let settings = format!(
        "  well: {{ url: '{}', probes: {{ {jwks} }} }}\n",
        okta.url()
    );
    (okta, settings)
}
