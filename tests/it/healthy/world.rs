//! An org that is well, with everything that can be watched of it, two replicas that watch it by default
//! settings, and time that passes as fast as they can live.
//!
//! The runtime's clock is paused, and here there are real sockets all the same. Whoever waits, waits for
//! somebody on the same thread, who has something to do then, or for a thread that works apart, for which
//! tokio lets time stand. Where nobody has anything to do, time jumps to the next timer; an answer is on
//! its way for a few such jumps, and a timer every [`GRAIN`] keeps them short. So a busy machine makes this
//! slow, and nobody late. An exporter's web server alone has a clock of its own: see [`while_time_stands`].

use std::{fs, path::Path, time::Duration};

use jiff::{SignedDuration, Timestamp};
use okta_exporter::{
    metrics::Family,
    sim::{
        ApiToken, Application, Clock, Controls, Incident, Mint, Org, Pattern, Principal, Running,
        RunningStatusPage, StatusPage, Tls,
    },
    units::WallClock,
    web,
};
use tokio::time::Instant;

use super::archive::{Archive, STEP, Samples};
use crate::support::{API_TOKEN, Exporter, ServiceApp, http, operator_labels};

/// How far time jumps at most.
const GRAIN: Duration = Duration::from_millis(50);
const HOUR: i64 = 3_600;
/// How much later the second replica begins.
const APART: Duration = Duration::from_secs(8);
const CLIENT: (&str, &str) = ("0oaREPORTS", "s3cr3t");
/// How long before its end the holder of an access token renews it.
const RENEWS: i64 = 50 * 60;

/// The limits of an org that is paid for, as Okta publishes them.
const LIMITS: [(&str, u32); 7] = [
    ("/api/v1*", 1_200),
    ("/api/v1/apps*", 100),
    ("/api/v1/groups*", 500),
    ("/api/v1/logs", 120),
    ("/api/v1/users", 600),
    ("/oauth2/v1*", 2_000),
    ("/oauth2/{authorizationServerId}/v1*", 2_000),
];

/// Which org it is, and what is watched of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything, of an org that is paid for.
    Whole,
    /// What is watched of a free org where only its token is written.
    Free,
}

/// Lets the org be watched for so many seconds, what is done to it included, and keeps what Prometheus
/// would have scraped. Must be called with a paused clock, which it lets go again.
pub async fn live(kind: Kind, seconds: i64, trouble: impl FnOnce(&Controls)) -> Archive {
    let now = Timestamp::now().as_second();
    // On a second that looks are taken at.
    let begins = now - now.rem_euclid(60) + 60;
    let earlier = begins - APART.as_secs().cast_signed();
    let world = World::begin(kind, Timestamp::from_second(earlier).unwrap()).await;
    trouble(&world.okta.controls());
    let mut archive = Archive::new(begins);
    world.pass(seconds, &mut archive).await;
    drop(world);
    tokio::time::resume();
    archive
}

/// The org with what stands beside it, and who watches it.
struct World {
    okta: Running,
    replicas: [(Exporter, String); 2],
    files: tempfile::TempDir,
    /// When the first scrape is due.
    begun: Instant,
    begins: i64,
    grain: tokio::task::JoinHandle<()>,
    _beside: (Running, RunningStatusPage, ServiceApp),
}

impl World {
    async fn begin(kind: Kind, at: Timestamp) -> Self {
        let (ours, oktas) = (WallClock::of_the_runtime(at), Clock::running());
        oktas.set_offset(at.duration_since(oktas.now()));
        let begun = Instant::now() + APART;
        let grain = tokio::spawn(async {
            let mut ticks = tokio::time::interval(GRAIN);
            loop {
                ticks.tick().await;
            }
        });
        let app = ServiceApp::new();
        let limits = match kind {
            Kind::Whole => &LIMITS[..],
            Kind::Free => &[],
        };
        let org = limits.iter().fold(Org::new("acme"), |org, (path, limit)| {
            org.limit(path, *limit)
        });
        let okta = org
            .clock(&oktas)
            .tls(Tls::new())
            .api_token(ApiToken::new("monitor", API_TOKEN))
            .api_token(
                ApiToken::new("nightly-job", "00nightly").unused_for(Duration::from_hours(9)),
            )
            .client(CLIENT.0, CLIENT.1)
            .service_app(app.registered().grant(["okta.users.read", "okta.dr.read"]))
            .idp("Partner sign-in", days(300))
            .domain("login.acme.example", false, days(300))
            .domain("id.acme.example", true, days(60))
            .start()
            .await
            .unwrap();
        okta.controls().add_saml_app("Payroll", days(400)).unwrap();
        let other = Org::new("other").clock(&oktas).start().await.unwrap();
        let page = StatusPage::new(&oktas);
        let over = page.open(Incident::new("Long over").cells("okta.com:7"));
        assert!(page.resolve(&over));
        let page = page.start(0).await.unwrap();
        let files = tempfile::tempdir().unwrap();
        fs::write(files.path().join("ca.pem"), okta.ca_pem().unwrap()).unwrap();
        renew(&okta, files.path());
        let watch = async |number: u8| {
            let state = files.path().join(format!("state-{number}.redb"));
            let mut yaml = configuration(&okta, (other.url(), &page.okta_url()), files.path());
            if kind == Kind::Free {
                let default = yaml.find("      billing:").unwrap();
                yaml.truncate(default);
            }
            let yaml = format!("storage: {{ path: '{}' }}\n{yaml}", state.display())
                .replace("KEY_FILE", &app.key_file().display().to_string());
            let exporter = Exporter::start_in_the_time_of(&ours, &yaml);
            (while_time_stands(exporter).await, target(number))
        };
        let first = watch(0).await;
        // Two that ask one after the other show one another requests early in a window.
        tokio::time::sleep(APART).await;
        let replicas = [first, watch(1).await];
        busy(&okta.controls(), if kind == Kind::Free { 10 } else { 100 });
        Self {
            okta,
            replicas,
            files,
            begun,
            begins: at.as_second() + APART.as_secs().cast_signed(),
            grain,
            _beside: (other, page, app),
        }
    }

    /// Lets time pass, and scrapes.
    #[expect(clippy::print_stderr, reason = "twelve hours take long")]
    async fn pass(&self, seconds: i64, archive: &mut Archive) {
        let (client, mut samples) = (http(), Samples::default());
        for second in (0..=seconds).step_by(usize::try_from(STEP).unwrap()) {
            let due = Duration::from_secs(second.unsigned_abs());
            tokio::time::sleep_until(self.begun + due).await;
            if second % RENEWS == 0 {
                renew(&self.okta, self.files.path());
            }
            for (exporter, target) in &self.replicas {
                let page = page(exporter, &client).await;
                samples.scraped(&page, target, self.begins + second);
            }
            if second % HOUR == 0 && second > 0 {
                eprintln!("{} of {} hours", second / HOUR, seconds / HOUR);
                archive.add(std::mem::take(&mut samples));
            }
        }
        archive.add(samples);
        archive.last = self.begins + seconds;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.grain.abort();
    }
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// Does what another thread has a part in, while no time passes here.
async fn while_time_stands<T>(work: impl Future<Output = T>) -> T {
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    let apart = tokio::task::spawn_blocking(move || waiting.recv());
    let result = work.await;
    drop(done);
    // It ends by an error, as nothing was ever sent.
    assert!(apart.await.unwrap().is_err());
    result
}

/// A page as Prometheus would get it now. What the web server itself tells is asked of it; what is known
/// of Okta it would tell by its own clock.
async fn page(exporter: &Exporter, client: &reqwest::Client) -> String {
    let mut page = exporter.known();
    let served = async {
        let answer = client.get(format!("{}/metrics", exporter.url())).send();
        answer.await.unwrap().text().await.unwrap()
    };
    let served = while_time_stands(served).await;
    let own = web::families().into_iter().map(Family::name);
    let own: Vec<&str> = own
        .chain(["process_", "okta_exporter_build_info"])
        .collect();
    for line in served.lines() {
        if own.iter().any(|name| line.starts_with(name)) {
            page += line;
            page.push('\n');
        }
    }
    page
}

/// Whoever holds the watched access token gets a new one.
fn renew(okta: &Running, files: &Path) {
    let mint = Mint::by("default")
        .audience("api://reports")
        .scopes(["reports.read"]);
    let new = files.join("token.new");
    fs::write(&new, okta.controls().mint(&mint).unwrap()).unwrap();
    fs::rename(&new, files.join("token")).unwrap();
}

/// People and applications do what they do, well within their limits.
fn busy(sim: &Controls, requests: u32) {
    let applications = [
        ("/api/v1/users", Pattern::Poisson(requests)),
        ("/api/v1/groups", Pattern::Steady(requests / 4)),
    ];
    for (path, pattern) in applications {
        sim.run(Application::new(Principal::new("monitor"), path, pattern));
    }
    // Of twenty one has a wrong password.
    sim.run_sign_ins(Pattern::Poisson(6), 5);
}

/// What the operator puts on the series of one pod, as they are written.
fn target(number: u8) -> String {
    let labels = operator_labels(&format!("okta-exporter-{number}"));
    let labels = labels.as_object().unwrap().iter();
    let labels = labels.map(|(name, value)| format!("{name}={value},"));
    let labels: String = labels.collect();
    format!("{labels}instance=\"10.0.0.{number}:6582\"")
}

/// Every kind of probe, at its own pace.
fn configuration(okta: &Running, (other, page): (&str, &str), files: &Path) -> String {
    let (url, files) = (okta.url(), files.display());
    let (client, secret) = CLIENT;
    format!(
        "
status_pages: {{ okta: {{ url: '{page}' }} }}
controls: ['{other}']
orgs:
  acme:
    url: '{url}'
    ca_file: '{files}/ca.pem'
    credentials:
      monitor: {{ api_token: {API_TOKEN}, principal_id: 00T00000000000000000 }}
      billing: {{ oauth: {{ client_id: {app}, key_id: k1, private_key_file: 'KEY_FILE', scopes: [okta.users.read, okta.dr.read] }} }}
    probes:
      discovery: {{}}
      organization: {{}}
      endpoint:
        users: {{ path: '/api/v1/users?limit=1', credential: monitor }}
        groups: {{ path: '/api/v1/groups?limit=1', credential: monitor }}
        apps: {{ path: '/api/v1/apps?limit=1', credential: monitor }}
        logs: {{ path: '/api/v1/logs?limit=1', credential: monitor }}
        users-of-billing: {{ path: '/api/v1/users?limit=1', credential: billing }}
      jwks: {{ org: {{}}, default: {{ authorization_server: default }} }}
      token:
        ci:
          access_token_file: '{files}/token'
          introspect: {{ client_id: {client}, client_secret: {secret} }}
          expect: {{ issuer: '{url}/oauth2/default', audience: 'api://reports', scopes: [reports.read] }}
      rate_limit_settings: {{ credential: monitor }}
      agent_pools: {{ credential: monitor }}
      integrations: {{ credential: monitor }}
      authorization_servers: {{ credential: monitor }}
      api_tokens: {{ credential: monitor }}
      certificates: {{ credential: monitor, apps: true }}
      disaster_recovery: {{ credential: billing }}
      org: {{ credential: monitor }}
      system_log: {{ credential: monitor }}
",
        app = ServiceApp::ID,
    )
}
