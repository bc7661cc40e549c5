//! What runs come to: a walk page by page, and what is gone.

use super::*;

fn at(seconds: f64) -> OktaTime {
    OktaTime::from_seconds(seconds).unwrap()
}

fn owner(usage: Use, id: &str, kid: &str) -> Owner {
    Owner {
        usage,
        id: id.to_owned(),
        name: format!("name of {id}"),
        kid: Some(kid.to_owned()).filter(|kid| !kid.is_empty()),
    }
}

fn certificate(owner: &Owner, kid: &str) -> Certificate {
    Certificate {
        usage: owner.usage,
        owner: owner.name.clone(),
        owner_id: owner.id.clone(),
        kid: kid.to_owned(),
        ends: at(1e9),
        told: None,
    }
}

fn seen(step: Step) -> Observation {
    Observation {
        at: at(0.0),
        step,
        words: Unfamiliar::default(),
        withheld: None,
    }
}

fn app(id: &str, kid: &str) -> Owner {
    owner(Use::AppSigning, id, kid)
}

fn looked(apps: bool) -> Observation {
    seen(Step::Looked {
        idps: None,
        domains: None,
        apps: apps.then(|| "/first".to_owned()),
    })
}

fn listed(apps: &[Owner], next: Option<&str>) -> Observation {
    seen(Step::Listed {
        apps: apps.to_vec(),
        is_last: next.is_none(),
        next: next.map(str::to_owned),
    })
}

fn read(owner: &Owner, kid: Option<&str>) -> Observation {
    seen(Step::Read {
        owner: owner.clone(),
        certificate: kid.map(|kid| certificate(owner, kid)),
    })
}

fn known(memory: &Memory) -> Vec<String> {
    let certificates = memory.certificates.iter();
    certificates
        .map(|it| format!("{} {}", it.owner_id, it.kid))
        .collect()
}

fn learn(memory: Memory, all: &[Observation]) -> Memory {
    all.iter().fold(memory, Memory::learn)
}

#[test]
fn a_walk_goes_page_by_page_and_reads_only_what_is_new() {
    let (one, two, three) = (app("1", "a"), app("2", "b"), app("3", ""));
    let first = [
        looked(true),
        listed(&[one.clone(), two.clone()], Some("/second")),
    ];
    let memory = learn(Memory::default(), &first);
    assert_eq!(
        (memory.pending.len(), memory.page.as_deref()),
        (2, Some("/second"))
    );
    let rest = [
        read(&one, Some("a")),
        read(&two, None),
        listed(std::slice::from_ref(&three), None),
        read(&three, Some("z")),
    ];
    let memory = learn(memory, &rest);
    assert!(!memory.has_steps());
    assert_eq!(known(&memory), ["1 a", "3 z"]);
    // Of the second nothing is known, and whether the third's is another by now nobody tells.
    let renewed = app("1", "c");
    let memory = learn(
        memory,
        &[looked(true), listed(&[renewed, two, three], None)],
    );
    let waiting: Vec<&str> = memory.pending.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(waiting, ["1", "2", "3"]);
    let again = learn(memory, &[read(&app("1", "c"), Some("c"))]);
    assert_eq!(known(&again), ["3 z", "1 c"]);
}

#[test]
fn an_application_that_a_whole_walk_did_not_meet_is_gone_and_one_that_a_broken_one_did_not_meet_is_not()
 {
    let (one, two) = (app("1", "a"), app("2", "b"));
    let begun = [
        looked(true),
        listed(&[one.clone(), two.clone()], None),
        read(&one, Some("a")),
        read(&two, Some("b")),
    ];
    let memory = learn(Memory::default(), &begun);
    let gone = seen(Step::Listed {
        apps: Vec::new(),
        is_last: false,
        next: None,
    });
    let broken = learn(
        memory.clone(),
        &[
            looked(true),
            listed(std::slice::from_ref(&one), Some("/second")),
            gone,
        ],
    );
    assert_eq!(known(&broken), ["1 a", "2 b"]);
    let whole = learn(memory.clone(), &[looked(true), listed(&[one], None)]);
    assert_eq!(known(&whole), ["1 a"]);
    assert_eq!(
        known(&learn(memory, &[looked(false)])),
        [""; 0],
        "nobody wants them any more"
    );
}

#[test]
fn a_walk_goes_on_where_it_was_and_makes_way_for_the_lists_in_time() {
    let one = app("1", "a");
    let memory = learn(
        Memory::default(),
        &[
            looked(true),
            listed(std::slice::from_ref(&one), Some("/second")),
        ],
    );
    let written = serde_json::to_string(&memory).unwrap();
    let memory: Memory = serde_json::from_str(&written).unwrap();
    assert!(memory.is_walking(at(60.0)));
    assert!(!memory.is_walking(at(7.0 * 3600.0)));
    let missed = learn(memory.clone(), &[seen(Step::Missed)]);
    assert_eq!(missed, memory);
    let relooked = learn(memory.clone(), &[looked(true)]);
    assert_eq!(
        (relooked.page.as_deref(), relooked.pending.len()),
        (Some("/second"), 1)
    );
    let over = learn(memory, &[seen(Step::Over), seen(Step::Over)]);
    assert!(!over.has_steps());
}

fn idp(id: &str, status: IdpStatus, signing: Option<&str>) -> Idp {
    Idp {
        id: id.to_owned(),
        name: format!("name of {id}"),
        status: Some(status),
        trusted: ["t".to_owned()].into(),
        signing: signing.map(str::to_owned),
    }
}

fn idps(all: &[Idp], are_all: bool, trust: Learned<Trust>) -> Observation {
    let idps = all
        .iter()
        .map(|idp| (idp.id.clone(), idp.clone()))
        .collect();
    seen(Step::Looked {
        idps: Some(Learned::Known(Idps {
            listed: idps,
            are_all,
            trust,
        })),
        domains: None,
        apps: None,
    })
}

fn trust(ids: &[&str]) -> Learned<Trust> {
    let certificate = |id: &&str| certificate(&owner(Use::IdpTrust, id, ""), "t");
    Learned::Known(Trust {
        certificates: ids.iter().map(certificate).collect(),
        are_all: true,
    })
}

#[test]
fn what_this_org_signs_with_towards_a_provider_is_read_once_for_each_key() {
    let active = idp("1", IdpStatus::Active, Some("s"));
    let off = idp("2", IdpStatus::Inactive, Some("s"));
    let memory = learn(
        Memory::default(),
        &[idps(&[active.clone(), off], true, trust(&["1"]))],
    );
    assert_eq!(memory.pending, [owner(Use::IdpSigning, "1", "s")]);
    let memory = learn(
        memory,
        &[read(&owner(Use::IdpSigning, "1", "s"), Some("s"))],
    );
    assert_eq!(known(&memory), ["1 t", "1 s"]);
    let same = learn(memory.clone(), &[idps(&[active], true, trust(&["1"]))]);
    assert!(!same.has_steps(), "{same:?}");
    let rolled = idp("1", IdpStatus::Active, Some("s2"));
    let rolled = learn(memory, &[idps(&[rolled], true, trust(&["1"]))]);
    assert_eq!(
        (known(&rolled), rolled.pending.len()),
        (vec!["1 t".to_owned()], 1)
    );
}

#[test]
fn a_provider_is_gone_only_when_a_whole_list_lacks_it() {
    let two = [
        idp("1", IdpStatus::Active, None),
        idp("2", IdpStatus::Active, None),
    ];
    let memory = learn(Memory::default(), &[idps(&two, true, trust(&["1", "2"]))]);
    let half = learn(memory.clone(), &[idps(&two[..1], false, trust(&["1"]))]);
    assert_eq!((half.idps.len(), known(&half).len()), (2, 2));
    let missed = learn(memory.clone(), &[idps(&two, true, Learned::Missed)]);
    assert_eq!(known(&missed).len(), 2);
    let whole = learn(memory.clone(), &[idps(&two[..1], true, trust(&["1"]))]);
    assert_eq!(
        (whole.idps.len(), known(&whole)),
        (1, vec!["1 t".to_owned()])
    );
    let withheld = learn(memory, &[looked(false)]);
    assert_eq!((withheld.idps.len(), known(&withheld).len()), (0, 0));
}

#[test]
fn of_very_many_applications_those_stay_that_end_first() {
    let mut memory = Memory::default();
    for n in 0..MOST_APPS + 10 {
        let app = app(&n.to_string(), "k");
        let mut it = certificate(&app, "k");
        it.ends = it.ends.plus(Duration::from_secs(n as u64));
        memory.certificates.push(it);
    }
    let memory = learn(memory, &[read(&app("x", "k"), None)]);
    assert_eq!(memory.certificates.len(), MOST_APPS);
    assert_eq!(memory.certificates[0].owner_id, "0");
}
