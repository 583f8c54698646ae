//! The effective fields of policy profiles and query templates: all fields, with defaults for the fields that the
//! profile or template omits. Two versions are compared by their effective fields.

use pgbeam_api::{FieldError, Validate, ValidationErrors};
use serde::Serialize;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    PolicyProfile, PolicyProfileInput, QueryTemplate, QueryTemplateInput,
    schema::{self, Kind, Schema},
};

/// The effective fields of a policy profile: the fields that the profile sets, and the defaults of the fields
/// that it omits.
///
/// Created from a stored profile ([`PolicyProfile`]), from the input of a request ([`PolicyProfileInput`]) or
/// from a profile of a [policy file](super::document). Fields that only the server sets, such as `id`, are
/// left out.
///
/// Two kinds of omitted fields get no default, because a [plan](super::plan) keeps their stored values:
/// `query_mode`, and fields that this version of the crate does not know. For these omitted fields,
/// [`get`](Self::get) returns `None`.
///
/// ```
/// use pgbeam::policies::{NormalizedProfile, PolicyProfileInput};
///
/// let profile = NormalizedProfile::from(&PolicyProfileInput::new("Support").max_rows(500));
/// assert_eq!(profile.get("max_rows"), Some(&500.into()));
/// assert_eq!(profile.get("access_mode"), Some(&"read_only".into()));
/// assert_eq!(profile.get("query_mode"), None);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NormalizedProfile {
    /// In an `Arc`, because comparing and linting clone profiles.
    fields: Arc<Map<String, Value>>,
    unknown: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl NormalizedProfile {
    /// Reads a profile from the JSON of the API: a stored profile or the body of a request.
    ///
    /// Values are not validated. A field with the value `null` is treated as omitted.
    pub fn from_json(profile: Map<String, Value>) -> Self {
        let (fields, unknown) = normalize(schema::policy_profile(), profile);
        let errors = Vec::new();
        Self {
            fields: fields.into(),
            unknown,
            errors,
        }
    }

    /// Returns the name; empty if the profile has none.
    pub fn name(&self) -> &str {
        self.str("name")
    }

    /// Returns the value of a field by its name in the API contract.
    ///
    /// Returns `None` for an omitted `query_mode`, for an omitted field that this version of the crate does not
    /// know, and for every field that only the server sets.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).or_else(|| self.unknown.get(field))
    }

    /// Returns the fields that this version of the crate does not know, with their values.
    pub fn unknown_fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.unknown
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Returns the errors that setters of the original [`PolicyProfileInput`] found, such as a number that is
    /// too large. An input with these errors cannot be serialized, so the profile has only default values.
    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Returns the fields as a JSON object, as in the body of `updatePolicyProfile`. Fields for which
    /// [`get`](Self::get) returns `None` are left out.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut json = Map::clone(&self.fields);
        json.extend(self.unknown.clone());
        json
    }

    /// Returns this profile with the values of `stored` for the omitted fields that a [plan](super::plan) keeps:
    /// `query_mode`, and fields that this version of the crate does not know.
    ///
    /// Unknown fields inside lists and objects of `stored` are not added.
    pub fn with_stored(&self, stored: &Self) -> Self {
        let mut profile = self.clone();
        let fields = Arc::make_mut(&mut profile.fields);
        for (name, value) in stored.fields.iter() {
            fields.entry(name).or_insert_with(|| value.clone());
        }
        for (name, value) in &stored.unknown {
            profile.unknown.entry(name).or_insert_with(|| value.clone());
        }
        profile
    }

    /// Sets an omitted `query_mode` to its default, as the server does when it creates the profile.
    #[cfg(feature = "engine")]
    pub(crate) fn with_defaults(mut self) -> Self {
        let fields = Arc::make_mut(&mut self.fields);
        for (name, schema) in &schema::policy_profile().properties.0 {
            let field = fields.entry(name);
            field.or_insert_with(|| schema.absent_value());
        }
        self
    }

    /// Sets the value of a field by its name in the API contract.
    pub(crate) fn set(&mut self, field: &str, value: Value) {
        let known = schema::policy_profile().field(field).is_some();
        let fields = if known {
            Arc::make_mut(&mut self.fields)
        } else {
            &mut self.unknown
        };
        fields.insert(field.to_owned(), value);
    }

    /// Returns the value of a string field; empty if the field has no value or the value is not a string.
    pub(crate) fn str(&self, field: &str) -> &str {
        self.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the value of an integer field; 0 if the field has no value or the value is not an integer.
    pub(crate) fn integer(&self, field: &str) -> i64 {
        self.get(field).and_then(Value::as_i64).unwrap_or_default()
    }

    /// Returns the items of a list field; empty if the field has no value or the value is not a list.
    pub(crate) fn list(&self, field: &str) -> &[Value] {
        self.get(field).map(items).unwrap_or_default()
    }

    /// Returns the statement kinds in a list of `statement_rules`. `list` is `allow` or `deny`.
    pub(crate) fn statement_kinds(&self, list: &str) -> impl Iterator<Item = &str> {
        let rules = self.get("statement_rules");
        let kinds = rules.and_then(|rules| rules.get(list)).map(items);
        kinds.unwrap_or_default().iter().filter_map(Value::as_str)
    }
}

/// The effective fields of a query template: the fields that the template sets, and the defaults of the fields
/// that it omits.
///
/// Created from a stored template ([`QueryTemplate`]), from the input of a request ([`QueryTemplateInput`]) or
/// from a template of a [policy file](super::document). Fields that only the server sets, such as `id`, are
/// left out.
#[derive(Clone, Debug, PartialEq)]
pub struct NormalizedTemplate {
    fields: Map<String, Value>,
    unknown: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl NormalizedTemplate {
    /// Reads a template from the JSON of the API: a stored template or the body of a request.
    ///
    /// Values are not validated. A field with the value `null` is treated as omitted.
    pub fn from_json(template: Map<String, Value>) -> Self {
        let (fields, unknown) = normalize(schema::query_template(), template);
        let errors = Vec::new();
        Self {
            fields,
            unknown,
            errors,
        }
    }

    /// Returns the name; empty if the template has none.
    pub fn name(&self) -> &str {
        let name = self.get("name").and_then(Value::as_str);
        name.unwrap_or_default()
    }

    /// Returns the value of a field by its name in the API contract.
    ///
    /// Returns `None` for an omitted field that this version of the crate does not know, and for every field that
    /// only the server sets.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).or_else(|| self.unknown.get(field))
    }

    /// Returns the fields that this version of the crate does not know, with their values.
    pub fn unknown_fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.unknown
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Returns the errors that setters of the original [`QueryTemplateInput`] found. An input with these errors
    /// cannot be serialized, so the template has only default values.
    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Returns the fields as a JSON object, as in the body of `updateQueryTemplate`. Fields for which
    /// [`get`](Self::get) returns `None` are left out.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut json = self.fields.clone();
        json.extend(self.unknown.clone());
        json
    }
}

/// Returns the items of a list; none if the value is not a list.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Splits an object into two objects. The first has the fields of the schema, with defaults for omitted fields. The
/// second has the fields that the schema does not have.
///
/// A field with the value `null` is treated as omitted. An omitted `query_mode` gets no default, because the server
/// keeps its stored value. Fields that only the server sets are in neither object. Unknown fields of a nested object
/// stay in the nested object.
pub(crate) fn normalize(
    schema: &Schema,
    mut object: Map<String, Value>,
) -> (Map<String, Value>, Map<String, Value>) {
    let mut fields = Map::new();
    for (name, schema) in &schema.properties.0 {
        let value = object.remove(name).filter(|value| !value.is_null());
        let value = match value {
            None if schema.is_kept_when_absent => continue,
            None => schema.absent_value(),
            Some(value) => value,
        };
        let value = match (schema.kind, value) {
            (Kind::Object, Value::Object(object)) => {
                let (mut fields, unknown) = normalize(schema, object);
                fields.extend(unknown);
                Value::Object(fields)
            }
            (_, value) => value,
        };
        fields.insert(name.clone(), value);
    }
    object.retain(|name, value| !schema.server_owned.contains(name) && !value.is_null());
    (fields, object)
}

impl From<&PolicyProfile> for NormalizedProfile {
    fn from(profile: &PolicyProfile) -> Self {
        Self::from_json(to_object(profile))
    }
}

impl From<&PolicyProfileInput> for NormalizedProfile {
    fn from(profile: &PolicyProfileInput) -> Self {
        let errors = setter_errors(profile);
        Self {
            errors,
            ..Self::from_json(to_object(profile))
        }
    }
}

impl From<PolicyProfileInput> for NormalizedProfile {
    fn from(profile: PolicyProfileInput) -> Self {
        Self::from(&profile)
    }
}

impl From<&QueryTemplate> for NormalizedTemplate {
    fn from(template: &QueryTemplate) -> Self {
        Self::from_json(to_object(template))
    }
}

impl From<&QueryTemplateInput> for NormalizedTemplate {
    fn from(template: &QueryTemplateInput) -> Self {
        let errors = setter_errors(template);
        Self {
            errors,
            ..Self::from_json(to_object(template))
        }
    }
}

impl From<QueryTemplateInput> for NormalizedTemplate {
    fn from(template: QueryTemplateInput) -> Self {
        Self::from(&template)
    }
}

/// Returns the errors that the setters of an input found; empty if the input can be serialized.
fn setter_errors(input: &(impl Serialize + Validate)) -> Vec<FieldError> {
    if serde_json::to_value(input).is_ok() {
        return Vec::new();
    }
    let mut errors = ValidationErrors::new();
    input.validate(&mut errors);
    errors.field_errors().to_vec()
}

/// Serializes a type of the API as a JSON object. Returns an empty object if it cannot be serialized.
pub(crate) fn to_object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omitted_fields_have_their_defaults() {
        let profile = NormalizedProfile::from_json(Map::new());
        assert_eq!(profile.get("write_mode"), Some(&"normal".into()));
        assert_eq!(profile.integer("approval_timeout_seconds"), 300);
        let rules = serde_json::json!({"allow": [], "deny": []});
        assert_eq!(profile.get("statement_rules"), Some(&rules));
        assert_eq!(profile.list("table_allowlist"), &[] as &[Value]);
        assert_eq!(profile.get("query_mode"), None);
    }

    #[test]
    fn server_owned_fields_are_left_out_and_unknown_fields_are_kept() {
        let mut stored = PolicyProfile::default();
        stored.name = "a".into();
        stored.unknown_fields.insert("new_guard", 7);
        let profile = NormalizedProfile::from(&stored);
        assert_eq!(profile.get("id"), None);
        let unknown: Vec<_> = profile.unknown_fields().collect();
        assert_eq!(unknown, [("new_guard", &7.into())]);
    }

    #[test]
    fn a_replacement_keeps_query_mode_and_unknown_fields() {
        let object = |json: Value| NormalizedProfile::from_json(json.as_object().cloned().unwrap());
        let stored =
            object(serde_json::json!({"query_mode": "templates", "new": 1, "max_rows": 5}));
        let replaced = object(serde_json::json!({"name": "b"})).with_stored(&stored);
        assert_eq!(replaced.str("query_mode"), "templates");
        assert_eq!(replaced.get("new"), Some(&1.into()));
        assert_eq!(replaced.integer("max_rows"), 0);
    }
}
