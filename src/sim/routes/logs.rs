//! The System Log as it is served. Which events a page holds is decided in [`crate::sim::system_log`].

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LINK};
use url::form_urlencoded::{Serializer, parse};

use super::call::Call;
use crate::sim::answer::Answer;
use crate::sim::system_log::{Query, Refused};
use crate::sim::world::World;

pub(super) fn logs(world: &World, call: &Call) -> Answer {
    let query = Query::read(|name| call.query(name), call.now);
    let page = match query.and_then(|query| world.log.page(&query)) {
        Ok(page) => page,
        Err(refused) => return refusal(refused),
    };
    let after = call.query("after");
    let own = link(world, call, after.as_deref());
    let answer = Answer::new(StatusCode::OK, page.body)
        .with(CONTENT_TYPE, "application/json")
        .with(CACHE_CONTROL, "no-cache, no-store");
    if !page.goes_on {
        return answer.link(&own, "self");
    }
    // Where nothing came, there is nowhere to go on to but here.
    let next = link(world, call, page.last.or(after).as_deref());
    if world.log.links_joined {
        let joined = format!("<{own}>; rel=\"self\", <{next}>; rel=\"next\"");
        return answer.and(LINK, &joined);
    }
    answer.link(&own, "self").link(&next, "next")
}

/// The URL that was asked for, but after this cursor.
fn link(world: &World, call: &Call, after: Option<&str>) -> String {
    let asked = call.query.as_deref().unwrap_or_default();
    let others = parse(asked.as_bytes()).filter(|(name, _)| name != "after");
    let query = Serializer::new(String::new())
        .extend_pairs(others)
        .extend_pairs(after.map(|after| ("after", after)))
        .finish();
    let (url, path) = (&world.url, &call.path);
    if query.is_empty() {
        return format!("{url}{path}");
    }
    format!("{url}{path}?{query}")
}

fn refusal(refused: Refused) -> Answer {
    let (code, summary) = match refused {
        Refused::Invalid(parameter) => ("E0000001", format!("Api validation failed: {parameter}")),
        Refused::TooFarBack => {
            let summary = "The since parameter is over 180 days prior to the current day.";
            ("E0000053", summary.to_owned())
        }
    };
    Answer::error(StatusCode::BAD_REQUEST, code, &summary)
}
