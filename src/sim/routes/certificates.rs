//! The lists that certificates are read from: identity providers, applications, domains, and the keys
//! of each.

use serde_json::{Value, json};

use super::call::Call;
use crate::sim::answer::{Answer, id};
use crate::sim::certificates::{Domain, Idp, SamlApp};
use crate::sim::world::World;

pub(super) fn idps(world: &World, call: &Call, rest: &[&str]) -> Answer {
    let idps = &world.certificates.idps;
    match rest {
        [] => {
            let all: Vec<Value> = idps
                .iter()
                .enumerate()
                .map(|(n, idp)| idp.entity(n))
                .collect();
            page(world, call, &all)
        }
        ["credentials", "keys"] => {
            let all: Vec<Value> = idps.iter().flat_map(Idp::trusted).collect();
            page(world, call, &all)
        }
        [wanted, "credentials", "keys"] => {
            let mut idps = idps.iter().enumerate();
            match idps.find(|(number, _)| id("0oi", *number) == *wanted) {
                Some((_, idp)) => Answer::resource(&json!([idp.signing()])),
                None => Answer::not_found(&call.path),
            }
        }
        _ => Answer::not_found(&call.path),
    }
}

/// These, and the SAML applications.
pub(super) fn apps(world: &World, call: &Call, others: [Value; 2]) -> Answer {
    let saml = world.certificates.apps.iter().enumerate();
    let saml = saml.map(|(number, app)| app.entity(number));
    let all: Vec<Value> = others.into_iter().chain(saml).collect();
    page(world, call, &all)
}

pub(super) fn app_keys(world: &World, wanted: &str) -> Answer {
    let mut apps = world.certificates.apps.iter().enumerate();
    match apps.find(|(number, _)| id("0os", *number) == wanted) {
        Some((_, app)) => Answer::resource(&Value::Array(SamlApp::keys(app))),
        None => Answer::not_found(&format!("{wanted} (AppInstance)")),
    }
}

pub(super) fn domains(world: &World) -> Answer {
    let domains = world.certificates.domains.iter().enumerate();
    let domains: Vec<Value> = domains
        .map(|(n, domain)| Domain::entity(domain, n))
        .collect();
    Answer::resource(&json!({ "domains": domains }))
}

/// As many as are asked for, and where the others are.
fn page(world: &World, call: &Call, all: &[Value]) -> Answer {
    let number = |name| call.query(name).and_then(|text| text.parse::<usize>().ok());
    let limit = number("limit").unwrap_or(200).clamp(1, 200);
    let start = number("after").unwrap_or(0).min(all.len());
    let end = start.saturating_add(limit).min(all.len());
    let entries: Vec<Value> = all.iter().skip(start).take(limit).cloned().collect();
    let answer = Answer::resource(&Value::Array(entries));
    if end == all.len() {
        return answer;
    }
    let next = format!("{}{}?after={end}&limit={limit}", world.url, call.path);
    answer.link(&next, "next")
}
