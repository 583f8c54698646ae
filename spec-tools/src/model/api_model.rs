//! The types of the API model: the requests that a contract accepts and the responses that it
//! promises.
//!
//! In the model, references are resolved, `allOf`s are merged, and descriptions are dropped. A
//! component schema and an equal inline schema differ only in their component name, label and Rust
//! type name.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Number, Value};

/// The API model of one contract.
#[derive(Default)]
pub struct ApiModel {
    /// The base URLs, without a trailing slash.
    pub servers: BTreeSet<String>,
    pub operations: Vec<Operation>,
    pub schemas: Vec<Schema>,
}

/// An operation of the contract: one method of one path.
pub struct Operation {
    /// The `operationId`. If there is none, the method and path, such as `GET /v1/projects`.
    pub id: String,
    /// The method in upper case, such as `GET`.
    pub method: String,
    pub path: String,
    /// The first tag, which is the area of the operation in the SDK. `None` if there is no tag.
    pub area: Option<String>,
    /// The SDK method, from `x-method`, such as `organization.members.list`. `None` if the contract
    /// sets none.
    pub method_path: Option<String>,
    pub deprecated: bool,
    /// `true` if the operation responds with 400 to a request with an `Idempotency-Key` header
    /// (`x-rejects-idempotency-key`).
    pub rejects_key: bool,
    /// The alternatives of the operation's `security` or, if the operation sets none, of the
    /// document's `security`. A request must satisfy one of them.
    pub security: BTreeSet<SecurityRequirement>,
    pub parameters: BTreeMap<ParameterKey, Parameter>,
    pub body: Option<Body>,
    /// The responses by status. A key is the status in the document, such as `200` or `default`.
    pub responses: BTreeMap<String, Response>,
}

/// One alternative of `security`: the schemes that a request must satisfy together. Both fields are
/// empty if the alternative requires no credential.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecurityRequirement {
    /// The name of each scheme, followed by its scopes. The schemes are joined with ` with `.
    pub name: String,
    /// The definition of each scheme as JSON, followed by its scopes. The schemes are joined with
    /// ` with `. For a scheme without a definition, the string contains the name of the scheme.
    /// Contracts are compared by this string, so a renamed scheme is no change.
    pub definition: String,
}

/// Identifies a parameter within an operation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterKey {
    /// The value of `in`: `path`, `query`, `header` or `cookie`.
    pub location: String,
    /// The parameter name. The name of a header is in lower case.
    pub name: String,
}

/// A parameter of an operation or of its path.
pub struct Parameter {
    /// The name with the letter case of the document.
    pub name: String,
    pub required: bool,
    pub deprecated: bool,
    /// How the value is serialized: `style`, `explode`, `allowReserved` and the media type of
    /// `content`. Empty if the document sets none of them.
    pub encoding: String,
    pub schema: SchemaUse,
}

/// The schemas of a body or response. The keys are media types in lower case, without parameters
/// such as `charset`. The value is `None` for a media type without a schema.
pub type Media = BTreeMap<String, Option<SchemaUse>>;

/// The request body of an operation.
pub struct Body {
    pub required: bool,
    pub media: Media,
}

/// The headers and content of an operation's response with one status.
#[derive(Default)]
pub struct Response {
    /// The headers. The keys are their names in lower case.
    pub headers: BTreeMap<String, Header>,
    pub media: Media,
}

/// A header of a response.
pub struct Header {
    /// The name with the letter case of the document.
    pub name: String,
    pub required: bool,
    pub deprecated: bool,
    pub schema: Option<SchemaUse>,
}

/// An index into [`ApiModel::schemas`].
pub type SchemaId = usize;

/// A place that uses a schema, such as a field or a body: the schema, and the attributes that are
/// set at this place.
#[derive(Clone, Default)]
pub struct SchemaUse {
    pub schema: SchemaId,
    pub attributes: Attributes,
}

/// Attributes that can be set in a schema and at the place that uses it. `None` means not set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    pub nullable: Option<bool>,
    pub default: Option<Value>,
    pub deprecated: Option<bool>,
    pub read_only: Option<bool>,
    pub write_only: Option<bool>,
    pub secret: Option<bool>,
}

impl Attributes {
    /// Combines the attributes of a place that uses a schema (`self`) with the attributes of the
    /// schema (`inner`).
    ///
    /// An attribute that `self` sets overrides the same attribute of `inner`. `nullable` is an
    /// exception: the result is `Some(true)` if `nullable` is true in `self` or `inner`, and `None`
    /// if not.
    pub fn merge_over(&self, inner: &Self) -> Self {
        let null = self.nullable == Some(true) || inner.nullable == Some(true);
        Self {
            nullable: null.then_some(true),
            default: self.default.clone().or_else(|| inner.default.clone()),
            deprecated: self.deprecated.or(inner.deprecated),
            read_only: self.read_only.or(inner.read_only),
            write_only: self.write_only.or(inner.write_only),
            secret: self.secret.or(inner.secret),
        }
    }
}

/// A schema: the values that it allows, its attributes, and its names.
#[derive(Default)]
pub struct Schema {
    /// The name of the component schema; `None` for an inline schema.
    pub component: Option<String>,
    /// The name in reports: the `x-enum` name, else the component name, else the place of the
    /// inline schema, such as `Policy.rules[]` or ``the body of `createPolicy` ``.
    pub label: String,
    /// The name of the Rust type that codegen generates. `None` for schemas without a generated
    /// type, such as plain strings and arrays.
    pub rust_name: Option<String>,
    /// The value of `x-enum`, which names the Rust type of an enumeration. Enumerations with the
    /// same name share one type.
    pub enum_name: Option<String>,
    pub attributes: Attributes,
    /// The `type`. If there is none, the type that the other keywords imply, or `any`. Different
    /// types of the parts of an `allOf` are joined with ` and `.
    pub kind: String,
    pub format: Option<String>,
    /// The allowed values of an `enum`, without null. `None` if the schema has no `enum`.
    pub values: Option<Vec<Value>>,
    /// The limits by keyword, such as `minLength`. `uniqueItems: true` has the limit 1.
    pub constraints: BTreeMap<&'static str, Limit>,
    pub patterns: BTreeSet<String>,
    pub fields: BTreeMap<String, SchemaUse>,
    pub required: BTreeSet<String>,
    pub additional: AdditionalProperties,
    pub items: Option<SchemaUse>,
    /// The variants: one list for each `oneOf` and `anyOf`.
    pub choices: Vec<Vec<SchemaUse>>,
    /// The schema of each `not`, as JSON without descriptions.
    pub excluded: Vec<Value>,
}

/// The limit that a constraint, such as `maximum`, sets.
#[derive(Clone, PartialEq, Debug)]
pub struct Limit {
    pub value: Number,
    /// `true` if the value must not equal the limit (`exclusiveMinimum`, `exclusiveMaximum`).
    pub exclusive: bool,
}

impl Limit {
    /// Orders two limits by their numbers. Ignores `exclusive`.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (as_i128(&self.value), as_i128(&other.value)) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => {
                let as_f64 = |number: &Number| number.as_f64().unwrap_or_default();
                as_f64(&self.value).total_cmp(&as_f64(&other.value))
            }
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)?;
        if self.exclusive {
            f.write_str(" (exclusive)")
        } else {
            Ok(())
        }
    }
}

fn as_i128(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// The fields that an object allows in addition to the declared fields (`additionalProperties`).
#[derive(Clone, Default)]
pub enum AdditionalProperties {
    #[default]
    Any,
    Forbidden,
    /// Any field whose value matches this schema.
    Typed(SchemaUse),
}

impl ApiModel {
    /// Returns the schema that a place uses.
    pub fn schema(&self, usage: &SchemaUse) -> &Schema {
        &self.schemas[usage.schema]
    }

    /// Returns the attributes of a place that uses a schema. [`Attributes::merge_over`] combines them
    /// with the attributes of the schema.
    pub fn attributes(&self, usage: &SchemaUse) -> Attributes {
        let schema = self.schema(usage);
        usage.attributes.merge_over(&schema.attributes)
    }

    /// Returns the type name for reports, such as `MaskingRule` or `array of MaskingRule`. The
    /// comparison also uses this name to find rename candidates and to match variants.
    pub fn type_name(&self, usage: &SchemaUse) -> String {
        let schema = self.schema(usage);
        let container =
            |kind: &str, inner: &SchemaUse| format!("{kind} of {}", self.type_name(inner));
        if let Some(name) = schema.component.as_ref().or(schema.rust_name.as_ref()) {
            return name.clone();
        }
        match (&schema.items, &schema.additional) {
            (Some(items), _) => container(&schema.kind, items),
            (None, AdditionalProperties::Typed(values)) => container("map", values),
            (None, _) => schema.type_and_format(),
        }
    }
}

impl Schema {
    /// Returns the type and, in parentheses, the format, such as `string (date-time)`.
    pub fn type_and_format(&self) -> String {
        match &self.format {
            Some(format) => format!("{} ({format})", self.kind),
            None => self.kind.clone(),
        }
    }

    /// Returns `true` for a string schema with `enum`. Codegen generates a Rust enum for the schema.
    pub fn is_enumeration(&self) -> bool {
        self.kind == "string" && self.values.is_some()
    }
}
