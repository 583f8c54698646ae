//! Which replacements can be read back: what it takes to tell whether one took effect.

use std::collections::BTreeMap;

use openapiv3::{
    ObjectType, OpenAPI, Operation, Parameter, ReferenceOr, Responses, Schema, SchemaData,
    SchemaKind, StatusCode, Type,
};
use serde_json::Value;

/// What the members are that a replacement leaves out, where that is not nothing and no `default`
/// says it: an object beside the schema's `properties`.
const WHEN_ABSENT: &str = "x-when-absent";
/// The members that then keep the value that is stored: a list beside them.
const KEPT: &str = "x-kept-when-absent";

/// How to tell whether a replacement took effect.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadBack {
    /// The `operationId` of what reads the resource.
    pub operation: String,
    /// Members that may be left out and are not nothing then; `None` for what is kept.
    pub when_absent: Vec<(String, Option<Value>)>,
    /// Members of the answer that no request has.
    pub server_owned: Vec<String>,
    /// The component of the replacement, and that of the resource.
    pub input: String,
    pub output: String,
    /// Fields that a replacement must carry.
    pub required: Vec<String>,
    /// Fields of a replacement that no response has.
    pub write_only: Vec<String>,
    /// Fields that keep their stored value when they are omitted, and their defaults.
    pub kept_defaults: Vec<(String, Value)>,
    /// What an absent field means, also where that is nothing.
    pub meaning: BTreeMap<String, Value>,
}

/// The replacements that can be read back, by `operationId`: a PUT with `If-Match` whose path has a
/// GET that answers with the same type.
pub fn all(api: &OpenAPI) -> BTreeMap<String, ReadBack> {
    let items = api.paths.paths.values().filter_map(ReferenceOr::as_item);
    let of_item = |item: &openapiv3::PathItem| {
        let (put, get) = (item.put.as_ref()?, item.get.as_ref()?);
        Some((put.operation_id.clone()?, of(api, put, get)?))
    };
    items.filter_map(of_item).collect()
}

fn of(api: &OpenAPI, put: &Operation, get: &Operation) -> Option<ReadBack> {
    put.parameters
        .iter()
        .filter_map(ReferenceOr::as_item)
        .find(|one| is_if_match(one))?;
    let body = put.request_body.as_ref()?.as_item()?;
    let schema = body.content.get("application/json")?.schema.as_ref()?;
    let input = component(schema)?;
    let (request, data) = object(api, schema)?;
    let said = data.extensions.get(WHEN_ABSENT);
    let kept = data.extensions.get(KEPT).and_then(Value::as_array);
    let is_kept = |name: &str| kept.is_some_and(|names| names.iter().any(|kept| kept == name));
    let answer = success(&put.responses)?;
    if success(&get.responses)? != answer {
        return None;
    }
    let output = component(answer)?;
    let (answer, _) = object(api, answer)?;
    let value = |name: &str, schema: &ReferenceOr<Box<Schema>>| {
        let default = || {
            let schema = schema.clone().unbox();
            resolve(api, &schema)?.schema_data.default.clone()
        };
        let said = said.and_then(|said| said.get(name));
        said.cloned().or_else(default)
    };
    let fields = request.properties.iter();
    let meaning: BTreeMap<String, Value> = fields
        .filter_map(|(name, schema)| Some((name.clone(), value(name, schema)?)))
        .collect();
    let when_absent = request.properties.keys().filter_map(|name| {
        if is_kept(name) {
            return Some((name.clone(), None));
        }
        let value = meaning.get(name)?;
        (!is_nothing(value)).then(|| (name.clone(), Some(value.clone())))
    });
    let write_only = request.properties.iter().filter(|(_, schema)| {
        let schema = (*schema).clone().unbox();
        resolve(api, &schema).is_some_and(|schema| schema.schema_data.write_only)
    });
    let kept_defaults = meaning.iter().filter(|(name, _)| is_kept(name));
    let owned = answer
        .properties
        .keys()
        .filter(|name| !request.properties.contains_key(*name));
    Some(ReadBack {
        operation: get.operation_id.clone()?,
        when_absent: when_absent.collect(),
        server_owned: owned.cloned().collect(),
        required: request.required.clone(),
        write_only: write_only.map(|(name, _)| name.clone()).collect(),
        kept_defaults: kept_defaults
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        input,
        output,
        meaning: meaning.clone(),
    })
}

/// The component that a schema is.
fn component(schema: &ReferenceOr<Schema>) -> Option<String> {
    let reference = match schema {
        ReferenceOr::Reference { reference } => reference,
        ReferenceOr::Item(_) => return None,
    };
    Some(reference.strip_prefix("#/components/schemas/")?.to_owned())
}

fn is_if_match(parameter: &Parameter) -> bool {
    matches!(parameter, Parameter::Header { parameter_data, .. } if parameter_data.name == "If-Match")
}

/// What the answers with 200 hold.
fn success(responses: &Responses) -> Option<&ReferenceOr<Schema>> {
    let response = responses.responses.get(&StatusCode::Code(200))?.as_item()?;
    response.content.get("application/json")?.schema.as_ref()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) => false,
    }
}

fn object<'a>(
    api: &'a OpenAPI,
    schema: &'a ReferenceOr<Schema>,
) -> Option<(&'a ObjectType, &'a SchemaData)> {
    let schema = resolve(api, schema)?;
    match &schema.schema_kind {
        SchemaKind::Type(Type::Object(object)) => Some((object, &schema.schema_data)),
        _ => None,
    }
}

fn resolve<'a>(api: &'a OpenAPI, schema: &'a ReferenceOr<Schema>) -> Option<&'a Schema> {
    match schema {
        ReferenceOr::Item(schema) => Some(schema),
        ReferenceOr::Reference { reference } => {
            let name = reference.strip_prefix("#/components/schemas/")?;
            // A component that is itself a reference names no object of its own.
            api.components.as_ref()?.schemas.get(name)?.as_item()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(put: &str, get: &str) -> OpenAPI {
        let yaml = format!(
            "openapi: 3.0.3
info: {{title: t, version: '1'}}
paths:
  /things/{{id}}:
    get: {{operationId: getThing, responses: {{'200': {{description: d, content: {{application/json: {{schema: {get}}}}}}}}}}}
    put:
      operationId: updateThing
      parameters: [{{name: {put}, in: header, schema: {{type: string}}}}]
      requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/ThingInput'}}}}}}}}
      responses: {{'200': {{description: d, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Thing'}}}}}}}}}}
components:
  schemas:
    Mode: {{type: string, default: soft}}
    ThingInput:
      type: object
      x-when-absent: {{way: 'off'}}
      x-kept-when-absent: [lock]
      properties:
        name: {{type: string}}
        limit: {{type: integer, default: 0}}
        wait: {{type: integer, default: 300}}
        on: {{type: boolean, default: true}}
        mode: {{$ref: '#/components/schemas/Mode'}}
        way: {{allOf: [{{$ref: '#/components/schemas/Mode'}}]}}
        lock: {{type: string, default: open}}
    Thing:
      type: object
      properties:
        id: {{type: string}}
        name: {{type: string}}
        created_at: {{type: string}}
"
        );
        let tree = pgbeam_spec::read::Node::parse(&yaml, "thing.yaml").unwrap();
        serde_json::from_str(&serde_json::to_string(&tree).unwrap()).unwrap()
    }

    #[test]
    fn a_replacement_says_what_its_omissions_mean() {
        let found = all(&document(
            "If-Match",
            "{$ref: '#/components/schemas/Thing'}",
        ));
        let read_back = &found["updateThing"];
        assert_eq!(read_back.operation, "getThing");
        assert_eq!(read_back.server_owned, ["id", "created_at"]);
        let absent = |name: &str, value: Option<Value>| (name.to_owned(), value);
        assert_eq!(
            read_back.when_absent,
            [
                absent("wait", Some(json!(300))),
                absent("on", Some(json!(true))),
                absent("mode", Some(json!("soft"))),
                absent("way", Some(json!("off"))),
                absent("lock", None),
            ]
        );
    }

    #[test]
    fn what_tells_nothing_is_left_out() {
        let thing = "{$ref: '#/components/schemas/Thing'}";
        assert!(all(&document("If-None-Match", thing)).is_empty());
        assert!(all(&document("If-Match", "{type: object}")).is_empty());
    }
}
