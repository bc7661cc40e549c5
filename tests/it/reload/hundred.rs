//! A hundred configurations, one after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use okta_exporter::fleet::Changes;

use super::{Model, Probe, Reloading, World, Written, rewrite};
use crate::support::{Scrape, TOKEN};

/// How long a request that was given up may be on its way to an Okta that is busy.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(20);

/// When a probe was first written as it is.
#[derive(Debug, Clone, Copy)]
struct Start {
    at: Timestamp,
    /// How many requests of those in whose place it came may have been on their way, or begun while the
    /// configuration was applied.
    of_others: u64,
}

/// When a probe was given up, and which simulated Okta it asked.
struct End {
    at: Timestamp,
    okta: usize,
    probe: String,
}

/// What is the same of an org in both: its probes that are written as before, with all they need.
fn unchanged<'a>(
    before: &'a Model,
    after: &Model,
) -> BTreeMap<&'static str, (&'a Written, BTreeSet<&'a str>)> {
    let mut same = BTreeMap::new();
    for (name, org) in before {
        let Some(now) = after.get(name).filter(|now| now.okta == org.okta) else {
            continue;
        };
        let uses = |probe: &Probe| {
            probe.credential.is_none_or(|credential| {
                org.credentials.get(credential) == now.credentials.get(credential)
            })
        };
        let ids = org
            .probes
            .iter()
            .filter(|(id, probe)| now.probes.get(*id) == Some(probe) && uses(probe));
        same.insert(*name, (org, ids.map(|(id, _)| id.as_str()).collect()));
    }
    same
}

/// The short name by which the requests of a probe are counted.
fn api(id: &str) -> &str {
    match id.split_once('/') {
        Some(("endpoint", name)) => name,
        Some((kind, _)) => kind,
        None => id,
    }
}

fn path(id: &str) -> String {
    match id.split_once('/') {
        Some(("endpoint", name)) => format!("/api/v1/{name}"),
        Some((_, "org")) => "/oauth2/v1/keys".to_owned(),
        Some((_, server)) => format!("/oauth2/{server}/v1/keys"),
        None if id == "discovery" => "/.well-known/openid-configuration".to_owned(),
        None => "/.well-known/okta-organization".to_owned(),
    }
}

/// Holds what was counted before against what is counted now.
fn counters_go_on(before: &Scrape, after: &Scrape, models: (&Model, &Model)) {
    let same = unchanged(models.0, models.1);
    for series in before.series().iter().filter(|series| series.is_counter()) {
        let label = |name: &str| series.labels.get(name).map(String::as_str);
        let Some((org, ids)) = label("org").and_then(|org| same.get(org)) else {
            continue;
        };
        let of_probe = label("probe").is_none_or(|probe| ids.contains(probe));
        let credential = label("credential").filter(|credential| *credential != "none");
        let used = |id: &&str| {
            credential.is_none_or(|credential| org.probes[*id].credential == Some(credential))
        };
        let of_api =
            label("api").is_none_or(|name| ids.iter().any(|id| api(id) == name && used(id)));
        let of_credential = ids.iter().any(used);
        let of_bucket = label("bucket").is_none_or(|bucket| {
            let bucket = bucket.trim_end_matches('*');
            ids.iter().any(|id| path(id) == bucket && used(id))
        });
        let of_server = label("authorization_server")
            .is_none_or(|server| ids.contains(format!("jwks/{server}").as_str()));
        if of_probe && of_api && of_credential && of_bucket && of_server {
            let now = after.get(&series.selector());
            assert!(
                now >= Some(series.value),
                "{} was {} and is {now:?}\n{after}",
                series.selector(),
                series.value
            );
        }
    }
}

/// No series names an org, a probe, an endpoint or a credential that is not written.
fn nothing_is_left(page: &Scrape, model: &Model) {
    for series in page.series() {
        let label = |name: &str| series.labels.get(name).map(String::as_str);
        let Some(name) = label("org").filter(|org| !org.is_empty()) else {
            continue;
        };
        let Some(org) = model.get(name) else {
            panic!("{} is left\n{page}", series.selector())
        };
        let probes = &org.probes;
        let known = label("probe").is_none_or(|probe| probes.contains_key(probe))
            && label("api")
                .is_none_or(|name| name == "token" || probes.keys().any(|id| api(id) == name))
            && label("authorization_server")
                .is_none_or(|name| probes.contains_key(&format!("jwks/{name}")));
        assert!(
            known,
            "{} is left of\n{model:#?}\n{page}",
            series.selector()
        );
        let used = |name: &str| {
            name == "none" || probes.values().any(|probe| probe.credential == Some(name))
        };
        // What an app minted stays as long as the app.
        let is_minting = label("bucket") == Some(TOKEN) || label("api") == Some("token");
        let of_requests = !is_minting
            && (series.name.starts_with("okta_rate_limit")
                || series.name.starts_with("okta_exporter_budget"));
        assert!(
            !of_requests || label("credential").is_none_or(used),
            "{} is left of\n{model:#?}\n{page}",
            series.selector()
        );
    }
}

/// Counts the runs with an app's token that these changes gave up.
fn count_given_up(
    apps: &mut BTreeMap<&'static str, (Timestamp, usize)>,
    changes: &Changes,
    before: &Model,
) {
    for id in changes.changed.iter().chain(&changes.removed) {
        let org = id.org.as_ref();
        let org = org.and_then(|org| before.get_key_value(org.as_str()));
        let asked_with = org.and_then(|(_, org)| org.probes.get(&id.probe)?.credential);
        let app = org.and_then(|(name, _)| apps.get_mut(name));
        if let (Some("app"), Some((_, given_up))) = (asked_with, app) {
            *given_up += 1;
        }
    }
}

/// Each probe was asked for at once, and then no more often than it is due.
fn nobody_was_asked_too_often(
    world: &World,
    model: &Model,
    since: &BTreeMap<(&'static str, String), Start>,
) {
    for ((org, id), Start { at, of_others }) in since {
        let written = &model[org];
        let requests = world.oktas[written.okta].controls().requests();
        let now = Timestamp::now();
        let asked = requests
            .iter()
            .filter(|r| r.path == path(id) && r.at >= *at)
            .count() as u64;
        let age = now.duration_since(*at).as_millis().unsigned_abs();
        let allowed = 1 + of_others + u64::try_from(age).unwrap() / written.probes[id].interval;
        assert!(
            asked <= allowed,
            "{org} {id}: {asked} requests in {age} ms, {allowed} were due"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_configurations_one_after_the_other_disturb_nothing_that_stays() {
    let world = World::new(3).await;
    let mut rng = Rng::with_seed(20_261_127);
    let mut reloading = Reloading::new();
    let mut model = Model::new();
    // When each probe that is at work was first written so.
    let mut since: BTreeMap<(&'static str, String), Start> = BTreeMap::new();
    let mut ends: Vec<End> = Vec::new();
    // When each app was first written so, and how many runs with its token were given up since.
    let mut apps: BTreeMap<&'static str, (Timestamp, usize)> = BTreeMap::new();
    let mut kept = 0;
    for round in 0..100 {
        let before = (reloading.scrape(), model.clone());
        for _ in 0..=rng.u8(0..3) {
            rewrite(&mut model, world.oktas.len(), &mut rng);
        }
        let applied_at = Timestamp::now();
        let changes = reloading.apply(&world.yaml(&model)).await;
        let applying = Timestamp::now().duration_since(applied_at).as_millis();
        let applying = u64::try_from(applying).unwrap_or_default();
        let same = unchanged(&before.1, &model);
        let stays = |(org, id): &(&'static str, String)| {
            same.get(org)
                .is_some_and(|(_, ids)| ids.contains(id.as_str()))
        };
        for (org, probe) in since.keys().filter(|probe| !stays(probe)) {
            ends.push(End {
                at: applied_at,
                okta: before.1[org].okta,
                probe: probe.clone(),
            });
        }
        since.retain(|probe, _| stays(probe));
        let is_same = |org: &&'static str| {
            same.get(org).is_some_and(|(before, _)| {
                before.credentials["app"] == model[org].credentials["app"]
            })
        };
        apps.retain(|org, _| is_same(org));
        count_given_up(&mut apps, &changes, &before.1);
        assert_eq!(
            changes.unchanged,
            since.len(),
            "{changes:?}\n{since:#?}\n{:#?}\n{model:#?}",
            before.1
        );
        kept += since.len();
        for (name, org) in &model {
            apps.entry(*name).or_insert((applied_at, 0));
            for id in org.probes.keys() {
                let there = before.1.values().filter(|there| there.okta == org.okta);
                let others = there.filter_map(|there| there.probes.get(id));
                let begun = others.map(|other| applying / other.interval);
                let given_up = ends.iter().filter(|end| {
                    end.okta == org.okta
                        && end.probe == *id
                        && applied_at.duration_since(end.at) < ON_ITS_WAY
                });
                since.entry((*name, id.clone())).or_insert(Start {
                    at: applied_at,
                    of_others: begun.sum::<u64>() + given_up.count() as u64,
                });
            }
        }
        let after = reloading.scrape();
        counters_go_on(&before.0, &after, (&before.1, &model));
        if round % 4 == 3 {
            nothing_is_left(&reloading.first_round().await, &model);
        } else {
            let wait = Duration::from_millis(rng.u64(0..120));
            tokio::time::timeout(wait, std::future::pending::<()>())
                .await
                .unwrap_err();
        }
        nobody_was_asked_too_often(&world, &model, &since);
        let page = reloading.scrape();
        for (org, (start, given_up)) in &apps {
            let requests = world.oktas[model[org].okta].controls().requests();
            let minted = requests
                .iter()
                .filter(|r| r.path == TOKEN && r.at >= *start)
                .count();
            // On a machine that does much else a mint may take longer than a request may, and is made again;
            // and a run that is given up as it mints tells nobody what it got.
            let late = format!(r#"okta_probe_failures_total{{org="{org}",reason="timeout"}}"#);
            let allowed = 1.0 + page.sum(&late) + *given_up as f64;
            assert!(
                minted as f64 <= allowed,
                "{org}: {minted} tokens since {start}"
            );
        }
    }
    assert!(
        kept > 300,
        "too few probes stayed for this to prove anything: {kept}"
    );
    let asked = world
        .oktas
        .iter()
        .map(|okta| okta.controls().request_count());
    assert!(asked.sum::<u64>() > 150, "hardly anything was asked");
    reloading.fleet.stop().await;
}
