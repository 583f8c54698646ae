//! Values as a schema has them, made from nothing but the schema.

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value, json};

use super::{Contract, values::SECRET};

/// The member that objects of a newer API have.
const NEWER: &str = "a_newer_member";

/// Which value to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Every property, with the contract's example where it has one.
    Whole,
    /// The required properties alone.
    Bare,
    /// Every property; those that may be null are, and lists are empty.
    Null,
    /// What an API sends that is newer than the contract: a member more in every object, a word
    /// more in every enumeration, numbers and texts past their bounds.
    Newer,
}

impl Fill {
    pub const ALL: [Self; 4] = [Self::Whole, Self::Bare, Self::Null, Self::Newer];
}

/// A value of this schema.
pub fn example(contract: &Contract, schema: &Value, fill: Fill) -> Value {
    let schema = merged(contract, schema);
    if fill == Fill::Null && schema["nullable"] == true {
        return Value::Null;
    }
    if schema["x-secret"] == true || schema["format"] == "password" {
        return SECRET.into();
    }
    if let Some(words) = schema["enum"].as_array() {
        return match fill {
            Fill::Whole | Fill::Null => words[0].clone(),
            Fill::Bare => words[words.len() - 1].clone(),
            Fill::Newer => "a newer word".into(),
        };
    }
    let given = &schema["example"];
    match schema["type"].as_str().expect("a type") {
        "object" => object(contract, &schema, fill),
        "array" if fill == Fill::Null => json!([]),
        "array" => json!([example(contract, &schema["items"], fill)]),
        "boolean" => given.as_bool().unwrap_or(true).into(),
        "integer" if fill == Fill::Newer => match schema["format"].as_str() {
            Some("int32") => i32::MAX.into(),
            _ => i64::MAX.into(),
        },
        "integer" => given.as_i64().unwrap_or(7).into(),
        "number" if fill == Fill::Newer => json!(-1e300),
        "number" => given.as_f64().unwrap_or(1.5).into(),
        "string" => text(&schema, fill).into(),
        other => panic!("the type {other} is not understood"),
    }
}

/// A body of the component of this name.
pub fn input<T: DeserializeOwned>(component: &str, fill: Fill) -> T {
    let contract = Contract::load();
    let schema = json!({"$ref": format!("#/components/schemas/{component}")});
    serde_json::from_value(example(&contract, &schema, fill)).unwrap()
}

fn object(contract: &Contract, schema: &Value, fill: Fill) -> Value {
    let required = schema["required"].as_array();
    let required = |name: &str| required.is_some_and(|names| names.contains(&name.into()));
    let mut object = Map::new();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if fill != Fill::Bare || required(name) {
            object.insert(name.clone(), example(contract, schema, fill));
        }
    }
    if schema["additionalProperties"] == true {
        object.insert("any_name".to_owned(), json!({"any": ["value", 1]}));
    } else if fill == Fill::Newer {
        object.insert(NEWER.to_owned(), json!({"x": [1]}));
    }
    object.into()
}

fn text(schema: &Value, fill: Fill) -> &str {
    let given = schema["example"].as_str();
    match schema["format"].as_str() {
        Some("date-time") => given.unwrap_or("2026-01-02T03:04:05.678Z"),
        Some("date") => given.unwrap_or("2026-01-02"),
        _ if fill == Fill::Newer => "",
        Some("uri") => given.unwrap_or("https://example.com/a"),
        Some("email") => given.unwrap_or("a@example.com"),
        _ => given.unwrap_or("text"),
    }
}

/// A schema with what it refers to and is composed of.
pub fn merged(contract: &Contract, schema: &Value) -> Value {
    let mut all = contract.resolve(schema).clone();
    let parts = all.as_object_mut().expect("a schema").remove("allOf");
    for part in parts
        .iter()
        .flat_map(|parts| parts.as_array().expect("schemas"))
    {
        for (keyword, said) in merged(contract, part).as_object().expect("a schema") {
            match (&mut all[keyword], said) {
                (Value::Object(all), Value::Object(more)) => all.extend(more.clone()),
                (Value::Array(all), Value::Array(more)) => all.extend(more.clone()),
                (all @ Value::Null, said) => *all = said.clone(),
                // What is said beside a reference goes before what is said there.
                _ => {}
            }
        }
    }
    all
}

/// A value without what only a newer API sends, and with null as what it means: absent.
pub fn known(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object
                .iter()
                .filter(|(name, value)| *name != NEWER && !value.is_null());
            Value::Object(
                members
                    .map(|(name, value)| (name.clone(), known(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(known).collect(),
        Value::Number(number) => Value::Number(plain(number)),
        other => other.clone(),
    }
}

/// `1.0` and `1` are one number.
fn plain(number: &Number) -> Number {
    let whole = |of: &f64| of.fract() == 0.0 && of.abs() < 1e15;
    match number.as_f64().filter(whole) {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        Some(of) => Number::from(of as i64),
        None => number.clone(),
    }
}

/// A value without what says nothing: false, 0, and empty texts, lists and objects.
pub fn said(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object
                .iter()
                .map(|(name, value)| (name.clone(), said(value)));
            Value::Object(members.filter(|(_, value)| !is_nothing(value)).collect())
        }
        Value::Array(items) => items.iter().map(said).collect(),
        other => other.clone(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
    }
}

/// The page that an answer with a list is: its items, the token of the next and the total.
pub fn page(answer: &Value) -> Value {
    let mut page = Map::new();
    for (name, value) in answer.as_object().expect("an object") {
        let name = match value {
            Value::Array(_) => "items",
            _ => name,
        };
        let twice = page.insert(name.to_owned(), value.clone());
        assert!(twice.is_none(), "a page with two lists: {answer}");
    }
    // An empty token says that there is no next page.
    page.retain(|_, value| *value != "");
    page.into()
}
