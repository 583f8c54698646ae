//! The state of code generation before progenitor runs: the OpenAPI document, and the data that the
//! normalization passes move out of the document because progenitor cannot express it.

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
    error::{Error, Result, SourceLocation},
    read::Node,
    read::document,
};

/// A bundled API contract, from which code is generated.
///
/// [`Contract::read`] sets `api`, `operations` and `locations`. The passes of [`crate::normalize`] change
/// `api` and `operations`, and fill all other fields.
pub struct Contract {
    /// The document that progenitor reads.
    pub api: OpenAPI,
    /// The operations, in the order of their paths in the document. The operations of one path are in a fixed order
    /// of methods.
    pub operations: Vec<Operation>,
    /// The enumerations of strings, by type name.
    pub enums: BTreeMap<String, OpenEnum>,
    /// The identifier types of path parameters, by type name.
    pub ids: BTreeMap<String, PathId>,
    /// Constraints of the fields of object schemas, by component and JSON field name.
    pub constraints: BTreeMap<String, BTreeMap<String, Vec<Constraint>>>,
    /// Mutually exclusive fields of object schemas, by component.
    pub exclusive_fields: BTreeMap<String, Vec<ExclusiveFields>>,
    /// The type that progenitor uses for a component instead of generating one, by component name.
    pub replacements: BTreeMap<String, Replacement>,
    /// The components that the error responses of an operation reference directly, by operation id. `default`
    /// responses and the component of the problem document (RFC 9457) are left out. Codegen generates types for
    /// the listed components.
    pub error_payloads: BTreeMap<String, BTreeSet<String>>,
    /// Locations in the source files, for error messages.
    pub locations: SourceLocations,
}

/// Locations of operations and components in the source files, for error messages.
#[derive(Default)]
pub struct SourceLocations {
    operations: BTreeMap<String, SourceLocation>,
    schemas: BTreeMap<String, SourceLocation>,
}

impl SourceLocations {
    fn new(bundle: &Node) -> Self {
        let schemas = bundle
            .get_path(&["components", "schemas"])
            .map(Node::entries)
            .unwrap_or_default();
        Self {
            operations: document::operation_locations(bundle),
            schemas: schemas
                .iter()
                .map(|entry| (entry.key.clone(), entry.location.clone()))
                .collect(),
        }
    }

    /// Returns an error with this message at the location of an operation. The error has no location if the
    /// operation is unknown.
    pub fn operation_error(&self, id: &str, message: impl Into<String>) -> Error {
        Error::with_location(self.operations.get(id), message)
    }

    /// Returns an error with this message at the location of a component schema. The error has no location if
    /// the component is unknown.
    pub fn schema_error(&self, name: &str, message: impl Into<String>) -> Error {
        Error::with_location(self.schemas.get(name), message)
    }
}

/// The type that progenitor uses for a component instead of generating one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replacement {
    /// An open enumeration that [`crate::render::enums`] renders.
    Enum,
    /// An identifier type for path parameters, which [`crate::render::ids`] renders.
    Id,
    /// The runtime's redacted `Secret`.
    Secret,
    /// The runtime's `Nullable`: null, or a value of this scalar type.
    Nullable(ScalarType),
}

/// The type of a scalar schema.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ScalarType {
    String,
    DateTime,
    Integer,
    Number,
    Boolean,
}

impl Replacement {
    /// Returns `true` if the type is defined in the runtime.
    pub fn is_runtime_type(self) -> bool {
        matches!(self, Self::Secret | Self::Nullable(_))
    }
}

/// The properties of an operation that [`crate::render`] needs and progenitor does not keep.
///
/// [`Contract::read`] sets most fields. The passes of [`crate::normalize`] set `conditional`, `success`, `content`
/// and the constraints of `parameters`.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    /// The HTTP method, in upper case.
    pub method: String,
    pub path: String,
    /// The area: the first tag of the operation in snake case, or `untagged` if the operation has no tag.
    pub area: String,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub deprecated: bool,
    pub parameters: Vec<OperationParameter>,
    pub body: Option<Body>,
    /// Whether the contract declares a 304 response, which the server sends if `If-None-Match` matches.
    pub conditional: bool,
    /// Whether the server rejects an `Idempotency-Key` with 400 (`x-rejects-idempotency-key`).
    pub rejects_key: bool,
    /// Whether a retry with the same body leaves the server in the same state (`x-idempotent`).
    pub idempotent: bool,
    /// The success responses, in the document's order.
    pub success: Vec<SuccessResponse>,
    /// The kind of content of the success responses.
    pub content: Content,
    /// Whether the operation changes nothing on the server (GET, HEAD or `x-read-only`).
    pub read_only: bool,
    /// How the SDK checks whether a PUT took effect. `None` if [`read_back::find_all`] does not return the
    /// operation, or if the GET of the resource is in another area.
    pub read_back: Option<ReadBack>,
    /// The SDK method (`x-method`). `None` for an operation without `x-method`, whose method is written by hand.
    pub method_path: Option<MethodPath>,
}

impl Operation {
    /// Returns `true` if the contract declares the `Idempotency-Key` header for the operation.
    pub fn declares_key(&self) -> bool {
        self.parameters
            .iter()
            .filter(|parameter| parameter.location == Location::Header)
            .any(|parameter| parameter.name.eq_ignore_ascii_case("Idempotency-Key"))
    }
}

/// A parameter of an operation.
#[derive(Clone, Debug)]
pub struct OperationParameter {
    pub name: String,
    pub location: Location,
    pub required: bool,
    /// Whether the parameter identifies a resource (`x-identifier`).
    pub is_identifier: bool,
    pub description: Option<String>,
    pub constraints: Vec<Constraint>,
}

/// Returns `true` if a parameter identifies a resource (`x-identifier: true`).
pub fn is_identifier(parameter: &ParameterData) -> bool {
    parameter.extensions.get("x-identifier") == Some(&true.into())
}

/// The part of the request that contains a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    Path,
    Query,
    Header,
}

/// A JSON request body.
#[derive(Clone, Debug)]
pub struct Body {
    pub required: bool,
}

/// A success response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccessResponse {
    pub status: u16,
    pub description: String,
    /// The media type of the content. `None` if the response has no content.
    pub media_type: Option<String>,
}

/// The kind of content of an operation's success responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Json,
    /// Content of a media type other than JSON.
    Bytes,
    None,
}

/// An enumeration to which the server may add values at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEnum {
    pub description: String,
    /// The JSON values, each with its description, if it has one.
    pub values: Vec<(String, Option<String>)>,
}

/// An identifier type, such as `ProjectId`: the Rust type of path parameters that identify one kind of
/// resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathId {
    /// The name of the path parameter.
    pub parameter: String,
    pub description: String,
}

/// A constraint on a value that a request sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// The number of characters of a string.
    Length { min: usize, max: Option<usize> },
    /// The range of an integer. Both ends are included.
    Range { min: Option<i64>, max: Option<i64> },
    /// The range of a floating-point number. The number must be finite even if both ends are unbounded.
    Number {
        min: std::ops::Bound<f64>,
        max: std::ops::Bound<f64>,
    },
    /// The number of items of a list.
    Items { min: usize, max: Option<usize> },
    /// A pattern that a string must match.
    Pattern(Pattern),
    /// The maximum number of UTF-8 bytes of a string (`x-max-bytes`).
    MaxBytes(usize),
    /// The string must be valid as an identifier in a path (`x-identifier`).
    Identifier,
    /// Constraints on each item of a list.
    Each(Vec<Constraint>),
    /// Constraints on the string inside a secret.
    Secret(Vec<Constraint>),
    /// Constraints on a value that may be null.
    Nullable(Vec<Constraint>),
}

/// A group of fields of which at most one may be set (`x-at-most-one-of`), or exactly one must be set
/// (`x-exactly-one-of`).
#[derive(Clone, Debug, PartialEq)]
pub struct ExclusiveFields {
    /// The JSON names of the fields.
    pub fields: Vec<String>,
    /// Whether exactly one field must be set.
    pub required: bool,
}

impl Contract {
    /// Reads a bundled API contract.
    ///
    /// # Errors
    ///
    /// The bundle cannot be parsed as an OpenAPI 3.0 document, a path is a reference, a reference to a parameter,
    /// request body or response has no target, a tag cannot name an area, an `x-method` is invalid or used twice,
    /// or an operation has a cookie parameter.
    pub fn read(bundle: &Node) -> Result<Self> {
        let json = serde_json::to_string(bundle).map_err(|error| Error::new(error.to_string()))?;
        let mut api: OpenAPI =
            // The lint has already reported most mismatches with their location.
            serde_json::from_str(&json).map_err(|error| {
                let message = format!("not an OpenAPI 3.0 document: {error}");
                Error::at(&bundle.location, message)
            })?;
        inline(&mut api)?;
        let locations = SourceLocations::new(bundle);
        let operations = read_operations(&api, &locations)?;
        Ok(Self {
            api,
            operations,
            enums: BTreeMap::new(),
            ids: BTreeMap::new(),
            constraints: BTreeMap::new(),
            exclusive_fields: BTreeMap::new(),
            replacements: BTreeMap::new(),
            error_payloads: BTreeMap::new(),
            locations,
        })
    }

    /// Returns the description of an area's tag. Returns a default sentence if the tag has no description.
    pub fn area_description(&self, area: &str) -> String {
        let tag = self
            .api
            .tags
            .iter()
            .find(|tag| tag.name.to_snake_case() == area);
        let description = tag.and_then(|tag| tag.description.clone());
        description.unwrap_or_else(|| format!("Operations of the area `{area}`."))
    }

    /// Returns the description of a handle from the `x-handles` of a tag. Returns a default sentence if no tag
    /// describes the handle.
    pub fn handle_description(&self, handle: &str) -> String {
        let description = |tag: &openapiv3::Tag| {
            Some(
                tag.extensions
                    .get("x-handles")?
                    .get(handle)?
                    .as_str()?
                    .to_owned(),
            )
        };
        let description = self.api.tags.iter().find_map(description);
        description.unwrap_or_else(|| format!("The operations of `{handle}`."))
    }

    /// Makes progenitor use `replacement` as the type of the component `name`. Adds the component if it is
    /// missing. `description` describes the type in error messages.
    ///
    /// # Errors
    ///
    /// The contract has a component of the same name that is not a plain string.
    pub fn add_replacement(
        &mut self,
        name: &str,
        replacement: Replacement,
        description: &str,
    ) -> Result<()> {
        let components = self.api.components.get_or_insert_default();
        let slot = components.schemas.entry(name.to_owned());
        let slot = slot.or_insert_with(|| ReferenceOr::Item(schemas::placeholder()));
        if !schemas::is_plain_string(slot) {
            let message =
                format!("the component `{name}` has the name of {description}: rename it");
            return Err(self.locations.schema_error(name, message));
        }
        self.replacements.insert(name.to_owned(), replacement);
        Ok(())
    }

    /// Returns the names of the component schemas.
    pub fn component_names(&self) -> impl Iterator<Item = &str> {
        let schemas = self
            .api
            .components
            .iter()
            .flat_map(|components| components.schemas.keys());
        schemas.map(String::as_str)
    }
}

fn read_operations(api: &OpenAPI, locations: &SourceLocations) -> Result<Vec<Operation>> {
    let read = |(path, method, operation)| read_operation(path, method, operation, locations);
    let mut operations: Vec<Operation> = api.operations().map(read).collect::<Result<_>>()?;
    for (id, read_back) in read_back::find_all(api) {
        let area = |id: &str| {
            let mut operations = operations.iter();
            Some(&operations.find(|operation| operation.id == id)?.area)
        };
        // The feature of another area can be disabled, so that its operations are missing.
        if area(&id) == area(&read_back.operation)
            && let Some(operation) = operations.iter_mut().find(|operation| operation.id == id)
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
            return Err(locations.operation_error(&operation.id, message));
        }
    }
    Ok(operations)
}

/// The names that an area must not have, because other generated modules have them.
pub const RESERVED_MODULES: [&str; 5] = ["shared", "ids", "types", "builder", "operations"];

fn read_operation(
    path: &str,
    method: &str,
    operation: &openapiv3::Operation,
    locations: &SourceLocations,
) -> Result<Operation> {
    let id = operation.operation_id.clone().unwrap_or_default();
    let tag = operation.tags.first().map_or("untagged", String::as_str);
    let area = tag.to_snake_case();
    let reason = match () {
        () if RESERVED_MODULES.contains(&area.as_str()) => "another generated module has that name",
        () if syn::parse_str::<syn::Ident>(&area).is_err() => {
            "the name is not valid for a Rust module"
        }
        () => "",
    };
    if !reason.is_empty() {
        let message = format!("`{id}`: the tag `{tag}` cannot name an area: {reason}");
        return Err(locations.operation_error(&id, message));
    }
    let mut parameters = Vec::new();
    for parameter in operation.parameters.iter().filter_map(ReferenceOr::as_item) {
        let location = match parameter {
            Parameter::Path { .. } => Location::Path,
            Parameter::Query { .. } => Location::Query,
            Parameter::Header { .. } => Location::Header,
            Parameter::Cookie { .. } => {
                let message = format!("`{id}`: cookie parameters are not supported");
                return Err(locations.operation_error(&id, message));
            }
        };
        let data = parameter.parameter_data_ref();
        parameters.push(OperationParameter {
            name: data.name.clone(),
            location,
            required: data.required,
            is_identifier: is_identifier(data),
            description: data.description.clone(),
            constraints: Vec::new(),
        });
    }
    let path_parameters = parameters
        .iter()
        .filter(|parameter| parameter.location == Location::Path);
    let path_parameters: Vec<&str> = path_parameters
        .map(|parameter| parameter.name.as_str())
        .collect();
    let method_path = operation.extensions.get("x-method");
    let method_path = method_path.and_then(|value| value.as_str()).map(|value| {
        MethodPath::parse(value, &path_parameters).map_err(|reason| {
            locations.operation_error(&id, format!("`{id}`: `x-method: {value}`: {reason}"))
        })
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
