//! What is wrong with an org's API tokens though the list could be read.

use std::time::Duration;

use super::{draw::Own, memory::Memory, read::Token};
use crate::{
    guide::{Fact, Finding},
    units::OktaTime,
};

/// From when on Okta's own console shows a token's end in red.
const SOON: Duration = Duration::from_hours(7 * 24);

/// What somebody should look at, what ends first before the rest.
pub(super) fn findings(memory: &Memory, own: &Own<'_>, now: OktaTime) -> Vec<Finding> {
    let ends_soon = |token: &Token| token.expires_at.is_some_and(|end| end.left_at(now) < SOON);
    let tokens = memory.tokens.known.iter();
    let ending = tokens.filter(|(id, token)| ends_soon(token) && !own.contains_key(id.as_str()));
    let mut ending: Vec<_> = ending.collect();
    ending.sort_by_key(|(_, token)| token.expires_at);
    let ending = ending.into_iter().map(|(id, token)| {
        let what = format!("the API token `{}` ({id}) {}", token.name, end(token));
        Finding::new(Fact::ApiTokenExpiring, what).about(id)
    });
    let gone = memory.gone(now).map(|(id, gone)| {
        let at = gone.at;
        let why = match gone.expires_at {
            Some(end) if end <= at => format!("nobody used it, and it ended at {end}"),
            _ => "it was revoked, or its owner was deactivated".to_owned(),
        };
        let what = format!(
            "the API token `{}` ({id}) is gone since {at}: {why}",
            gone.name
        );
        Finding::new(Fact::ApiTokenGone, what).about(id)
    });
    ending.chain(gone).collect()
}

/// How a token's end is told.
fn end(token: &Token) -> String {
    let end = token.expires_at.map(|end| format!("ends at {end}"));
    let used = token.last_used.map_or_else(
        || ": as far as Okta tells, nobody ever used it".to_owned(),
        |at| format!(" unless it is used: it last was at {at}"),
    );
    end.unwrap_or_default() + &used
}
