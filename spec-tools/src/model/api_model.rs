//! The types of the API model: the requests that a contract accepts and the responses it promises,
//! independent of how the document spells them.
//!
//! References are resolved, `allOf`s are merged, and descriptions are dropped. Component names remain
//! as labels and as the names of Rust types.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Number, Value};

/// The model of one contract.
#[derive(Default)]
pub struct ApiModel {
    /// Base URLs.
    pub servers: BTreeSet<String>,
    pub operations: Vec<Operation>,
    pub schemas: Vec<Schema>,
}

/// One method of one path.
pub struct Operation {
    /// The `operationId`. If there is none, method and path.
    pub id: String,
    pub method: String,
    pub path: String,
    /// The first tag: the area of the SDK.
    pub area: Option<String>,
    /// The SDK method (`x-method`).
    pub method_path: Option<String>,
    pub deprecated: bool,
    /// Whether it responds with 400 to an `Idempotency-Key` (`x-rejects-idempotency-key`).
    pub rejects_key: bool,
    /// The alternatives of `security`. A request must satisfy one of them.
    pub security: BTreeSet<SecurityRequirement>,
    pub parameters: BTreeMap<ParameterKey, Parameter>,
    pub body: Option<Body>,
    /// By status, as the document spells it.
    pub responses: BTreeMap<String, Response>,
}

/// One alternative of `security`. Both fields are empty if no credential is required.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecurityRequirement {
    /// The names of the schemes.
    pub name: String,
    /// The definitions of the schemes, without their names.
    pub definition: String,
}

/// Identifies a parameter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterKey {
    /// The value of `in`.
    pub location: String,
    /// In lower case for a header.
    pub name: String,
}

/// A parameter of an operation.
pub struct Parameter {
    /// As the document spells it.
    pub name: String,
    pub required: bool,
    pub deprecated: bool,
    /// How the value is serialized. Empty for the OpenAPI default.
    pub encoding: String,
    pub schema: SchemaUse,
}

/// The schemas of a body or response by media type.
pub type Media = BTreeMap<String, Option<SchemaUse>>;

/// A request body.
pub struct Body {
    pub required: bool,
    pub media: Media,
}

/// A response with one status.
#[derive(Default)]
pub struct Response {
    /// By lower-case name.
    pub headers: BTreeMap<String, Header>,
    pub media: Media,
}

/// A response header.
pub struct Header {
    pub name: String,
    pub required: bool,
    pub deprecated: bool,
    pub schema: Option<SchemaUse>,
}

/// An index into [`ApiModel::schemas`].
pub type SchemaId = usize;

/// A usage of a schema, with the attributes stated there.
#[derive(Clone, Default)]
pub struct SchemaUse {
    pub schema: SchemaId,
    pub attributes: Attributes,
}

/// Attributes that both a schema and its usage can state.
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
    /// Returns the attributes of a usage with these attributes and a schema with `inner`. The usage
    /// takes precedence; `nullable` is true if either is.
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

/// The values that a schema allows.
#[derive(Default)]
pub struct Schema {
    /// The name of the component, if the schema is one.
    pub component: Option<String>,
    /// A display name: the component, or the path of the field.
    pub label: String,
    /// The Rust type that codegen generates for the schema, if any.
    pub rust_name: Option<String>,
    /// The name of the enumeration type, from the extension `x-enum`. Enumerations with one name are one type.
    pub enum_name: Option<String>,
    pub attributes: Attributes,
    /// The `type`, or `any` if there is none.
    pub kind: String,
    pub format: Option<String>,
    /// The values of an enumeration, without null.
    pub values: Option<Vec<Value>>,
    /// Numeric constraints by keyword.
    pub constraints: BTreeMap<&'static str, Limit>,
    pub patterns: BTreeSet<String>,
    pub fields: BTreeMap<String, SchemaUse>,
    pub required: BTreeSet<String>,
    pub additional: AdditionalProperties,
    pub items: Option<SchemaUse>,
    /// The variants of each `oneOf` and `anyOf`.
    pub choices: Vec<Vec<SchemaUse>>,
    /// Each `not`, as in the document.
    pub excluded: Vec<Value>,
}

/// The limit of a constraint.
#[derive(Clone, PartialEq, Debug)]
pub struct Limit {
    pub value: Number,
    /// Whether the limit itself is not allowed.
    pub exclusive: bool,
}

impl Limit {
    /// Compares the numbers. Ignores `exclusive`.
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

/// Which undeclared fields an object allows (`additionalProperties`).
#[derive(Clone, Default)]
pub enum AdditionalProperties {
    #[default]
    Any,
    Forbidden,
    /// Values of this schema.
    Typed(SchemaUse),
}

impl ApiModel {
    /// Returns the schema of a usage.
    pub fn schema(&self, usage: &SchemaUse) -> &Schema {
        &self.schemas[usage.schema]
    }

    /// Returns the attributes of a usage merged with those of its schema.
    pub fn attributes(&self, usage: &SchemaUse) -> Attributes {
        let schema = self.schema(usage);
        usage.attributes.merge_over(&schema.attributes)
    }

    /// Returns a display name of the type, such as `array of MaskingRule`. Equal types have equal names.
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
    /// Returns type and format, without nested schemas.
    pub fn type_and_format(&self) -> String {
        match &self.format {
            Some(format) => format!("{} ({format})", self.kind),
            None => self.kind.clone(),
        }
    }

    /// Whether this is an enumeration of strings, for which codegen generates a type.
    pub fn is_enumeration(&self) -> bool {
        self.kind == "string" && self.values.is_some()
    }
}
