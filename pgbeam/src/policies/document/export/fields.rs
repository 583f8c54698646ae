//! Selects and orders the fields that an export writes.

use serde_json::Value;

use crate::policies::{
    document::{
        ProfileEntry, TemplateEntry,
        read::{ALLOW_UNKNOWN, SUPPRESS},
        yaml_text::Tree,
    },
    schema::{self, Schema},
};

/// Returns the fields to write for a profile: first the known fields, in the order of the contract, then `suppress`,
/// `allow_unknown`, and the unknown fields by name.
pub(super) fn profile(entry: &ProfileEntry) -> Tree {
    let profile = entry.profile();
    let get = |field: &str| profile.get(field);
    let mut fields = known_fields(schema::policy_profile(), get);
    let suppressions = entry.suppressions().iter().map(|suppression| {
        let reason = Value::from(suppression.reason());
        (suppression.rule().to_owned(), Tree::Scalar(reason))
    });
    let suppressions: Vec<_> = suppressions.collect();
    if !suppressions.is_empty() {
        fields.push((SUPPRESS.to_owned(), Tree::Map(suppressions)));
    }
    add_unknown_fields(
        schema::policy_profile(),
        get,
        profile.unknown_fields().collect(),
        &mut fields,
    );
    Tree::Map(fields)
}

/// Returns the fields to write for a template: first the known fields, in the order of the contract, then
/// `allow_unknown`, and the unknown fields by name.
pub(super) fn template(entry: &TemplateEntry) -> Tree {
    let template = entry.template();
    let get = |field: &str| template.get(field);
    let mut fields = known_fields(schema::query_template(), get);
    add_unknown_fields(
        schema::query_template(),
        get,
        template.unknown_fields().collect(),
        &mut fields,
    );
    Tree::Map(fields)
}

/// Returns the known fields to write: required fields, fields whose value is not their default, and `query_mode` if it
/// is set. Leaves out empty lists in objects.
fn known_fields<'a>(
    schema: &Schema,
    get: impl Fn(&str) -> Option<&'a Value>,
) -> Vec<(String, Tree)> {
    let fields = schema.properties.0.iter().filter_map(|(name, field)| {
        let value = get(name)?;
        let mut tree = Tree::new(value, Some(field));
        if let Tree::Map(fields) = &mut tree {
            // The parser reads an omitted list as an empty list if the schema has the list.
            let is_omitted = |(name, value): &(String, Tree)| {
                let is_empty = matches!(value, Tree::List(items) if items.is_empty());
                is_empty && field.field(name).is_some()
            };
            fields.retain(|field| !is_omitted(field));
        }
        let is_empty = matches!(&tree, Tree::Map(fields) if fields.is_empty());
        let is_default = !field.is_kept_when_absent && *value == field.absent_value();
        let is_omitted = (is_default || is_empty) && !schema.required.contains(name);
        (!is_omitted).then(|| (name.clone(), tree))
    });
    fields.collect()
}

/// Adds the unknown fields. Also adds `allow_unknown`, because the parser rejects unknown fields and values that it
/// does not permit. The list has the names of the unknown fields, and of the known fields that contain an unknown value
/// or field.
fn add_unknown_fields<'a>(
    schema: &Schema,
    get: impl Fn(&str) -> Option<&'a Value>,
    mut unknown: Vec<(&str, &Value)>,
    fields: &mut Vec<(String, Tree)>,
) {
    unknown.sort_by_key(|(name, _)| *name);
    let known = schema.properties.0.iter();
    let extended = known.filter_map(|(name, field)| {
        let is_unknown = get(name).is_some_and(|value| is_unknown(field, value));
        is_unknown.then_some(name.as_str())
    });
    let names = extended.chain(unknown.iter().map(|(name, _)| *name));
    let names: Vec<_> = names.map(|name| Tree::Scalar(name.into())).collect();
    if !names.is_empty() {
        fields.push((ALLOW_UNKNOWN.to_owned(), Tree::List(names)));
    }
    let unknown = unknown.into_iter();
    fields.extend(unknown.map(|(name, value)| (name.to_owned(), Tree::new(value, None))));
}

/// Returns `true` if the value is or contains a value of an enumeration, or a field, that the schema does not have.
fn is_unknown(schema: &Schema, value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let values = schema.values.iter().chain(&schema.known_values);
            let mut values = values.peekable();
            values.peek().is_some() && !values.any(|value| value == text)
        }
        Value::Array(items) => schema
            .items
            .as_deref()
            .is_some_and(|schema| items.iter().any(|item| is_unknown(schema, item))),
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let field = schema.field(name);
            field.is_none_or(|schema| is_unknown(schema, value))
        }),
        _ => false,
    }
}
