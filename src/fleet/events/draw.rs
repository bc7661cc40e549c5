//! The series of an account. What nobody watches for is not drawn, and neither is what is not known
//! yet.

use std::collections::BTreeMap;

use super::{
    account::Account,
    delivery_result::DeliveryResult,
    families as own,
    keys::{OTHER, UNKNOWN},
    state::{State, Watched},
};
use crate::{
    fleet::families::DROPPED, metrics::Page, okta::event::RateLimitEventKind, units::OktaTime,
};

/// Under which name of a probe it stands that series were dropped here.
const HERE: &str = "events";

/// Writes the series of an org's account.
pub(in crate::fleet) fn draw(org: &str, account: &Account, page: &mut Page) {
    let watched = account.watched();
    if watched.hook {
        for result in DeliveryResult::ALL {
            let count = account.deliveries(result) as f64;
            page.push(&own::DELIVERIES, &[org, result.as_str()], count);
        }
    }
    account.show(|state| {
        if watched.log {
            draw_log(org, state, page);
        }
        if watched.hook {
            draw_hook(org, state, &watched, page);
        }
        draw_limits(org, state, page);
        let dropped = state.counts.dropped() as f64;
        page.push(&DROPPED, &[org, HERE], dropped);
    });
}

fn draw_log(org: &str, state: &State, page: &mut Page) {
    let counts = &state.counts;
    let mut last = BTreeMap::new();
    for (key, counted) in counts.log.iter() {
        let labels = [
            org,
            &key.event_type,
            key.outcome.as_str(),
            key.severity.as_str(),
        ];
        page.push(&own::LOG_EVENTS, &labels, counted.count as f64);
        let known = last.entry(&*key.event_type).or_insert(counted.last);
        *known = (*known).max(counted.last);
    }
    // Of what is counted together for want of a name, this would tell nothing.
    last.remove(OTHER);
    for (event_type, at) in last {
        let at = at.map(OktaTime::seconds);
        page.push_some(&own::LAST_LOG_EVENT, &[org, event_type], at);
    }
    for (key, counted) in counts.failures.iter() {
        let labels = [org, &key.event_type, key.reason.as_str()];
        page.push(&own::FAILURES, &labels, counted.count as f64);
    }
    page.push(&own::DUPLICATES, &[org], counts.duplicates as f64);
}

fn draw_hook(org: &str, state: &State, watched: &Watched, page: &mut Page) {
    let counts = &state.counts;
    for (key, counted) in counts.hook.iter() {
        let labels = [org, &key.event_type, key.outcome.as_str()];
        page.push(&own::HOOK_EVENTS, &labels, counted.count as f64);
    }
    let last = counts.last_delivery;
    let last = last.map(|at| at.as_millisecond() as f64 / 1e3);
    page.push_some(&own::LAST_DELIVERY, &[org], last);
    if watched.log {
        page.histogram(&own::LEAD, &[org], &state.lead);
        if !counts.hooks.is_empty() {
            page.push(&own::MISSED, &[org], counts.missed as f64);
        }
    }
}

fn draw_limits(org: &str, state: &State, page: &mut Page) {
    let counts = &state.counts;
    let mut last = BTreeMap::new();
    for (key, counted) in counts.limits.iter() {
        let (event, bucket) = (key.event.as_str(), &*key.bucket);
        let labels = [org, event, key.scope.as_str(), bucket];
        page.push(&own::LIMITS, &labels, counted.count as f64);
        let known = last.entry((event, bucket)).or_insert(counted.last);
        *known = (*known).max(counted.last);
    }
    for ((event, bucket), at) in last {
        let at = at.map(OktaTime::seconds);
        page.push_some(&own::LAST_LIMIT, &[org, event, bucket], at);
    }
    for event in RateLimitEventKind::ALL {
        // What was counted stands there already.
        let labels = [org, event.as_str(), event.scope().as_str(), UNKNOWN];
        page.push(&own::LIMITS, &labels, 0.0);
    }
    for (key, counted) in counts.offenders.iter() {
        let labels = [org, key.kind.as_str(), &key.principal];
        page.push(&own::OFFENDERS, &labels, counted.count as f64);
        let last = counted.last.map(OktaTime::seconds);
        page.push_some(&own::LAST_OFFENSE, &labels, last);
    }
}
