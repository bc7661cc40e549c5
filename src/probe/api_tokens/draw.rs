//! The series of an org's API tokens, under their caps.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{families, memory::Memory, read::Token};
use crate::{
    metrics::Page,
    probe::{
        cap::{Capped, cap},
        kind::Scope,
    },
    units::{Name, OktaTime},
};

/// The exporter's own tokens by id, each with its credential.
pub(super) type Own<'a> = BTreeMap<&'a str, &'a Name>;

/// The most tokens with series of their own: those that end first.
const MOST: usize = 100;
/// The most series of tokens that were active in windows: those that were in most.
const MOST_SUSPECTS: usize = 50;

/// Writes the series, given the exporter's own tokens.
pub(super) fn draw(memory: &Memory, own: &Own<'_>, scope: Scope<'_>, page: &mut Page) {
    let (org, tokens) = (scope.org, &memory.tokens);
    for (id, token) in shown_tokens(memory).kept {
        let labels = [org, id, token.name.as_str()];
        page.push_some(
            &families::EXPIRY,
            &labels,
            token.expires_at.map(OktaTime::seconds),
        );
        page.push_some(
            &families::LAST_USED,
            &labels,
            token.last_used.map(OktaTime::seconds),
        );
        let unrestricted = token.unrestricted.map(f64::from);
        page.push_some(&families::UNRESTRICTED, &labels, unrestricted);
    }
    for (id, credential) in own {
        if let Some(token) = tokens.known.get(*id) {
            let labels = [org, id, token.name.as_str(), credential.as_str()];
            page.push(&families::OWN, &labels, 1.0);
        }
    }
    if tokens.is_complete {
        page.push(&families::TOKENS, &[org], tokens.known.len() as f64);
    }
    page.push(&families::DISAPPEARED, &[org], tokens.disappeared as f64);
    for (id, gone) in memory.gone(scope.at_okta) {
        let labels = [org, id, gone.name.as_str()];
        page.push(&families::DISAPPEARED_AT, &labels, gone.at.seconds());
    }
    for (bucket, windows, _) in memory.suspects.counts(scope.at_okta) {
        page.push(&families::EXAMINED, &[org, bucket], windows as f64);
    }
    for (bucket, id, windows) in shown_suspects(memory, own, scope.at_okta).kept {
        let labels = [org, bucket, id, tokens.name(id)];
        page.push(&families::SUSPECT, &labels, windows as f64);
    }
}

/// How many series the caps keep off the page.
pub(super) fn dropped(memory: &Memory, own: &Own<'_>) -> usize {
    let tokens = shown_tokens(memory).dropped;
    // Nobody says what time it is: windows that are over count as well, until the next list.
    let suspects = shown_suspects(memory, own, OktaTime::default()).dropped;
    tokens + suspects + memory.suspects.dropped()
}

/// Those that end first.
fn shown_tokens(memory: &Memory) -> Capped<(&str, &Token)> {
    let tokens = memory.tokens.known.iter();
    let tokens = tokens.map(|(id, token)| (id.as_str(), token));
    // What never ends ends last.
    cap(tokens, MOST, |(_, token)| {
        (token.expires_at.is_some(), Reverse(token.expires_at))
    })
}

/// Those that were active in most windows: bucket, token and count.
fn shown_suspects<'a>(
    memory: &'a Memory,
    own: &Own<'_>,
    now: OktaTime,
) -> Capped<(&'a str, &'a str, usize)> {
    let buckets = memory.suspects.counts(now);
    let all = buckets.flat_map(|(bucket, _, tokens)| {
        let tokens = tokens.into_iter();
        tokens.map(move |(id, windows)| (bucket, id, windows))
    });
    let others = all.filter(|(_, id, _)| !own.contains_key(id));
    cap(others, MOST_SUSPECTS, |(.., windows)| *windows)
}
