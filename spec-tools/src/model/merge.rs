//! Merges the parts of an `allOf` into one schema. A schema without `allOf` is a single part.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    accessors::{
        get_attributes, get_bool, get_limit, get_list, get_map, get_str, to_excluded, to_json,
    },
    api_model::{AdditionalProperties, Limit, Schema},
};
use crate::{
    error::{Error, Result},
    escape::escape_markup,
    read::{Node, Value},
};

/// The keywords of lower limits: a larger number allows fewer values.
const MINIMUMS: [&str; 4] = ["minLength", "minItems", "minProperties", "minimum"];
/// The keywords of upper limits: a smaller number allows fewer values.
const MAXIMUMS: [&str; 4] = ["maxLength", "maxItems", "maxProperties", "maximum"];

/// Returns `true` if the keyword is a lower limit, so that a larger number allows fewer values.
pub fn is_minimum(keyword: &str) -> bool {
    MINIMUMS.contains(&keyword)
}

/// Merges these keywords of the parts into one schema: `type`, `format`, `enum`, `x-enum`, limits
/// such as `minLength`, `pattern`, `not`, `required`, and the attributes. Does not load fields,
/// items and other nested schemas. `label` is the name of the schema in reports.
///
/// # Errors
///
/// Returns an error if a part is neither a map nor `true`, or if a keyword has a value of the wrong
/// type.
pub fn merge_value(parts: &[&Node], label: &str) -> Result<Schema> {
    let mut schema = Schema {
        label: label.to_owned(),
        ..Schema::default()
    };
    let mut kinds = BTreeSet::new();
    for part in parts {
        if !matches!(part.value, Value::Map(_) | Value::Bool(true)) {
            let message = "not OpenAPI 3.0: a schema must be a map";
            return Err(Error::at(&part.location, message));
        }
        let get_string = |key: &str| Ok(get_str(part, key)?.map(str::to_owned));
        kinds.extend(get_str(part, "type")?);
        merge_enum(&mut schema, part)?;
        merge_constraints(&mut schema, part)?;
        schema.attributes = schema.attributes.merge_over(&get_attributes(part)?);
        schema.format = schema.format.take().or(get_string("format")?);
        schema.enum_name = schema.enum_name.take().or(get_string("x-enum")?);
        schema.patterns.extend(get_string("pattern")?);
        schema.excluded.extend(part.get("not").map(to_excluded));
        for name in get_list(part, "required")? {
            schema.required.extend(name.as_str().map(str::to_owned));
        }
    }
    // Only the `nullable` beside `allOf` applies, not the `nullable` of a part.
    if let Some(first) = parts.first().filter(|_| parts.len() > 1) {
        schema.attributes.nullable = get_attributes(first)?.nullable;
    }
    schema.kind = kinds.into_iter().collect::<Vec<_>>().join(" and ");
    Ok(schema)
}

/// Returns the fields in the `properties` of all parts. Each field name maps to the schema nodes of
/// the parts that define the field.
pub fn collect_fields<'a>(parts: &[&'a Node]) -> Result<BTreeMap<&'a str, Vec<&'a Node>>> {
    let mut fields: BTreeMap<&str, Vec<&'a Node>> = BTreeMap::new();
    for part in parts {
        for field in get_map(part, "properties")? {
            fields.entry(&field.key).or_default().push(&field.node);
        }
    }
    Ok(fields)
}

/// Completes a schema after its nested schemas are loaded: infers a missing type, sets the Rust
/// type name, and labels an enumeration with its `x-enum` name. Also makes exclusive limits of
/// integers inclusive, and replaces the format `password` of a string by the attribute `secret`.
///
/// `type_name` is the name for the Rust type if codegen generates one for this schema.
pub fn complete(schema: &mut Schema, type_name: Option<&str>) {
    if schema.kind.is_empty() {
        schema.kind = infer_kind(schema).to_owned();
    }
    schema.rust_name = rust_name(schema, type_name.map(str::to_owned));
    if schema.kind == "integer" {
        let constraints = schema.constraints.iter_mut();
        constraints.for_each(|(keyword, limit)| make_inclusive(keyword, limit));
    }
    // The format does not restrict the values. It marks them as secret.
    if schema.kind == "string"
        && schema
            .format
            .take_if(|format| format == "password")
            .is_some()
    {
        schema.attributes.secret = Some(true);
    }
    if schema.is_enumeration()
        && let Some(name) = &schema.enum_name
    {
        // All enumerations with one name are one type.
        schema.label = escape_markup(name);
    }
}

/// Restricts the values of `schema` to the values in the `enum` of `part`. Does nothing if `part`
/// has no `enum`.
fn merge_enum(schema: &mut Schema, part: &Node) -> Result<()> {
    if part.get("enum").is_none() {
        return Ok(());
    }
    let values = get_list(part, "enum")?.iter();
    // Only `nullable` states whether null is allowed.
    let values: Vec<_> = values
        .filter(|value| !matches!(value.value, Value::Null))
        .map(|value| to_json(value, &|_| false))
        .collect();
    schema.values = Some(match schema.values.take() {
        Some(before) => before
            .into_iter()
            .filter(|value| values.contains(value))
            .collect(),
        None => values,
    });
    Ok(())
}

/// Adds the constraints of `part` to `schema`. If both have a limit with the same keyword, keeps the
/// limit whose number allows fewer values. If both have `multipleOf`, keeps the value of `part`.
fn merge_constraints(schema: &mut Schema, part: &Node) -> Result<()> {
    for keyword in MINIMUMS.into_iter().chain(MAXIMUMS) {
        let exclusive = match keyword {
            "minimum" => get_bool(part, "exclusiveMinimum")?,
            "maximum" => get_bool(part, "exclusiveMaximum")?,
            _ => None,
        };
        let Some(limit) = get_limit(part, keyword, exclusive == Some(true))? else {
            continue;
        };
        // A minimum length of 0 is no constraint.
        if is_minimum(keyword) && keyword != "minimum" && limit.value.as_u64() == Some(0) {
            continue;
        }
        let is_narrower = |before: &Limit| match is_minimum(keyword) {
            true => limit.compare(before).is_gt(),
            false => limit.compare(before).is_lt(),
        };
        if schema.constraints.get(keyword).is_none_or(is_narrower) {
            schema.constraints.insert(keyword, limit);
        }
    }
    if let Some(limit) = get_limit(part, "multipleOf", false)? {
        schema.constraints.insert("multipleOf", limit);
    }
    if get_bool(part, "uniqueItems")? == Some(true) {
        schema.constraints.insert(
            "uniqueItems",
            Limit {
                value: 1.into(),
                exclusive: false,
            },
        );
    }
    Ok(())
}

/// Replaces an exclusive limit of an integer by the equal inclusive limit: "more than 0" becomes "at
/// least 1". Leaves a limit unchanged if the limit or the result is not an `i64`.
fn make_inclusive(keyword: &str, limit: &mut Limit) {
    let step = if is_minimum(keyword) { 1 } else { -1 };
    if limit.exclusive
        && let Some(next) = limit
            .value
            .as_i64()
            .and_then(|value| value.checked_add(step))
    {
        *limit = Limit {
            value: next.into(),
            exclusive: false,
        };
    }
}

/// Returns the type that the keywords of a schema without `type` imply: `object`, `array`, `string`
/// or `any`.
fn infer_kind(schema: &Schema) -> &'static str {
    let are_strings = |values: &Vec<serde_json::Value>| {
        !values.is_empty() && values.iter().all(serde_json::Value::is_string)
    };
    match schema {
        _ if !schema.fields.is_empty()
            || matches!(schema.additional, AdditionalProperties::Typed(_)) =>
        {
            "object"
        }
        _ if schema.items.is_some() => "array",
        _ if schema.values.as_ref().is_some_and(are_strings) => "string",
        _ => "any",
    }
}

/// Returns the name of the Rust type of a schema. For an enumeration, this is the `x-enum` name or,
/// if there is none, `type_name`. For an object with fields, a `oneOf` or an `anyOf`, this is
/// `type_name`. Returns `None` for any other schema, because codegen generates no type.
fn rust_name(schema: &Schema, type_name: Option<String>) -> Option<String> {
    match schema {
        _ if schema.is_enumeration() => schema.enum_name.clone().or(type_name),
        _ if schema.kind == "object" && !schema.fields.is_empty() => type_name,
        _ if !schema.choices.is_empty() => type_name,
        _ => None,
    }
}
