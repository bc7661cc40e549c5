//! The configuration as it may be shown: what is in force, with every secret left out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    environment::Overrides,
    paste,
    planned::{Org, Planned, StatusPage},
    secrets::is_secret,
    sources::Origin,
};
use crate::units::{Interval, Name, REDACTED, without_secrets};

/// The settings in force, every secret left out.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// For programs, with where they come from.
    pub json: String,
    /// For people: a file that could be read in place of what was.
    pub yaml: String,
}

/// The settings without their secrets. Taken before anything is read from them, so that nothing has
/// to be remembered of what was a secret.
pub(super) fn redacted(tree: &Value) -> Value {
    match tree {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| {
                let shown = match value {
                    Value::Object(_) | Value::Null => redacted(value),
                    _ if is_secret(name) => REDACTED.into(),
                    _ => redacted(value),
                };
                (name.clone(), shown)
            })
            .collect(),
        Value::Array(list) => list.iter().map(redacted).collect(),
        Value::String(text) => without_secrets(text).into(),
        other => other.clone(),
    }
}

/// The settings, with the timing that was left out for each probe.
pub(super) fn shown(
    mut settings: Value,
    (orgs, pages): (&BTreeMap<Name, Org>, &BTreeMap<Name, StatusPage>),
    origin: &Origin,
    overrides: &Overrides,
) -> Shown {
    for (name, org) in orgs {
        for probe in &org.probes {
            let path = ["orgs", name.as_str(), "probes"].into_iter();
            write_timing(&mut settings, path.chain(probe.id.splitn(2, '/')), probe);
        }
    }
    for (name, page) in pages {
        let path = ["status_pages", name.as_str()];
        write_timing(&mut settings, path.into_iter(), &page.probe);
    }
    let yaml = paste::yaml(&settings, origin, overrides);
    let json = json!({
        "source": origin.source,
        "overridden_by": origin.overrides,
        "not_used": origin.ignored,
        "settings": settings,
    });
    Shown {
        json: format!("{json:#}\n"),
        yaml,
    }
}

/// Writes the timing into the settings at this path, where nobody wrote one.
fn write_timing<'a>(settings: &mut Value, path: impl Iterator<Item = &'a str>, probe: &Planned) {
    let mut node = settings;
    for step in path {
        match node.get_mut(step) {
            Some(child) => node = child,
            None => return,
        }
    }
    if node.is_null() {
        *node = json!({});
    }
    if let Value::Object(map) = node {
        let timing = [("interval", probe.interval), ("timeout", probe.timeout)];
        for (name, length) in timing {
            let written = map.entry(name).or_insert(Value::Null);
            if written.is_null() {
                *written = Interval::from(length).to_string().into();
            }
        }
    }
}

#[cfg(test)]
mod tests;
