//! Builds the JSON Schema of policy files.

use serde_json::{Map, Value, json};

use super::read::{
    ALLOW_UNKNOWN, SUPPRESS,
    quantity::{SPELLINGS, Spelling, UNLIMITED, zero_is_unlimited},
};
use crate::policies::{
    lint,
    schema::{self, Kind, Schema},
};

/// Returns a JSON Schema (draft 2020-12) of policy files, for editors.
///
/// The schema describes the files that [`PolicySet::parse`](super::PolicySet::parse) accepts, in YAML, JSON and TOML.
/// It differs from the parser in two ways:
///
/// - The parser also checks rules that the schema cannot express, such as those for the SQL of query templates.
/// - The schema rejects unknown values of known fields, and unknown fields inside them, even if the file permits them
///   with `allow_unknown`.
///
/// ```
/// let schema = pgbeam::policies::document::json_schema();
/// assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
/// std::fs::write(
///     std::env::temp_dir().join("pgbeam-policies.schema.json"),
///     serde_json::to_string_pretty(&schema)?,
/// )?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn json_schema() -> Value {
    let rules: Vec<_> = lint::rules().iter().map(lint::Rule::id).collect();
    let suppress = json!({
        "type": "object",
        "description": "Lint rules that do not apply to the profile, each with the reason.",
        "propertyNames": {"enum": rules},
        "additionalProperties": {"type": "string", "pattern": "\\S"},
    });
    let mut profile = object(schema::policy_profile());
    add_file_fields(&mut profile, &[(SUPPRESS, suppress)]);
    let mut spellings = Vec::new();
    for spelling in SPELLINGS {
        profile["properties"][spelling.name] = quantity(spelling);
        spellings.push(json!({"not": {"required": [spelling.name, spelling.field]}}));
    }
    profile["allOf"] = spellings.into();
    restrict_names(&mut profile);
    let mut template = object(schema::query_template());
    add_file_fields(&mut template, &[]);
    restrict_names(&mut template);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "PgBeam policy file",
        "if": {"anyOf": [{"required": ["policies"]}, {"required": ["query_templates"]}]},
        "then": {
            "type": "object",
            "properties": {
                "policies": {"type": "array", "items": {"$ref": "#/$defs/policy_profile"}},
                "query_templates": {"type": "array", "items": {"$ref": "#/$defs/query_template"}},
            },
            "additionalProperties": false,
        },
        "else": {"$ref": "#/$defs/policy_profile"},
        "$defs": {"policy_profile": profile, "query_template": template},
    })
}

/// Adds the schemas of fields that only policy files have: `allow_unknown` and the given `fields`.
fn add_file_fields(object: &mut Value, fields: &[(&str, Value)]) {
    object["properties"][ALLOW_UNKNOWN] = json!({
        "type": "array",
        "items": {"type": "string"},
        "description": "Names of fields that this version of the SDK does not know, or that have unknown values.",
    });
    for (name, schema) in fields {
        object["properties"][*name] = schema.clone();
    }
}

/// Changes the schema of an object: it then rejects fields that are not in `properties`, unless the object has the
/// field `allow_unknown`.
fn restrict_names(object: &mut Value) {
    let properties = object["properties"].as_object();
    let names: Vec<_> = properties
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect();
    object["if"] = json!({"required": [ALLOW_UNKNOWN]});
    object["else"] = json!({"propertyNames": {"enum": names}});
    if let Some(object) = object.as_object_mut() {
        object.remove("additionalProperties");
    }
}

/// Returns the JSON Schema of a field with a unit, such as `statement_timeout`.
fn quantity(spelling: &Spelling) -> Value {
    let units: Vec<_> = spelling.units.iter().map(|(unit, _)| *unit).collect();
    let pattern = format!("^0*[1-9][0-9]* *({})$", units.join("|"));
    let pattern = match zero_is_unlimited(spelling.field) {
        true => format!("^{UNLIMITED}$|{pattern}"),
        false => pattern,
    };
    json!({
        "type": "string",
        "pattern": pattern,
        "examples": [spelling.example],
        "description": format!("`{}` with a unit.", spelling.field),
    })
}

/// Returns the JSON Schema of a value. `field` is the name of the field that has the value; empty for an item of a
/// list.
fn value(schema: &Schema, field: &str) -> Value {
    let mut json = match schema.kind {
        Kind::Integer => {
            let mut number = json!({"type": "integer"});
            if let Some(minimum) = schema.minimum {
                number["minimum"] = minimum.into();
            }
            match zero_is_unlimited(field) {
                true => json!({"anyOf": [number, {"const": UNLIMITED}]}),
                false => number,
            }
        }
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::String => string(schema),
        Kind::Array => {
            let items = schema.items.as_deref().map(|items| value(items, ""));
            json!({"type": "array", "items": items.unwrap_or(true.into())})
        }
        Kind::Object => object(schema),
    };
    json["description"] = schema.description.as_str().into();
    if let Some(default) = &schema.default {
        json["default"] = default.clone();
    }
    json
}

fn string(schema: &Schema) -> Value {
    let mut json = json!({"type": "string"});
    let values = match schema.values.is_empty() {
        true => &schema.known_values,
        false => &schema.values,
    };
    if !values.is_empty() {
        json["enum"] = values.clone().into();
    }
    let limits = [
        ("minLength", schema.min_length),
        ("maxLength", schema.max_length),
    ];
    for (name, limit) in limits {
        if let Some(limit) = limit {
            json[name] = limit.into();
        }
    }
    if let Some(pattern) = &schema.pattern {
        json["pattern"] = pattern.as_str().into();
    }
    json
}

fn object(schema: &Schema) -> Value {
    let properties = schema.properties.0.iter();
    let properties = properties.map(|(name, schema)| (name.clone(), value(schema, name)));
    json!({
        "type": "object",
        "description": schema.description,
        "required": schema.required,
        "properties": properties.collect::<Map<_, _>>(),
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_all_fields() {
        let schema = json_schema();
        let profile = &schema["$defs"]["policy_profile"];
        let names = profile["else"]["propertyNames"]["enum"].as_array();
        let names = names.expect("a list");
        let fields = schema::policy_profile().field_names();
        let with_unit = SPELLINGS.iter().map(|spelling| spelling.name);
        for field in fields.chain(with_unit).chain([ALLOW_UNKNOWN, SUPPRESS]) {
            assert!(names.contains(&field.into()), "{field}");
            assert!(profile["properties"][field]["description"].is_string());
        }
        assert!(!names.contains(&"id".into()));
        let rows = &profile["properties"]["max_rows"]["anyOf"];
        assert_eq!(rows[1]["const"], "unlimited");
        let timeout = &profile["properties"]["statement_timeout_ms"];
        assert_eq!(timeout["type"], "integer");
        let params = &schema["$defs"]["query_template"]["properties"]["params"]["items"];
        assert_eq!(params["required"], json!(["name", "type"]));
    }
}
