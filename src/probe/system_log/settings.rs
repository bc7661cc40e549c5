//! What may be written under `probes.system_log`, and what is wrong with it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ask::{PATH, Probe},
    memory::RETENTION_DAYS,
};
use crate::{
    probe::{
        candidate::Candidate,
        kind::{Access, Place},
        label::plain_word,
        plan::PlanContext,
        problem::Problem,
    },
    units::Interval,
};

/// The most types of events that may be written: each is a series for each outcome and severity.
const MOST_TYPES: usize = 100;
/// The longest filter.
const LONGEST_FILTER: usize = 2_000;

/// What may be written under `probes.system_log`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The name of the credential that reads; left out, the org's first that may.
    credential: Option<String>,
    /// Okta's expression of which events to tell; left out, all of them.
    filter: Option<String>,
    /// Types of events that are counted by their names, beside the usual ones.
    event_types: Vec<String>,
    /// How far back reading begins where nothing is remembered, such as `24h` or `7d`; left out, now.
    look_back: Option<String>,
}

impl crate::probe::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    const INTERVAL: Interval = Interval::seconds(30);
    const ACCESS: Access = Access::Read {
        paths: &[PATH],
        role: "Report Administrator",
    };

    /// All events, by the first credential that may read them. Of the least limit (ten requests a
    /// minute for a token of a free org) the usual budget grants one a minute, which the endpoint
    /// `logs` has its turn at, too: so every two minutes.
    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        let reader = credentials.iter().find(|one| one.may_read(PATH))?;
        Some(json!({ "credential": reader.name, "interval": "2m" }))
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let reader = context.reader(self.credential.as_deref(), &[PATH]);
        let mut problems = Vec::new();
        let filter = self.filter.as_deref().unwrap_or_default().trim();
        if filter.len() > LONGEST_FILTER || filter.contains(char::is_control) {
            let what = format!(
                "it must be one line of at most {LONGEST_FILTER} bytes, like `eventType eq \"user.session.start\"`"
            );
            problems.push(Problem::new("filter", what));
        }
        if self.event_types.len() > MOST_TYPES {
            let what = format!("{MOST_TYPES} may be counted by name");
            problems.push(Problem::new("event_types", what));
        }
        let strange = self
            .event_types
            .iter()
            .find(|one| plain_word(one).is_none());
        if let Some(strange) = strange {
            let what = format!(
                "`{}` is no type of an event: write it as the System Log does, like `user.session.start`",
                strange.chars().take(64).collect::<String>()
            );
            problems.push(Problem::new("event_types", what));
        }
        let look_back = look_back(self.look_back.as_deref());
        match (reader, look_back) {
            (Ok(credential), Ok(look_back)) if problems.is_empty() => Ok(Probe {
                credential,
                filter: filter.to_owned(),
                event_types: self.event_types.clone(),
                look_back,
            }),
            (reader, look_back) => {
                problems.extend(reader.err());
                problems.extend(look_back.err());
                Err(problems)
            }
        }
    }
}

fn look_back(written: Option<&str>) -> Result<Duration, Problem> {
    let Some(written) = written else {
        return Ok(Duration::ZERO);
    };
    let most = Duration::from_hours(RETENTION_DAYS * 24);
    let number = written.trim().strip_suffix('d');
    let days = number.and_then(|days| days.trim().parse::<u32>().ok());
    let length: Option<Duration> = if let Some(days) = days {
        Some(Duration::from_hours(u64::from(days) * 24))
    } else {
        let length = written.trim().parse::<jiff::SignedDuration>().ok();
        length.and_then(|length| length.try_into().ok())
    };
    length.filter(|length| *length <= most).ok_or_else(|| {
        let shown: String = written.chars().take(40).collect();
        let what = format!(
            "`{shown}` is no length of time up to the {RETENTION_DAYS} days that Okta keeps events: write it like `24h` or `7d`"
        );
        Problem::new("look_back", what)
    })
}
