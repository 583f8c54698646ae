//! The schemas of policy profiles and query templates: the fields of the API contract with their types, defaults and
//! constraints. Codegen writes them to `contract.json`.

use std::{fmt, sync::LazyLock};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

/// The schema of a value: a policy profile, a query template, one of their fields, or an item of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Schema {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) description: String,
    /// The default of the field in the contract. [`absent_value`](Self::absent_value) returns the value for an
    /// omitted field without a default.
    pub(crate) default: Option<Value>,
    /// The fields of an object, in the order of the contract.
    #[serde(default)]
    pub(crate) properties: Properties,
    #[serde(default)]
    pub(crate) required: Vec<String>,
    pub(crate) items: Option<Box<Schema>>,
    /// The allowed values of an enumeration; empty if the value is not an enumeration.
    #[serde(default, rename = "enum")]
    pub(crate) values: Vec<String>,
    /// The known values of a string, if the API may add further values; empty for all other strings and types.
    #[serde(default, rename = "x-known-values")]
    pub(crate) known_values: Vec<String>,
    pub(crate) minimum: Option<i64>,
    #[serde(rename = "minLength")]
    pub(crate) min_length: Option<usize>,
    #[serde(rename = "maxLength")]
    pub(crate) max_length: Option<usize>,
    #[serde(rename = "x-max-bytes")]
    pub(crate) max_bytes: Option<usize>,
    pub(crate) pattern: Option<String>,
    /// `true` if a PUT that omits the field keeps its stored value.
    #[serde(default, rename = "x-kept-when-absent")]
    pub(crate) is_kept_when_absent: bool,
    /// The names of the fields of the resource that only the server sets, such as `id`. They are not in
    /// `properties`.
    #[serde(default, rename = "x-server-owned")]
    pub(crate) server_owned: Vec<String>,
}

/// The JSON type of a value.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Array,
    Boolean,
    Integer,
    Object,
    String,
}

impl Schema {
    /// Returns the schema of a field of an object; `None` if the object has no field with this name.
    pub(crate) fn field(&self, name: &str) -> Option<&Schema> {
        let (_, schema) = self.properties.0.iter().find(|(field, _)| field == name)?;
        Some(schema)
    }

    /// Returns the names of the fields of an object, in the order of the contract.
    pub(crate) fn field_names(&self) -> impl Iterator<Item = &str> {
        self.properties.0.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the value that an omitted field has. This is its default or, without a default, an empty list, an empty
    /// object, or `null` for the other types.
    pub(crate) fn absent_value(&self) -> Value {
        match (&self.default, self.kind) {
            (Some(default), _) => default.clone(),
            (None, Kind::Array) => Value::Array(Vec::new()),
            (None, Kind::Object) => Value::Object(serde_json::Map::new()),
            (None, _) => Value::Null,
        }
    }
}

/// The fields of an object, in the order of the contract.
#[derive(Debug, Default)]
pub(crate) struct Properties(pub(crate) Vec<(String, Schema)>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Properties;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Properties(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

#[derive(Deserialize)]
struct Contract {
    policy_profile: Schema,
    query_template: Schema,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    serde_json::from_str(include_str!("contract.json")).expect("codegen writes a valid file")
});

/// Returns the schema of the body of `createPolicyProfile`.
pub(crate) fn policy_profile() -> &'static Schema {
    &CONTRACT.policy_profile
}

/// Returns the schema of the body of `createQueryTemplate`.
pub(crate) fn query_template() -> &'static Schema {
    &CONTRACT.query_template
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_the_fields_of_the_contract() {
        let profile = policy_profile();
        assert_eq!(profile.field_names().next(), Some("name"));
        let timeout = profile.field("statement_timeout_ms").expect("a field");
        assert_eq!((timeout.kind, timeout.minimum), (Kind::Integer, Some(0)));
        let mode = profile.field("query_mode").expect("a field");
        assert!(mode.is_kept_when_absent);
        assert_eq!(mode.absent_value(), "sql");
        assert_eq!(mode.values, ["sql", "templates"]);
        assert_eq!(
            profile.server_owned,
            ["id", "project_id", "created_at", "updated_at"]
        );
        let rules = profile.field("statement_rules").expect("a field");
        let kinds = rules.field("deny").and_then(|deny| deny.items.as_deref());
        assert_eq!(kinds.expect("a list").known_values.len(), 11);
        let sql = query_template().field("sql").expect("a field");
        assert_eq!(sql.max_bytes, Some(16_384));
    }
}
