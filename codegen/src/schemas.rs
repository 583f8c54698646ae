//! Walks over the schemas of a document, and small questions about one of them.

use heck::ToPascalCase;
use openapiv3::{
    AdditionalProperties, OpenAPI, Operation, ParameterSchemaOrContent, PathItem, ReferenceOr,
    Schema, SchemaKind, Type,
};

/// What a walk does with a schema; the text suggests a type name for it.
pub type Visit<'a> = dyn FnMut(&mut Schema, &str) + 'a;

/// The operations of a document, in its order.
pub fn operations_mut(api: &mut OpenAPI) -> impl Iterator<Item = &mut Operation> {
    let items = api.paths.paths.values_mut().filter_map(|item| match item {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { .. } => None,
    });
    items.flat_map(item_operations_mut)
}

/// The operations of a path.
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

/// Takes all operations but one out of a path.
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

/// Visits every schema of the document, inner ones before those that hold them.
pub fn visit(api: &mut OpenAPI, visit: &mut Visit<'_>) {
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

fn visit_slot(slot: &mut ReferenceOr<Schema>, name: &str, visit: &mut Visit<'_>) {
    if let ReferenceOr::Item(schema) = slot {
        visit_schema(schema, name, visit);
    }
}

fn visit_boxed(slot: &mut ReferenceOr<Box<Schema>>, name: &str, visit: &mut Visit<'_>) {
    if let ReferenceOr::Item(schema) = slot {
        visit_schema(schema, name, visit);
    }
}

/// Visits a schema and all that is written inside it.
pub fn visit_schema(schema: &mut Schema, name: &str, visit: &mut Visit<'_>) {
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
        // Lint allows no other composition.
        SchemaKind::AllOf { all_of } => {
            all_of
                .iter_mut()
                .for_each(|slot| visit_slot(slot, name, visit));
        }
        _ => {}
    }
    visit(schema, name);
}

/// The common part of a parameter, wherever it is sent.
pub fn parameter_data_mut(parameter: &mut openapiv3::Parameter) -> &mut openapiv3::ParameterData {
    use openapiv3::Parameter::{Cookie, Header, Path, Query};
    match parameter {
        Query { parameter_data, .. }
        | Header { parameter_data, .. }
        | Path { parameter_data, .. }
        | Cookie { parameter_data, .. } => parameter_data,
    }
}

/// Makes a schema stand for a component, keeping what describes it where it stands.
pub fn refer(schema: &mut Schema, component: &str) {
    schema.schema_kind = SchemaKind::AllOf {
        all_of: vec![ReferenceOr::Reference {
            reference: format!("#/components/schemas/{component}"),
        }],
    };
    schema.schema_data.default = None;
    schema.schema_data.example = None;
    schema.schema_data.title = None;
}

/// A schema for which another type will stand, so that its own does not matter.
pub fn placeholder() -> Schema {
    Schema {
        schema_data: Default::default(),
        schema_kind: SchemaKind::Type(Type::String(Default::default())),
    }
}

/// The component that a reference names.
pub fn component_of(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/")
}

/// Whether a component is a text without values of its own, for which another type can stand.
pub fn is_plain_text(slot: &ReferenceOr<Schema>) -> bool {
    match slot {
        ReferenceOr::Item(schema) => {
            matches!(&schema.schema_kind, SchemaKind::Type(Type::String(of)) if of.enumeration.is_empty())
        }
        ReferenceOr::Reference { .. } => false,
    }
}
