//! What is wrong with an org's API tokens though the list could be read.

use super::{draw::Own, memory::Memory, read::Token};
use crate::{
    guide::{Fact, Finding},
    probe::end::{End, Notice, soonest},
    units::OktaTime,
};

/// Okta's own console shows a token's end in red from a week before on. Nobody is hurt until it is
/// over, and using it once puts that off.
const NOTICE: Notice = Notice::days(7, 0);

/// What somebody should look at, what ends first before the rest.
pub(super) fn findings(memory: &Memory, own: &Own<'_>, now: OktaTime) -> Vec<Finding> {
    let severity = |token: &Token| NOTICE.severity(token.expires_at?.since(now));
    let ends_soon = |token: &Token| severity(token).is_some();
    let tokens = memory.tokens.known.iter();
    let ending = tokens.filter(|(id, token)| ends_soon(token) && !own.contains_key(id.as_str()));
    let mut ending: Vec<_> = ending.collect();
    ending.sort_by_key(|(_, token)| token.expires_at);
    let ending = ending.into_iter().map(|(id, token)| {
        let what = format!("the API token `{}` ({id}) {}", token.name, end(token));
        Finding::new(Fact::ApiTokenExpiring, what)
            .about(id)
            .as_bad_as(severity(token))
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

/// When each ends but for the exporter's own, which reading puts off.
pub(super) fn ends(memory: &Memory, own: &Own<'_>, now: OktaTime) -> Vec<End> {
    let tokens = memory.tokens.known.iter();
    let others = tokens.filter(|(id, _)| !own.contains_key(id.as_str()));
    let ending = others.filter_map(|(id, token)| Some((token.expires_at?, (id, token))));
    let end = |(at, (id, token)): (OktaTime, (&String, &Token))| {
        End::new("API token", format!("{} ({id})", token.name), at).judged(NOTICE, now)
    };
    soonest(ending).map(end).collect()
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
