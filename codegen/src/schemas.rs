//! Visits, inspects and replaces the schemas of an OpenAPI document.

use heck::ToPascalCase;
use openapiv3::{
    AdditionalProperties, OpenAPI, Operation, ParameterSchemaOrContent, PathItem, ReferenceOr,
    Schema, SchemaKind, Type,
};

/// A function that [`visit`] calls with each schema and a suggested name for the schema's Rust type.
pub type Visitor<'a> = dyn FnMut(&mut Schema, &str) + 'a;

/// Returns the operations of a document. The paths are in the order of the document, and the operations of one
/// path in a fixed order of methods.
pub fn operations_mut(api: &mut OpenAPI) -> impl Iterator<Item = &mut Operation> {
    let items = api.paths.paths.values_mut().filter_map(|item| match item {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { .. } => None,
    });
    items.flat_map(item_operations_mut)
}

/// Returns the operations of a path, in a fixed order of methods.
pub fn item_operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    item_slots_mut(item).into_iter().flatten()
}

fn item_slots_mut(item: &mut PathItem) -> [&mut Option<Operation>; 8] {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.options,
        &mut item.head,
        &mut item.patch,
        &mut item.trace,
    ]
}

/// Removes all operations from a path except the one with this id.
pub fn retain_operation(item: &mut PathItem, id: &str) {
    for slot in item_slots_mut(item) {
        if slot
            .as_ref()
            .is_some_and(|operation| operation.operation_id.as_deref() != Some(id))
        {
            *slot = None;
        }
    }
}

/// Calls the function `visit` with every schema in the operations of a document, then with every schema in its
/// components. An inner schema is visited before the schema that contains it. Skips references, `default`
/// responses and response headers.
pub fn visit(api: &mut OpenAPI, visit: &mut Visitor<'_>) {
    for operation in operations_mut(api) {
        let id = operation
            .operation_id
            .clone()
            .unwrap_or_default()
            .to_pascal_case();
        for parameter in &mut operation.parameters {
            if let ReferenceOr::Item(parameter) = parameter {
                let data = parameter_data_mut(parameter);
                let name = format!("{id}{}", data.name.to_pascal_case());
                if let ParameterSchemaOrContent::Schema(schema) = &mut data.format {
                    visit_slot(schema, &name, visit);
                }
            }
        }
        if let Some(ReferenceOr::Item(body)) = &mut operation.request_body {
            for media in body.content.values_mut() {
                media
                    .schema
                    .iter_mut()
                    .for_each(|schema| visit_slot(schema, &format!("{id}Body"), visit));
            }
        }
        for response in operation.responses.responses.values_mut() {
            if let ReferenceOr::Item(response) = response {
                for media in response.content.values_mut() {
                    let name = format!("{id}Response");
                    media
                        .schema
                        .iter_mut()
                        .for_each(|schema| visit_slot(schema, &name, visit));
                }
            }
        }
    }
    if let Some(components) = &mut api.components {
        for (name, schema) in &mut components.schemas {
            visit_slot(schema, &name.to_pascal_case(), visit);
        }
    }
}

fn visit_slot(slot: &mut ReferenceOr<Schema>, name: &str, visit: &mut Visitor<'_>) {
    if let ReferenceOr::Item(schema) = slot {
        visit_schema(schema, name, visit);
    }
}

fn visit_boxed(slot: &mut ReferenceOr<Box<Schema>>, name: &str, visit: &mut Visitor<'_>) {
    if let ReferenceOr::Item(schema) = slot {
        visit_schema(schema, name, visit);
    }
}

/// Calls `visit` with every inline schema inside `schema`, innermost first, then with `schema` itself. `name` is the
/// suggested type name of `schema`. The type names of the inline schemas start with `name`.
pub fn visit_schema(schema: &mut Schema, name: &str, visit: &mut Visitor<'_>) {
    match &mut schema.schema_kind {
        SchemaKind::Type(Type::Object(object)) => {
            for (property, slot) in &mut object.properties {
                visit_boxed(slot, &format!("{name}{}", property.to_pascal_case()), visit);
            }
            if let Some(AdditionalProperties::Schema(slot)) = &mut object.additional_properties {
                visit_slot(slot, &format!("{name}Value"), visit);
            }
        }
        SchemaKind::Type(Type::Array(array)) => {
            array
                .items
                .iter_mut()
                .for_each(|slot| visit_boxed(slot, &format!("{name}Item"), visit));
        }
        // The lint rejects other compositions.
        SchemaKind::AllOf { all_of } => {
            all_of
                .iter_mut()
                .for_each(|slot| visit_slot(slot, name, visit));
        }
        _ => {}
    }
    visit(schema, name);
}

/// Returns the data that path, query, header and cookie parameters have in common.
pub fn parameter_data_mut(parameter: &mut openapiv3::Parameter) -> &mut openapiv3::ParameterData {
    use openapiv3::Parameter::{Cookie, Header, Path, Query};
    match parameter {
        Query { parameter_data, .. }
        | Header { parameter_data, .. }
        | Path { parameter_data, .. }
        | Cookie { parameter_data, .. } => parameter_data,
    }
}

/// Replaces the content of a schema with a reference to a component: an `allOf` with one item. The schema keeps
/// its description, extensions and `nullable`, and loses its default, example and title.
pub fn replace_with_reference(schema: &mut Schema, component: &str) {
    schema.schema_kind = SchemaKind::AllOf {
        all_of: vec![ReferenceOr::Reference {
            reference: format!("#/components/schemas/{component}"),
        }],
    };
    schema.schema_data.default = None;
    schema.schema_data.example = None;
    schema.schema_data.title = None;
}

/// Returns a plain string schema. A component has this schema if progenitor generates no type for the component but
/// uses a [`Replacement`](crate::contract::Replacement).
pub fn placeholder() -> Schema {
    Schema {
        schema_data: Default::default(),
        schema_kind: SchemaKind::Type(Type::String(Default::default())),
    }
}

/// Returns the name in a reference to a component schema. `None` for any other reference.
pub fn component_name(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/")
}

/// Returns `true` if a component is a string without enumerated values.
pub fn is_plain_string(slot: &ReferenceOr<Schema>) -> bool {
    match slot {
        ReferenceOr::Item(schema) => {
            matches!(&schema.schema_kind, SchemaKind::Type(Type::String(string)) if string.enumeration.is_empty())
        }
        ReferenceOr::Reference { .. } => false,
    }
}
