//! Makes one schema of nodes that hold together: one alone, or the parts of an `allOf`.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;

use super::{
    api_model::{Additional, Attributes, Limit, Schema},
    load::{Reader, Written},
    parts::{attributes, excluded, flag, json, limit, list, map, text},
};
use crate::{
    error::{Error, Result},
    read::{Node, Value},
};

/// Bounds, those of which the larger is the narrower first.
const LEAST: [&str; 4] = ["minLength", "minItems", "minProperties", "minimum"];
const MOST: [&str; 4] = ["maxLength", "maxItems", "maxProperties", "maximum"];

/// Whether a larger bound of this keyword admits less.
pub fn is_least(keyword: &str) -> bool {
    LEAST.contains(&keyword)
}

/// Reads what the nodes and the parts of their `allOf`s say together.
pub fn merged<'a>(
    reader: &mut Reader<'a>,
    nodes: &[&'a Node],
    written: &Written,
) -> Result<Schema> {
    let parts = reader.parts(nodes);
    let mut schema = Schema {
        label: written.label.clone(),
        ..Schema::default()
    };
    let mut fields: BTreeMap<&str, Vec<&'a Node>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for part in &parts {
        if !matches!(part.value, Value::Map(_) | Value::Bool(true)) {
            return Err(Error::at(
                &part.place,
                "not OpenAPI 3.0: a schema must be a map",
            ));
        }
        kinds.extend(text(part, "type")?);
        values(&mut schema, part)?;
        bounds(&mut schema, part)?;
        schema.attributes = schema.attributes.clone().over(&attributes(part)?);
        schema.format = schema
            .format
            .take()
            .or(text(part, "format")?.map(str::to_owned));
        schema.enum_name = schema
            .enum_name
            .take()
            .or(text(part, "x-enum")?.map(str::to_owned));
        schema
            .patterns
            .extend(text(part, "pattern")?.map(str::to_owned));
        schema.excluded.extend(part.get("not").map(excluded));
        for field in map(part, "properties")? {
            fields.entry(&field.key).or_default().push(&field.node);
        }
        for name in list(part, "required")? {
            schema.required.extend(name.text().map(str::to_owned));
        }
    }
    // In a composition, what is said at its own place holds, not what is said of a part.
    if let Some(first) = parts.first().filter(|_| parts.len() > 1) {
        let own = attributes(first)?;
        schema.attributes = Attributes {
            nullable: own.nullable,
            ..schema.attributes
        };
    }
    inner(reader, &mut schema, &parts, &fields, written)?;
    schema.kind = kind(&schema, &kinds);
    schema.rust = rust(&schema, written);
    if schema.kind == "integer" {
        schema
            .bounds
            .iter_mut()
            .for_each(|(keyword, limit)| include(keyword, limit));
    }
    // It says nothing of the values, but makes the SDK hide them.
    if schema.kind == "string" && schema.format.take_if(|of| of == "password").is_some() {
        schema.attributes.secret = Some(true);
    }
    if schema.is_enumeration()
        && let Some(name) = &schema.enum_name
    {
        // One name is one set of values, wherever it is written.
        schema.label.clone_from(name);
    }
    Ok(schema)
}

/// Reads the schemas that are written inside.
fn inner<'a>(
    reader: &mut Reader<'a>,
    schema: &mut Schema,
    parts: &[&'a Node],
    fields: &BTreeMap<&str, Vec<&'a Node>>,
    written: &Written,
) -> Result<()> {
    for (name, nodes) in fields {
        let place = written.inside(&format!(".{name}"), &name.to_pascal_case());
        let used = reader.used_of(nodes, &place)?;
        schema.fields.insert((*name).to_owned(), used);
    }
    let all =
        |key: &str| -> Vec<&'a Node> { parts.iter().filter_map(|part| part.get(key)).collect() };
    let items = all("items");
    if !items.is_empty() {
        schema.items = Some(reader.used_of(&items, &written.inside("[]", "Item"))?);
    }
    for node in all("additionalProperties") {
        // What any part forbids is forbidden.
        schema.additional = match (&schema.additional, reader.additional(node, written)?) {
            (Additional::Closed, _) => Additional::Closed,
            (Additional::Of(used), Additional::Open) => Additional::Of(used.clone()),
            (_, said) => said,
        };
    }
    for part in parts {
        for key in ["oneOf", "anyOf"] {
            let variants = list(part, key)?;
            let one = |(index, node): (usize, &'a Node)| {
                let place = written.inside("", &format!("Variant{index}"));
                reader.used(node, &place)
            };
            let choice = variants
                .iter()
                .enumerate()
                .map(one)
                .collect::<Result<Vec<_>>>()?;
            schema
                .choices
                .extend((!choice.is_empty()).then_some(choice));
        }
    }
    Ok(())
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

/// The type; without one, what the other keywords make plain.
fn kind(schema: &Schema, kinds: &BTreeSet<&str>) -> String {
    if !kinds.is_empty() {
        return kinds.iter().copied().collect::<Vec<_>>().join(" and ");
    }
    let texts = |values: &Vec<serde_json::Value>| {
        !values.is_empty() && values.iter().all(serde_json::Value::is_string)
    };
    let kind = match schema {
        _ if !schema.fields.is_empty() || matches!(schema.additional, Additional::Of(_)) => {
            "object"
        }
        _ if schema.items.is_some() => "array",
        _ if schema.values.as_ref().is_some_and(texts) => "string",
        _ => "any",
    };
    kind.to_owned()
}

/// The name of the Rust type that codegen makes: objects with fields, enumerations and choices
/// have one.
fn rust(schema: &Schema, written: &Written) -> Option<String> {
    let hint = || written.hint.clone();
    match schema {
        _ if schema.is_enumeration() => schema.enum_name.clone().or_else(hint),
        _ if schema.kind == "object" && !schema.fields.is_empty() => hint(),
        _ if !schema.choices.is_empty() => hint(),
        _ => None,
    }
}
