//! The configuration as a JSON Schema, for editors. It tells shapes and words; what must go together, and
//! what a name or a URL may be, is told by the check.

use schemars::{Schema, generate::SchemaSettings, transform::Transform};
use serde_json::Value;

use super::schema;

/// The schema of a configuration file, in draft 2020-12.
pub fn json_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        // A reader finds each setting where it is written.
        settings.inline_subschemas = true;
    });
    let settings = settings.with_transform(WithoutNothing);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<schema::Config>();
    schema.insert(
        "title".to_owned(),
        "The configuration of okta-exporter".into(),
    );
    schema.to_value()
}

/// That a setting is not written where nobody writes it goes without saying.
#[derive(Debug, Clone)]
struct WithoutNothing;

impl Transform for WithoutNothing {
    fn transform(&mut self, schema: &mut Schema) {
        if schema.get("default").is_some_and(Value::is_null) {
            schema.remove("default");
        }
        schemars::transform::transform_subschemas(self, schema);
    }
}
