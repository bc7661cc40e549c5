//! What may be written under an org's `probes`, as a JSON Schema: of each kind its own settings, as its
//! file derives them, with those that every kind has.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use super::{
    kind::{Place, Settings},
    settings::{Timed, Timing},
    table::KindInfo,
};

/// What is written under a kind's word: the settings of one, or of several by their names.
pub(super) fn written<S: Settings>(generator: &mut SchemaGenerator) -> Schema {
    match S::PLACE {
        Place::Named => Option::<BTreeMap<String, Option<Timed<S>>>>::json_schema(generator),
        Place::Once | Place::Page | Place::Host => Option::<Timed<S>>::json_schema(generator),
    }
}

/// The kinds of an org, each under its word.
pub(super) fn of_kinds(kinds: &[KindInfo], generator: &mut SchemaGenerator) -> Schema {
    let of_org = kinds.iter().filter(|info| info.place.is_of_org());
    let kinds = of_org.map(|info| {
        let mut schema = (info.schema)(generator);
        schema.insert("description".to_owned(), info.about.trim().into());
        (info.kind.to_owned(), schema.to_value())
    });
    let kinds: Map<String, Value> = kinds.collect();
    json_schema!({
        "type": "object",
        "properties": kinds,
        "additionalProperties": false,
    })
}

impl<S: JsonSchema> JsonSchema for Timed<S> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        S::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = S::json_schema(generator);
        let mut timing = Timing::json_schema(generator);
        let common = timing.remove("properties");
        let own = schema
            .ensure_object()
            .entry("properties")
            .or_insert_with(|| Value::Object(Map::new()));
        if let (Value::Object(own), Some(Value::Object(common))) = (own, common) {
            own.extend(common);
        }
        schema
    }
}
