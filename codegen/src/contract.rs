//! The contract while it is being normalised: the document, and what the passes take out of it
//! because the generator cannot express it.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use openapiv3::{OpenAPI, Parameter, ReferenceOr, StatusCode};

use crate::{
    error::{Error, Result},
    pattern::Pattern,
    schemas,
    source::Node,
};

/// A contract between bundling and generating.
pub struct Contract {
    /// The document that the generator will read.
    pub api: OpenAPI,
    /// The operations, in the document's order.
    pub operations: Vec<Operation>,
    /// Enumerations, by type name.
    pub enums: BTreeMap<String, OpenEnum>,
    /// Identifier types of path parameters, by type name.
    pub ids: BTreeMap<String, PathId>,
    /// Bounds of the fields of object schemas: component, then field on the wire.
    pub bounds: BTreeMap<String, BTreeMap<String, Vec<Bound>>>,
    /// Schemas that the generator is told to replace by a type that it does not make.
    pub replacements: BTreeMap<String, Replacement>,
    /// Components that only error answers reach, whose types are still wanted.
    pub error_payloads: BTreeSet<String>,
}

/// The type that stands in place of a component.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replacement {
    /// An open enumeration, made by us.
    Enum,
    /// A path identifier, made by us.
    Id,
    /// The runtime's redacted secret.
    Secret,
}

/// What the generated code needs to know of an operation beyond what the generator makes of it.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    /// The tag in snake case.
    pub area: String,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub deprecated: bool,
    pub parameters: Vec<ParameterPlan>,
    pub body: Option<Body>,
    /// Whether it answers 304 to `If-None-Match`.
    pub conditional: bool,
    /// Whether it answers 400 to an `Idempotency-Key`.
    pub refuses_key: bool,
}

/// A parameter of an operation.
#[derive(Clone, Debug)]
pub struct ParameterPlan {
    pub name: String,
    pub location: Location,
    pub required: bool,
    pub description: Option<String>,
    pub bounds: Vec<Bound>,
}

/// Where a parameter is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    Path,
    Query,
    Header,
}

/// The JSON body of a request.
#[derive(Clone, Debug)]
pub struct Body {
    pub required: bool,
}

/// An enumeration to which values may be added at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEnum {
    pub description: String,
    /// Values on the wire and what they mean.
    pub values: Vec<(String, Option<String>)>,
}

/// The identifier of a resource in paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathId {
    /// The parameter's name on the wire.
    pub parameter: String,
    pub description: String,
}

/// A bound that holds for what is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    Length {
        least: usize,
        most: Option<usize>,
    },
    Range {
        least: Option<i64>,
        most: Option<i64>,
    },
    Items {
        least: usize,
        most: Option<usize>,
    },
    Matches(Pattern),
    /// Of every item of a list.
    Each(Vec<Bound>),
}

impl Contract {
    /// Reads a bundle.
    pub fn read(bundle: &Node) -> Result<Self> {
        let json = serde_json::to_string(bundle).map_err(|error| Error::new(error.to_string()))?;
        let mut api: OpenAPI = serde_json::from_str(&json).map_err(|error| {
            Error::at(&bundle.place, format!("not an OpenAPI 3.0 document: {error}"))
        })?;
        inline(&mut api)?;
        let operations = operations(&api)?;
        Ok(Self {
            api,
            operations,
            enums: BTreeMap::new(),
            ids: BTreeMap::new(),
            bounds: BTreeMap::new(),
            replacements: BTreeMap::new(),
            error_payloads: BTreeSet::new(),
        })
    }

    /// The plan of the operation `id`.
    pub fn operation_mut(&mut self, id: &str) -> Option<&mut Operation> {
        self.operations.iter_mut().find(|operation| operation.id == id)
    }
}

/// Puts shared parameters, bodies and answers where they are used, so that a pass that changes one
/// need not follow references, and moves the parameters of a path to its operations.
fn inline(api: &mut OpenAPI) -> Result<()> {
    let components = api.components.clone().unwrap_or_default();
    let missing = |reference: &str| Error::new(format!("`{reference}` leads nowhere"));
    let name = |reference: &str| reference.rsplit('/').next().unwrap_or_default().to_owned();
    for item in api.paths.paths.values_mut() {
        let ReferenceOr::Item(item) = item else {
            return Err(Error::new("a path that is a reference is not supported"));
        };
        let shared = std::mem::take(&mut item.parameters);
        for operation in schemas::item_operations_mut(item) {
            operation.parameters.splice(0..0, shared.iter().cloned());
        }
    }
    for operation in schemas::operations_mut(api) {
        for slot in &mut operation.parameters {
            if let ReferenceOr::Reference { reference } = slot {
                let found = components.parameters.get(&name(reference));
                *slot = found.cloned().ok_or_else(|| missing(reference))?;
            }
        }
        if let Some(slot) = &mut operation.request_body
            && let ReferenceOr::Reference { reference } = slot
        {
            let found = components.request_bodies.get(&name(reference));
            *slot = found.cloned().ok_or_else(|| missing(reference))?;
        }
        for slot in operation.responses.responses.values_mut() {
            if let ReferenceOr::Reference { reference } = slot {
                let found = components.responses.get(&name(reference));
                *slot = found.cloned().ok_or_else(|| missing(reference))?;
            }
        }
    }
    if let Some(components) = &mut api.components {
        components.parameters.clear();
        components.request_bodies.clear();
        components.responses.clear();
        components.headers.clear();
    }
    Ok(())
}

fn operations(api: &OpenAPI) -> Result<Vec<Operation>> {
    api.operations().map(|(path, method, operation)| plan(path, method, operation)).collect()
}

fn plan(path: &str, method: &str, operation: &openapiv3::Operation) -> Result<Operation> {
    let id = operation.operation_id.clone().unwrap_or_default();
    let tag = operation.tags.first().map_or("untagged", String::as_str);
    let mut parameters = Vec::new();
    for parameter in operation.parameters.iter().filter_map(ReferenceOr::as_item) {
        let location = match parameter {
            Parameter::Path { .. } => Location::Path,
            Parameter::Query { .. } => Location::Query,
            Parameter::Header { .. } => Location::Header,
            Parameter::Cookie { .. } => {
                return Err(Error::new(format!("`{id}`: cookie parameters are not supported")));
            }
        };
        let data = parameter.parameter_data_ref();
        parameters.push(ParameterPlan {
            name: data.name.clone(),
            location,
            required: data.required,
            description: data.description.clone(),
            bounds: Vec::new(),
        });
    }
    let body = operation.request_body.as_ref().and_then(ReferenceOr::as_item);
    let flag = |name: &str| {
        operation.extensions.get(name).is_some_and(|value| value == &serde_json::json!(true))
    };
    Ok(Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        area: tag.to_snake_case(),
        summary: operation.summary.clone(),
        description: operation.description.clone(),
        deprecated: operation.deprecated,
        parameters,
        body: body.map(|body| Body { required: body.required }),
        conditional: false,
        refuses_key: flag("x-refuses-idempotency-key"),
        id,
    })
}

/// Whether a status is one of success.
pub fn is_success(status: &StatusCode) -> bool {
    matches!(status, StatusCode::Code(200..=299) | StatusCode::Range(2))
}
