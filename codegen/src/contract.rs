//! The contract while it is being normalised: the document, and what the passes take out of it
//! because the generator cannot express it.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use openapiv3::{OpenAPI, Parameter, ParameterData, ReferenceOr};

use crate::{
    inline::inline,
    method_path::MethodPath,
    pattern::Pattern,
    read_back::{self, ReadBack},
    schemas,
};
use pgbeam_spec::{
    error::{Error, Place, Result},
    read::Node,
    read::document,
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
    /// Fields of object schemas that exclude each other, by component.
    pub exclusive: BTreeMap<String, Vec<Exclusive>>,
    /// Schemas that the generator is told to replace by a type that it does not make.
    pub replacements: BTreeMap<String, Replacement>,
    /// Components that error answers hold, whose types are still wanted, by operation.
    pub error_payloads: BTreeMap<String, BTreeSet<String>>,
    /// Where things stand in the source.
    pub places: Places,
}

/// Where operations and components stand in the source, for messages.
#[derive(Default)]
pub struct Places {
    operations: BTreeMap<String, Place>,
    schemas: BTreeMap<String, Place>,
}

impl Places {
    fn of(bundle: &Node) -> Self {
        let schemas = bundle
            .at(&["components", "schemas"])
            .map(Node::entries)
            .unwrap_or_default();
        Self {
            operations: document::operation_places(bundle),
            schemas: schemas
                .iter()
                .map(|of| (of.key.clone(), of.place.clone()))
                .collect(),
        }
    }

    /// A fault of an operation.
    pub fn at_operation(&self, id: &str, message: impl Into<String>) -> Error {
        Error::placed(self.operations.get(id), message)
    }

    /// A fault of a schema among the components.
    pub fn at_schema(&self, name: &str, message: impl Into<String>) -> Error {
        Error::placed(self.schemas.get(name), message)
    }
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
    /// The runtime's type for what may be sent as null.
    Nullable(Plain),
}

/// A type of the language.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Plain {
    Text,
    /// A point in time.
    Time,
    Integer,
    Number,
    Boolean,
}

impl Replacement {
    /// Whether it is a type of the runtime, and so of no area.
    pub fn is_of_the_runtime(self) -> bool {
        matches!(self, Self::Secret | Self::Nullable(_))
    }
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
    pub rejects_key: bool,
    /// Whether the same body again leaves the same state (`x-idempotent`).
    pub idempotent: bool,
    /// Its answers of success, in the document's order.
    pub success: Vec<Success>,
    /// What its answers of success hold.
    pub content: Content,
    /// Whether it changes nothing on the server.
    pub read_only: bool,
    /// How to tell whether it took effect, where it is a replacement that can be read back.
    pub read_back: Option<ReadBack>,
    /// Where the SDK has it (`x-method`); absent where that is written by hand.
    pub method_path: Option<MethodPath>,
}

impl Operation {
    /// Returns `true` if the contract declares the `Idempotency-Key` header.
    pub fn declares_key(&self) -> bool {
        self.parameters
            .iter()
            .filter(|of| of.location == Location::Header)
            .any(|of| of.name.eq_ignore_ascii_case("Idempotency-Key"))
    }
}

/// A parameter of an operation.
#[derive(Clone, Debug)]
pub struct ParameterPlan {
    pub name: String,
    pub location: Location,
    pub required: bool,
    pub identifier: bool,
    pub description: Option<String>,
    pub bounds: Vec<Bound>,
}

/// Whether a parameter of a path names a resource (`x-identifier`).
pub fn is_identifier(parameter: &ParameterData) -> bool {
    parameter.extensions.get("x-identifier") == Some(&true.into())
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

/// An answer of success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Success {
    pub status: u16,
    pub description: String,
    /// What it holds, if it holds anything.
    pub media: Option<String>,
}

/// What the answers of success of an operation hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Json,
    /// Of a media type other than JSON.
    Bytes,
    None,
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
    /// Of a number that need not be whole. Without bounds it still has to be finite.
    Number {
        least: std::ops::Bound<f64>,
        most: std::ops::Bound<f64>,
    },
    Items {
        least: usize,
        most: Option<usize>,
    },
    Matches(Pattern),
    /// The most bytes of a string in UTF-8 (`x-max-bytes`).
    Bytes(usize),
    /// An identifier as it stands in paths (`x-identifier`).
    Identifier,
    /// Of every item of a list.
    Each(Vec<Bound>),
    /// Of the text inside a secret.
    Secret(Vec<Bound>),
    /// Of a value that may be null.
    Nullable(Vec<Bound>),
}

/// Fields of which at most one may be set (`x-at-most-one-of`), or exactly one
/// (`x-exactly-one-of`).
#[derive(Clone, Debug, PartialEq)]
pub struct Exclusive {
    pub fields: Vec<String>,
    pub required: bool,
}

impl Contract {
    /// Reads a bundle.
    pub fn read(bundle: &Node) -> Result<Self> {
        let json = serde_json::to_string(bundle).map_err(|error| Error::new(error.to_string()))?;
        let mut api: OpenAPI =
            // Lint has found most of what does not fit, with its place.
            serde_json::from_str(&json).map_err(|error| {
                let message = format!("not an OpenAPI 3.0 document: {error}");
                Error::at(&bundle.place, message)
            })?;
        inline(&mut api)?;
        let places = Places::of(bundle);
        let operations = operations(&api, &places)?;
        Ok(Self {
            api,
            operations,
            enums: BTreeMap::new(),
            ids: BTreeMap::new(),
            bounds: BTreeMap::new(),
            exclusive: BTreeMap::new(),
            replacements: BTreeMap::new(),
            error_payloads: BTreeMap::new(),
            places,
        })
    }

    /// What the contract says of an area.
    pub fn area_description(&self, area: &str) -> String {
        let tag = self
            .api
            .tags
            .iter()
            .find(|tag| tag.name.to_snake_case() == area);
        let text = tag.and_then(|tag| tag.description.clone());
        text.unwrap_or_else(|| format!("The area `{area}`."))
    }

    /// What the contract says of a handle (`x-handles` of its tag).
    pub fn handle_description(&self, handle: &str) -> String {
        let text = |tag: &openapiv3::Tag| {
            Some(
                tag.extensions
                    .get("x-handles")?
                    .get(handle)?
                    .as_str()?
                    .to_owned(),
            )
        };
        let text = self.api.tags.iter().find_map(text);
        text.unwrap_or_else(|| format!("The operations of `{handle}`."))
    }

    /// Makes a component that the generator replaces by a type which it does not make.
    ///
    /// # Errors
    ///
    /// If there is another component of that name.
    pub fn replace(&mut self, name: &str, by: Replacement, what: &str) -> Result<()> {
        let components = self.api.components.get_or_insert_default();
        let slot = components.schemas.entry(name.to_owned());
        let slot = slot.or_insert_with(|| ReferenceOr::Item(schemas::placeholder()));
        if !schemas::is_plain_text(slot) {
            let message = format!("`{name}` is the name of {what}, too");
            return Err(self.places.at_schema(name, message));
        }
        self.replacements.insert(name.to_owned(), by);
        Ok(())
    }

    /// The names of the schemas among the components.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        let schemas = self
            .api
            .components
            .iter()
            .flat_map(|components| components.schemas.keys());
        schemas.map(String::as_str)
    }
}

fn operations(api: &OpenAPI, places: &Places) -> Result<Vec<Operation>> {
    let plan = |(path, method, operation)| plan(path, method, operation, places);
    let mut operations: Vec<Operation> = api.operations().map(plan).collect::<Result<_>>()?;
    for (id, read_back) in read_back::all(api) {
        let area = |id: &str| Some(&operations.iter().find(|one| one.id == id)?.area);
        // The table of an area names nothing of another.
        if area(&id) == area(&read_back.operation)
            && let Some(operation) = operations.iter_mut().find(|one| one.id == id)
        {
            operation.read_back = Some(read_back);
        }
    }
    let mut taken = BTreeMap::new();
    for operation in &operations {
        let Some(path) = &operation.method_path else {
            continue;
        };
        if let Some(first) = taken.insert(path, &operation.id) {
            let message = format!("`{}` and `{first}` have the same `x-method`", operation.id);
            return Err(places.at_operation(&operation.id, message));
        }
    }
    Ok(operations)
}

/// Modules of generated code that are no areas.
pub const TAKEN: [&str; 5] = ["shared", "ids", "types", "builder", "operations"];

fn plan(
    path: &str,
    method: &str,
    operation: &openapiv3::Operation,
    places: &Places,
) -> Result<Operation> {
    let id = operation.operation_id.clone().unwrap_or_default();
    let tag = operation.tags.first().map_or("untagged", String::as_str);
    let area = tag.to_snake_case();
    let why = match () {
        () if TAKEN.contains(&area.as_str()) => "it is the name of another module",
        () if syn::parse_str::<syn::Ident>(&area).is_err() => "Rust admits no module of that name",
        () => "",
    };
    if !why.is_empty() {
        let message = format!("`{id}`: the tag `{tag}` can be no area: {why}");
        return Err(places.at_operation(&id, message));
    }
    let mut parameters = Vec::new();
    for parameter in operation.parameters.iter().filter_map(ReferenceOr::as_item) {
        let location = match parameter {
            Parameter::Path { .. } => Location::Path,
            Parameter::Query { .. } => Location::Query,
            Parameter::Header { .. } => Location::Header,
            Parameter::Cookie { .. } => {
                let message = format!("`{id}`: cookie parameters are not supported");
                return Err(places.at_operation(&id, message));
            }
        };
        let data = parameter.parameter_data_ref();
        parameters.push(ParameterPlan {
            name: data.name.clone(),
            location,
            required: data.required,
            identifier: is_identifier(data),
            description: data.description.clone(),
            bounds: Vec::new(),
        });
    }
    let in_path = parameters.iter().filter(|of| of.location == Location::Path);
    let in_path: Vec<&str> = in_path.map(|of| of.name.as_str()).collect();
    let method_path = operation.extensions.get("x-method");
    let method_path = method_path.and_then(|text| text.as_str()).map(|text| {
        MethodPath::parse(text, &in_path)
            .map_err(|why| places.at_operation(&id, format!("`{id}`: `x-method: {text}`: {why}")))
    });
    let method_path = method_path.transpose()?;
    let body = operation
        .request_body
        .as_ref()
        .and_then(ReferenceOr::as_item);
    let flag = |name: &str| {
        operation
            .extensions
            .get(name)
            .is_some_and(|value| value == &serde_json::json!(true))
    };
    Ok(Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        area,
        summary: operation.summary.clone(),
        description: operation.description.clone(),
        deprecated: operation.deprecated,
        parameters,
        body: body.map(|body| Body {
            required: body.required,
        }),
        conditional: false,
        rejects_key: flag("x-rejects-idempotency-key"),
        idempotent: flag("x-idempotent"),
        success: Vec::new(),
        content: Content::None,
        read_only: matches!(method, "get" | "head") || flag("x-read-only"),
        read_back: None,
        method_path,
        id,
    })
}
