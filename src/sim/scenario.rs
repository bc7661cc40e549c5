//! The demo's scenario: what happens to one org and its status page within a minute, again and again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep_until};

use super::ORG;
use super::background::{Application, Pattern};
use super::clock::after;
use super::controls::Controls;
use super::credentials::{ApiToken, Principal};
use super::error::Error;
use super::faults::Fault;
use super::org::Org;
use super::service_app::ServiceApp;
use super::status_page::{Incident, StatusPage};
use super::system_log::LogEvent;
use super::tokens::Mint;

/// The principal of the demo's exporter. The background application calls as the same one, as the
/// headers show a caller nobody's requests but its own.
const EXPORTER: &str = "exporter";

/// Another principal with the same ceiling, as which an application calls that spends just alike:
/// two ways to look at a limit can be compared.
const TWIN: &str = "twin";

/// What each of the two may spend of a bucket, in percent.
const CEILING: u32 = 25;

/// The bucket that both spend from, and what the org may spend of it.
const SPENT: (&str, u32) = ("/api/v1/users", 200);

/// The other callers' tokens, by whom and how many days nobody used them. A token ends after thirty.
const UNUSED: [(&str, u64); 3] = [
    ("nightly-job", 0),
    ("old-integration", 26),
    ("contractor", 3),
];

/// How many users sign in each minute, and how many of a hundred fail to.
const SIGN_INS: (u32, usize) = (120, 5);

/// How long the scenario is before it begins again.
const LENGTH: Duration = Duration::from_mins(1);

/// A quarter of Okta's window, so that a minute shows several run out.
const WINDOW: Duration = Duration::from_secs(15);

/// Less than lies between two rotations, so that old keys leave without a broken promise.
const KEYS_FRESH: Duration = Duration::from_secs(20);

/// A server whose keys nobody rotates, and what has certificates: one is near its end, the
/// application's now and then.
const PARTNERS: &str = "partners";
const IDP: &str = "Partner sign-in";
const APP: &str = "Payroll";

/// How long the trial still lasts: near enough to its end to be told.
const TRIAL: Duration = Duration::from_hours(25 * 24);

/// Where API tokens are listed.
const TOKENS: &str = "/api/v1/api-tokens";

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A token of the custom server that ends in so many seconds.
    Mint(u64),
    /// A next key of a server is published; it signs after so many seconds.
    Announce(&'static str, u64),
    Rotate(&'static str),
    /// The key in use leaves before caches may forget it.
    Withdraw(&'static str),
    /// A path answers a status with an error code, so many times.
    Fail(&'static str, u16, &'static str, u32),
    TooManyAtOnce(&'static str),
    /// Another application spends so much of a path's bucket at once, which the org's log warns of.
    Rush(&'static str, u32),
    /// So many sign-ins fail at once.
    FailSignIns(usize),
    /// So many token requests of a client are refused, whose secret is an old one.
    RefuseGrants(usize),
    /// An event of this type.
    Log(&'static str),
    /// An agent loses its connection, or finds it again.
    DropAgent(&'static str),
    ReturnAgent(&'static str),
    /// What has this name gets a certificate for so many days.
    Certify(&'static str, i64),
    /// An administrator lets Okta warn from such a percentage of a bucket on.
    WarnFrom(u32),
    /// Okta Support may sign in for so many seconds.
    OpenSupport(u64),
    /// Somebody revokes an API token: once, however often this comes, and not before it was on a list,
    /// since nobody misses what he never saw.
    Revoke(&'static str),
    /// Okta switches a log stream off; an administrator switches it on again.
    StopStream,
    StartStream,
    /// The org fails over to another region, or back.
    FailOver(bool),
    /// An event hook loses its verification, or regains it.
    VerifyHook(bool),
    /// A path never answers, once.
    Stall(&'static str),
    /// Maintenance is planned; what was planned before is called off.
    Plan,
    /// An incident opens on the org's own cell.
    Trouble,
    Progress(&'static str),
}

/// What happens, by seconds from the start.
const STEPS: &[(u64, Step)] = &[
    (0, Step::Mint(35)),
    (0, Step::Certify(APP, 400)),
    (5, Step::Plan),
    (6, Step::StartStream),
    (8, Step::Fail("/api/v1/groups", 403, "E0000006", 2)),
    (9, Step::WarnFrom(50)),
    (10, Step::Log("system.api_token.create")),
    (12, Step::Announce("default", 8)),
    (15, Step::Trouble),
    (18, Step::Rush("/api/v1/groups", 65)),
    (20, Step::DropAgent("dc2")),
    (22, Step::Rotate(ORG)),
    // Soon after the promise of 20 s was renewed, and early in the scenario, since whoever watches
    // believes it only after some minutes.
    (24, Step::Withdraw("default")),
    (25, Step::VerifyHook(false)),
    (25, Step::Revoke("contractor")),
    (26, Step::Progress("Identified")),
    (28, Step::Fail("/api/v1/apps", 503, "E0000009", 2)),
    (30, Step::FailSignIns(25)),
    (30, Step::Certify(APP, 5)),
    (31, Step::FailOver(true)),
    (32, Step::RefuseGrants(8)),
    (33, Step::Stall("/api/v1/groups")),
    (34, Step::WarnFrom(60)),
    (36, Step::TooManyAtOnce("/api/v1/logs")),
    (38, Step::Progress("Monitoring")),
    (38, Step::OpenSupport(15)),
    (40, Step::StopStream),
    (42, Step::Rotate("default")),
    (44, Step::Rotate(ORG)),
    (45, Step::ReturnAgent("dc2")),
    (45, Step::Mint(20)),
    (47, Step::FailOver(false)),
    (48, Step::VerifyHook(true)),
    (50, Step::Progress("Resolved")),
];

/// A token of the other principal.
pub fn twin(token: &str) -> ApiToken {
    ApiToken::new(TWIN, token).percent(CEILING)
}

/// The demo's org: a short window, and `token` as the exporter's API token. The scenario runs on any
/// org, but only here does the exporter see its quota spent.
pub fn demo_org(name: &str, token: &str) -> Org {
    let org = Org::new(name)
        .window(WINDOW)
        .limit(SPENT.0, SPENT.1)
        .keys_fresh_for(KEYS_FRESH)
        .authorization_server(PARTNERS)
        .api_token(ApiToken::new(EXPORTER, token).percent(CEILING));
    UNUSED.iter().fold(org, |org, (name, days)| {
        let token = ApiToken::new(name, &format!("00simulated-{name}-token"));
        org.api_token(token.unused_for(Duration::from_hours(24 * days)))
    })
}

/// A service app as Okta makes them today: with DPoP, and with less granted than it asks for.
pub fn service_app(id: &str, public_key: &str) -> ServiceApp {
    let app = ServiceApp::new(id).key("demo", public_key);
    app.grant(["okta.users.read", "okta.dr.read"]).dpop()
}

/// Runs the scenario until the org stops. Each token minted is handed to `minted`, which may for
/// instance write it where the exporter reads it; the first before anything else happens.
///
/// # Errors
/// If a key cannot be made or the org lacks the authorization server `default`.
pub async fn run(
    controls: &Controls,
    page: &StatusPage,
    mut minted: impl FnMut(&str),
) -> Result<(), Error> {
    controls.expire_org_in(TRIAL);
    for name in [EXPORTER, TWIN] {
        let who = Principal::new(name).percent(CEILING);
        // Most windows end nearly used up; one in each round of the scenario runs out.
        for pattern in [Pattern::Steady(180), Pattern::Burst(20, LENGTH)] {
            controls.run(Application::new(who.clone(), SPENT.0, pattern));
        }
    }
    let (per_minute, failing) = SIGN_INS;
    controls.run_sign_ins(Pattern::Steady(per_minute), failing);
    furnish(controls)?;
    let stop = controls.stop_token();
    let (mut incident, mut planned) = (String::new(), String::new());
    let mut start = Instant::now();
    loop {
        for (second, step) in STEPS {
            let due = sleep_until(start + Duration::from_secs(*second));
            if stop.run_until_cancelled(due).await.is_none() {
                return Ok(());
            }
            match step {
                Step::Trouble => incident = page.open(trouble(&controls.cell())),
                Step::Progress(status) => drop(page.change(&incident, status)),
                Step::Mint(seconds) => minted(&controls.mint(&token(*seconds))?),
                Step::Announce(server, lead) => {
                    controls.schedule_rotation(server, Duration::from_secs(*lead))?;
                }
                Step::Rotate(server) => controls.rotate_keys(server)?,
                Step::Withdraw(server) => drop(controls.remove_key_early(server)?),
                Step::Fail(path, status, code, times) => {
                    controls.fault(path, Fault::error(*status, code).times(*times));
                }
                Step::Stall(path) => controls.fault(path, Fault::stall_forever().times(1)),
                Step::Plan => {
                    page.change(&planned, "Cancelled");
                    planned = page.open(maintenance(controls.clock().now()));
                }
                Step::Rush(path, requests) => {
                    controls.spend(path, &Principal::new("nightly-job").percent(100), *requests);
                }
                Step::FailSignIns(times) => {
                    controls.log_many(&LogEvent::failed_sign_in("INVALID_CREDENTIALS"), *times);
                }
                Step::RefuseGrants(times) => {
                    let grant = LogEvent::new("app.oauth2.as.token.grant");
                    let grant = grant.actor("PublicClientApp", "0oaOLDSECRET");
                    controls.log_many(&grant.failed("invalid_client"), *times);
                }
                Step::Log(event_type) => drop(controls.log(&LogEvent::new(event_type))),
                Step::DropAgent(name) => controls.drop_agent(name),
                Step::ReturnAgent(name) => controls.return_agent(name),
                Step::Certify(name, days) => controls.renew_certificate(name, in_days(*days))?,
                Step::WarnFrom(percent) => controls.set_warning_threshold(*percent),
                Step::OpenSupport(seconds) => {
                    controls.open_support_access(Duration::from_secs(*seconds));
                }
                Step::Revoke(name) => {
                    if was_listed(controls, TOKENS) {
                        controls.revoke_api_token(name);
                    }
                }
                Step::StopStream => controls.deactivate_log_stream("to-the-archive"),
                Step::StartStream => controls.activate_log_stream("to-the-archive"),
                Step::FailOver(is_over) => controls.fail_over(*is_over),
                Step::VerifyHook(holds) => controls.verify_hook("to-the-tickets", *holds),
                Step::TooManyAtOnce(path) => controls.fault(path, Fault::concurrency().times(1)),
            }
        }
        start += LENGTH;
    }
}

/// Whether this list was ever answered, as far back as requests are kept.
fn was_listed(controls: &Controls, path: &str) -> bool {
    let requests = controls.requests();
    let mut lists = requests.iter().filter(|asked| asked.path == path);
    lists.any(|asked| asked.status == Some(200))
}

/// Gives the org what ends some day.
fn furnish(controls: &Controls) -> Result<(), Error> {
    controls.rotate_keys_by_hand(PARTNERS, in_days(400));
    controls.add_idp(IDP, in_days(20))?;
    controls.add_saml_app(APP, in_days(400))?;
    controls.add_domain("login.demo.example", false, in_days(25));
    controls.add_domain("id.demo.example", true, in_days(60));
    controls.add_domain("new.demo.example", true, in_days(90));
    controls.set_domain_status("new.demo.example", "IN_PROGRESS");
    Ok(())
}

fn in_days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn token(seconds: u64) -> Mint {
    Mint::by("default")
        .scopes(["reports.read"])
        .starting_in(Duration::ZERO)
        .lasting(Duration::from_secs(seconds))
}

fn trouble(cell: &str) -> Incident {
    Incident::new("Sign-in is slower than usual").cells(&status_name(cell))
}

fn maintenance(now: Timestamp) -> Incident {
    let begins = after(now, Duration::from_hours(48));
    Incident::new("Planned maintenance").planned(begins, after(begins, Duration::from_hours(2)))
}

/// A cell as the status page calls it; what Okta's naming does not cover stays as it is.
fn status_name(cell: &str) -> String {
    match (cell.strip_prefix("ok"), cell.strip_prefix("op")) {
        (Some(number), _) => format!("okta.com:{number}"),
        (_, Some(number)) => format!("oktapreview.com:{number}"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::lock::hold;
    use super::*;

    #[test]
    fn a_cell_has_its_name_on_the_status_page() {
        assert_eq!(status_name("ok14"), "okta.com:14");
        assert_eq!(status_name("op3"), "oktapreview.com:3");
        assert_eq!(status_name("eu1"), "eu1");
    }

    #[test]
    fn the_story_is_told_in_order_and_within_its_length() {
        assert!(STEPS.is_sorted_by_key(|(second, _)| second));
        assert!(
            STEPS
                .iter()
                .all(|(second, _)| Duration::from_secs(*second) < LENGTH)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn within_a_minute_tokens_are_minted_and_the_exporters_window_runs_out() {
        let org = demo_org("demo", "demo-token");
        let page = StatusPage::new(&org.clock);
        let controls = Controls::new(org, "http://127.0.0.1:1".to_owned(), Arc::default()).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let (teller, heard) = (controls.clone(), told.clone());
        let scenario = tokio::spawn(async move {
            run(&teller, &page, |token| hold(&heard).push(token.to_owned())).await
        });
        tokio::time::sleep(Duration::from_millis(14_500)).await;
        let exporter = Principal::new(EXPORTER).percent(CEILING);
        assert_eq!(controls.spend("/api/v1/users", &exporter, 1), 0);
        tokio::time::sleep(Duration::from_secs(45)).await;
        assert_eq!(hold(&told).len(), 2);
        let log = controls.log_totals().by_type;
        for event_type in [
            "system.org.rate_limit.warning",
            "system.operation.rate_limit.violation",
            "system.api_token.create",
            "app.oauth2.as.token.grant",
            "app.oauth2.key.rollover",
            "system.log_stream.lifecycle.deactivate",
        ] {
            assert!(log.contains_key(event_type), "{event_type}: {log:?}");
        }
        assert!(log["user.session.start"] > 100, "{log:?}");
        controls.stop_token().cancel();
        scenario.await.unwrap().unwrap();
    }
}
