//! What an event says of a limit. Only its type tells a warning from a violation: severity and outcome
//! do not. The bucket stands among its targets, else in the debug data under one of three names.

#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    kinds::fold,
    odd_object::{Members, OddObject},
    odd_text::OddText,
    rate_limit_kinds::{OffenderKind, RateLimitEventKind, RateLimitScope},
    raw::RawEvent,
};

/// The longest pattern of a bucket, and the longest id, that are kept.
const LONGEST: usize = 128;
/// The longest window there is, in seconds.
const LONGEST_WINDOW: u64 = 300;
/// The most targets of an event that are looked at.
const MOST_TARGETS: usize = 100;

/// Whose requests met a limit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offender {
    /// What it is.
    pub kind: OffenderKind,
    /// Okta's id of it. No secret: the token itself is not in it.
    pub id: Box<str>,
}

/// What an event says of a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimitEvent {
    /// What happened.
    pub kind: RateLimitEventKind,
    /// Whose limit it is.
    pub scope: RateLimitScope,
    /// The bucket by Okta's own pattern, such as `/api/v1/users*`; `None` where it is not named.
    pub bucket: Option<Box<str>>,
    /// Whose requests these were, where the event names it.
    pub offender: Option<Offender>,
    /// How long after the event the bucket's window ends, where it says so.
    pub resets_in: Option<Duration>,
}

/// One target of an event.
#[derive(Debug, Default)]
struct Target<'a> {
    kind: OddText<'a>,
    id: OddText<'a>,
}

impl<'de: 'a, 'a> Members<'de> for Target<'a> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "type" => self.kind = map.next_value()?,
            "id" => self.id = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct DebugData<'a> {
    url_pattern: OddText<'a>,
    burst_pattern: OddText<'a>,
    bucket: OddText<'a>,
    scope: OddText<'a>,
    resets_in: OddText<'a>,
    client_id: OddText<'a>,
}

impl<'de: 'a, 'a> Members<'de> for DebugData<'a> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "urlPattern" => self.url_pattern = map.next_value()?,
            "burstRateLimitUrlPattern" => self.burst_pattern = map.next_value()?,
            "rateLimitBucket" => self.bucket = map.next_value()?,
            "rateLimitScopeType" | "operationRateLimitScopeType" => {
                self.scope = map.next_value()?;
            }
            "rateLimitSecondsToReset" => self.resets_in = map.next_value()?,
            "clientId" => self.client_id = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct DebugContext<'a> {
    data: OddObject<DebugData<'a>>,
}

impl<'de: 'a, 'a> Members<'de> for DebugContext<'a> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "debugData" => self.data = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct TransactionDetail<'a> {
    token_id: OddText<'a>,
    client_id: OddText<'a>,
}

impl<'de: 'a, 'a> Members<'de> for TransactionDetail<'a> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "requestApiTokenId" => self.token_id = map.next_value()?,
            "requestApiTokenClientId" => self.client_id = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Transaction<'a> {
    detail: OddObject<TransactionDetail<'a>>,
}

impl<'de: 'a, 'a> Members<'de> for Transaction<'a> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "detail" => self.detail = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

/// What the event says of a limit; `None` where its type is about none.
pub(super) fn read(event_type: &str, event: &RawEvent<'_>) -> Option<RateLimitEvent> {
    let kind = RateLimitEventKind::of(event_type)?;
    let context: DebugContext<'_> = object(event.debug_context);
    let data = &context.data.0;
    let transaction: Transaction<'_> = object(event.transaction);
    let targets = event.target.map(targets).unwrap_or_default();
    let named = |kind: &str| {
        let of_kind =
            |target: &&Target<'_>| target.kind.as_deref().map(fold).as_deref() == Some(kind);
        targets
            .iter()
            .find(of_kind)
            .and_then(|target| target.id.as_deref())
    };
    let patterns = [&data.url_pattern, &data.burst_pattern, &data.bucket];
    let bucket = named("url_pattern").or_else(|| patterns.into_iter().find_map(OddText::as_deref));
    let scope = data.scope.as_deref().map(fold);
    let scope = scope.and_then(|word| match word.as_str() {
        "org" | "user" | "client" => RateLimitScope::named(&word),
        _ => None,
    });
    let detail = &transaction.detail.0;
    Some(RateLimitEvent {
        kind,
        scope: scope.unwrap_or(kind.scope()),
        bucket: bucket.and_then(pattern),
        offender: offender(
            detail.token_id.as_deref(),
            [
                detail.client_id.as_deref(),
                data.client_id.as_deref(),
                named("client"),
                named("oauth2client"),
            ],
        ),
        resets_in: data.resets_in.as_deref().and_then(seconds),
    })
}

/// Whom the event names: an OAuth client before the access token that it used, which lives an hour.
fn offender(token: Option<&str>, clients: [Option<&str>; 4]) -> Option<Offender> {
    let id = |told: &str, prefix: &str| {
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        let fits = told.starts_with(prefix) && told.len() <= LONGEST && told.bytes().all(plain);
        fits.then(|| Box::from(told))
    };
    let client = clients
        .into_iter()
        .flatten()
        .find_map(|told| id(told, "0oa"));
    let client = client.map(|id| Offender {
        kind: OffenderKind::OAuthClient,
        id,
    });
    client.or_else(|| {
        Some(Offender {
            kind: OffenderKind::ApiToken,
            id: id(token?, "00T")?,
        })
    })
}

/// A length in seconds that a window may have.
fn seconds(told: &str) -> Option<Duration> {
    let seconds = told
        .parse()
        .ok()
        .filter(|seconds| *seconds <= LONGEST_WINDOW)?;
    Some(Duration::from_secs(seconds))
}

/// A pattern, as a label may carry it.
fn pattern(told: &str) -> Option<Box<str>> {
    let told = told.split('?').next().unwrap_or_default().trim();
    let plain = |c: u8| c.is_ascii_graphic() && c != b'"';
    (told.starts_with('/') && told.len() <= LONGEST && told.bytes().all(plain)).then(|| told.into())
}

/// An object's members; of anything else there are none.
fn object<'a, T: Members<'a>>(text: Option<&'a RawValue>) -> T {
    let read = text.map(|text| serde_json::from_str::<OddObject<T>>(text.get()));
    read.and_then(Result::ok).unwrap_or_default().0
}

/// The targets: a list, or one alone.
fn targets(text: &RawValue) -> Vec<Target<'_>> {
    let Ok(list) = serde_json::from_str::<Targets<'_>>(text.get()) else {
        return Vec::new();
    };
    list.0
}

struct Targets<'a>(Vec<Target<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Targets<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(TargetsVisitor).map(Self)
    }
}

struct TargetsVisitor;

impl<'de> Visitor<'de> for TargetsVisitor {
    type Value = Vec<Target<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("targets")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut targets = Vec::new();
        while targets.len() < MOST_TARGETS {
            match list.next_element::<OddObject<Target<'de>>>()? {
                Some(target) => targets.push(target.0),
                None => return Ok(targets),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(targets)
    }
}
