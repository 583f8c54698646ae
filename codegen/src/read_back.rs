//! Finds the PUT operations whose effect the SDK can check by reading the resource. The SDK can also edit these
//! resources.

use std::collections::BTreeMap;

use openapiv3::{
    ObjectType, OpenAPI, Operation, Parameter, ReferenceOr, Responses, Schema, SchemaData,
    SchemaKind, StatusCode, Type,
};
use serde_json::Value;

/// The name of a schema extension: an object next to `properties` that maps field names to the defaults of fields
/// whose own schema has no `default`. A PUT that omits a field stores the default of the field, unless [`KEPT`]
/// lists the field.
const WHEN_ABSENT: &str = "x-when-absent";
/// The name of a schema extension: a list next to `properties` of the fields that keep their stored value if a
/// PUT omits them.
const KEPT: &str = "x-kept-when-absent";

/// A PUT that replaces a resource, and the GET that reads the resource. The SDK uses both to check whether a PUT
/// took effect, and to edit the resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadBack {
    /// The id of the GET operation.
    pub operation: String,
    /// The fields that do not become empty if a PUT omits them. Each field has the value that the server stores
    /// after the omission, or `None` if the server keeps the stored value.
    pub when_absent: Vec<(String, Option<Value>)>,
    /// Fields of the resource that the request body does not have.
    pub server_owned: Vec<String>,
    /// The name of the component that is the request body.
    pub input: String,
    /// The name of the component that is the resource.
    pub output: String,
    /// Required fields of the request body.
    pub required: Vec<String>,
    /// Fields of the request body that responses omit (`writeOnly`).
    pub write_only: Vec<String>,
    /// The fields that keep their stored value if a PUT omits them, each with its default from `absent_values`.
    /// Fields without a default are left out.
    pub kept_defaults: Vec<(String, Value)>,
    /// The defaults of the fields of the request body, by field name: the value in `x-when-absent`, or else the
    /// `default` of the field's schema. Includes empty defaults, such as 0. Fields without a default are left out.
    pub absent_values: BTreeMap<String, Value>,
}

/// Returns the PUT operations whose resource can be read, by operation id. Such a PUT has an `If-Match` parameter
/// and a JSON body, and its path has a GET with the same type of 200 response. The schemas of the body and of the
/// response are component schemas of the type `object`.
pub fn find_all(api: &OpenAPI) -> BTreeMap<String, ReadBack> {
    let items = api.paths.paths.values().filter_map(ReferenceOr::as_item);
    let read_back = |item: &openapiv3::PathItem| {
        let (put, get) = (item.put.as_ref()?, item.get.as_ref()?);
        Some((put.operation_id.clone()?, find(api, put, get)?))
    };
    items.filter_map(read_back).collect()
}

fn find(api: &OpenAPI, put: &Operation, get: &Operation) -> Option<ReadBack> {
    put.parameters
        .iter()
        .filter_map(ReferenceOr::as_item)
        .find(|parameter| is_if_match(parameter))?;
    let body = put.request_body.as_ref()?.as_item()?;
    let schema = body.content.get("application/json")?.schema.as_ref()?;
    let input = component_name(schema)?;
    let (request, data) = resolve_object(api, schema)?;
    let when_absent = data.extensions.get(WHEN_ABSENT);
    let kept = data.extensions.get(KEPT).and_then(Value::as_array);
    let is_kept = |name: &str| kept.is_some_and(|names| names.iter().any(|kept| kept == name));
    let response = success_schema(&put.responses)?;
    if success_schema(&get.responses)? != response {
        return None;
    }
    let output = component_name(response)?;
    let (resource, _) = resolve_object(api, response)?;
    let absent_value = |name: &str, schema: &ReferenceOr<Box<Schema>>| {
        let default = || {
            let schema = schema.clone().unbox();
            resolve(api, &schema)?.schema_data.default.clone()
        };
        let declared = when_absent.and_then(|values| values.get(name));
        declared.cloned().or_else(default)
    };
    let fields = request.properties.iter();
    let absent_values: BTreeMap<String, Value> = fields
        .filter_map(|(name, schema)| Some((name.clone(), absent_value(name, schema)?)))
        .collect();
    let when_absent = request.properties.keys().filter_map(|name| {
        if is_kept(name) {
            return Some((name.clone(), None));
        }
        let value = absent_values.get(name)?;
        (!is_empty_value(value)).then(|| (name.clone(), Some(value.clone())))
    });
    let write_only = request.properties.iter().filter(|(_, schema)| {
        let schema = (*schema).clone().unbox();
        resolve(api, &schema).is_some_and(|schema| schema.schema_data.write_only)
    });
    let kept_defaults = absent_values.iter().filter(|(name, _)| is_kept(name));
    let server_owned = resource
        .properties
        .keys()
        .filter(|name| !request.properties.contains_key(*name));
    Some(ReadBack {
        operation: get.operation_id.clone()?,
        when_absent: when_absent.collect(),
        server_owned: server_owned.cloned().collect(),
        required: request.required.clone(),
        write_only: write_only.map(|(name, _)| name.clone()).collect(),
        kept_defaults: kept_defaults
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        input,
        output,
        absent_values: absent_values.clone(),
    })
}

/// Returns the name of the component that a schema references. `None` for an inline schema.
fn component_name(schema: &ReferenceOr<Schema>) -> Option<String> {
    let reference = match schema {
        ReferenceOr::Reference { reference } => reference,
        ReferenceOr::Item(_) => return None,
    };
    Some(reference.strip_prefix("#/components/schemas/")?.to_owned())
}

fn is_if_match(parameter: &Parameter) -> bool {
    matches!(parameter, Parameter::Header { parameter_data, .. } if parameter_data.name == "If-Match")
}

/// Returns the schema of the JSON content of the 200 response. `None` if there is no such content.
fn success_schema(responses: &Responses) -> Option<&ReferenceOr<Schema>> {
    let response = responses.responses.get(&StatusCode::Code(200))?.as_item()?;
    response.content.get("application/json")?.schema.as_ref()
}

/// Returns `true` for null, `false`, 0 and empty strings, lists and objects.
fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(string) => string.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) => false,
    }
}

fn resolve_object<'a>(
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
            // A component that is itself a reference is not supported.
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
        let node = pgbeam_spec::read::Node::parse(&yaml, "thing.yaml").unwrap();
        serde_json::from_str(&serde_json::to_string(&node).unwrap()).unwrap()
    }

    #[test]
    fn finds_the_values_of_omitted_fields() {
        let read_backs = find_all(&document(
            "If-Match",
            "{$ref: '#/components/schemas/Thing'}",
        ));
        let read_back = &read_backs["updateThing"];
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
    fn ignores_replacements_that_cannot_be_checked() {
        let thing = "{$ref: '#/components/schemas/Thing'}";
        assert!(find_all(&document("If-None-Match", thing)).is_empty());
        assert!(find_all(&document("If-Match", "{type: object}")).is_empty());
    }
}
