//! Merges nodes that hold together into one schema: one alone, or the parts of an `allOf`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api_model::{Additional, Limit, Schema},
    parts::{attributes, excluded, flag, json, limit, list, map, text},
};
use crate::{
    error::{Error, Result},
    escape::escape_markup,
    read::{Node, Value},
};

/// Bounds, those of which the larger is the narrower first.
const LEAST: [&str; 4] = ["minLength", "minItems", "minProperties", "minimum"];
const MOST: [&str; 4] = ["maxLength", "maxItems", "maxProperties", "maximum"];

/// Whether a larger bound of this keyword admits less.
pub fn is_least(keyword: &str) -> bool {
    LEAST.contains(&keyword)
}

/// Merges what the parts say of a value itself, without what is inside it.
pub fn value(parts: &[&Node], label: &str) -> Result<Schema> {
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
        let own = |key: &str| Ok(text(part, key)?.map(str::to_owned));
        kinds.extend(text(part, "type")?);
        values(&mut schema, part)?;
        bounds(&mut schema, part)?;
        schema.attributes = schema.attributes.over(&attributes(part)?);
        schema.format = schema.format.take().or(own("format")?);
        schema.enum_name = schema.enum_name.take().or(own("x-enum")?);
        schema.patterns.extend(own("pattern")?);
        schema.excluded.extend(part.get("not").map(excluded));
        for name in list(part, "required")? {
            schema.required.extend(name.as_str().map(str::to_owned));
        }
    }
    // In a composition, what is said at its own place holds, not what is said of a part.
    if let Some(first) = parts.first().filter(|_| parts.len() > 1) {
        schema.attributes.nullable = attributes(first)?.nullable;
    }
    schema.kind = kinds.into_iter().collect::<Vec<_>>().join(" and ");
    Ok(schema)
}

/// The fields of all parts, each with the nodes that describe it.
pub fn fields<'a>(parts: &[&'a Node]) -> Result<BTreeMap<&'a str, Vec<&'a Node>>> {
    let mut fields: BTreeMap<&str, Vec<&'a Node>> = BTreeMap::new();
    for part in parts {
        for field in map(part, "properties")? {
            fields.entry(&field.key).or_default().push(&field.node);
        }
    }
    Ok(fields)
}

/// Completes a schema whose inner schemas are known.
pub fn complete(schema: &mut Schema, hint: Option<&str>) {
    if schema.kind.is_empty() {
        schema.kind = guessed_kind(schema).to_owned();
    }
    schema.rust = rust(schema, hint.map(str::to_owned));
    if schema.kind == "integer" {
        let bounds = schema.bounds.iter_mut();
        bounds.for_each(|(keyword, limit)| include(keyword, limit));
    }
    // It says nothing of the values, but makes the SDK hide them.
    if schema.kind == "string" && schema.format.take_if(|of| of == "password").is_some() {
        schema.attributes.secret = Some(true);
    }
    if schema.is_enumeration()
        && let Some(name) = &schema.enum_name
    {
        // One name is one set of values, wherever it is written.
        schema.label = escape_markup(name);
    }
}

/// What an enumeration of any part leaves.
fn values(schema: &mut Schema, part: &Node) -> Result<()> {
    if part.get("enum").is_none() {
        return Ok(());
    }
    let listed = list(part, "enum")?.iter();
    // `nullable` says whether null is admitted.
    let listed: Vec<_> = listed
        .filter(|value| !matches!(value.value, Value::Null))
        .map(|value| json(value, &|_| false))
        .collect();
    schema.values = Some(match schema.values.take() {
        Some(before) => before
            .into_iter()
            .filter(|value| listed.contains(value))
            .collect(),
        None => listed,
    });
    Ok(())
}

/// The narrowest of the bounds of all parts.
fn bounds(schema: &mut Schema, part: &Node) -> Result<()> {
    for keyword in LEAST.into_iter().chain(MOST) {
        let flag_of = match keyword {
            "minimum" => flag(part, "exclusiveMinimum")?,
            "maximum" => flag(part, "exclusiveMaximum")?,
            _ => None,
        };
        let Some(said) = limit(part, keyword, flag_of == Some(true))? else {
            continue;
        };
        // At least nothing says nothing.
        if is_least(keyword) && keyword != "minimum" && said.value.as_u64() == Some(0) {
            continue;
        }
        let narrower = |before: &Limit| match is_least(keyword) {
            true => said.compare(before).is_gt(),
            false => said.compare(before).is_lt(),
        };
        if schema.bounds.get(keyword).is_none_or(narrower) {
            schema.bounds.insert(keyword, said);
        }
    }
    if let Some(said) = limit(part, "multipleOf", false)? {
        schema.bounds.insert("multipleOf", said);
    }
    if flag(part, "uniqueItems")? == Some(true) {
        schema.bounds.insert(
            "uniqueItems",
            Limit {
                value: 1.into(),
                exclusive: false,
            },
        );
    }
    Ok(())
}

/// More than 0 is at least 1, among whole numbers.
fn include(keyword: &str, limit: &mut Limit) {
    let step = if is_least(keyword) { 1 } else { -1 };
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

/// The type of a schema that states none, as far as other keywords make it plain.
fn guessed_kind(schema: &Schema) -> &'static str {
    let texts = |values: &Vec<serde_json::Value>| {
        !values.is_empty() && values.iter().all(serde_json::Value::is_string)
    };
    match schema {
        _ if !schema.fields.is_empty() || matches!(schema.additional, Additional::Of(_)) => {
            "object"
        }
        _ if schema.items.is_some() => "array",
        _ if schema.values.as_ref().is_some_and(texts) => "string",
        _ => "any",
    }
}

/// The name of the Rust type that codegen makes: objects with fields, enumerations and choices
/// have one.
fn rust(schema: &Schema, hint: Option<String>) -> Option<String> {
    match schema {
        _ if schema.is_enumeration() => schema.enum_name.clone().or(hint),
        _ if schema.kind == "object" && !schema.fields.is_empty() => hint,
        _ if !schema.choices.is_empty() => hint,
        _ => None,
    }
}
