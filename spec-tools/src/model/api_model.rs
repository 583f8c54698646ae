//! A contract by its meaning: what callers can send and what they are answered, without the way in
//! which the document happens to write it.
//!
//! References are followed, an `allOf` is merged, an `allOf` of one is what it refers to, and prose
//! is gone. What is left of the names of components is the names of the Rust types that codegen
//! makes from them.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Number, Value};

/// A contract.
#[derive(Default)]
pub struct ApiModel {
    /// Base URLs.
    pub servers: BTreeSet<String>,
    pub operations: Vec<Operation>,
    pub schemas: Vec<Schema>,
}

/// One method of one path.
pub struct Operation {
    /// Its `operationId`; method and path, if it has none.
    pub id: String,
    pub method: String,
    pub path: String,
    /// Its tag, which is an area of the SDK.
    pub area: Option<String>,
    /// Where the SDK has it (`x-method`).
    pub method_path: Option<String>,
    pub deprecated: bool,
    /// Whether it answers 400 to an `Idempotency-Key` (`x-rejects-idempotency-key`).
    pub rejects_key: bool,
    /// The ways to be admitted, each with the schemes that it needs all of.
    pub access: BTreeSet<Access>,
    pub parameters: BTreeMap<ParameterKey, Parameter>,
    pub body: Option<Body>,
    /// By status, as the document writes it.
    pub answers: BTreeMap<String, Answer>,
}

/// A way to be admitted. No scheme at all admits anyone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// What the schemes are called.
    pub name: String,
    /// What they ask for, whatever they are called.
    pub asks: String,
}

/// By which a parameter is known: where it is sent, and its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterKey {
    pub location: String,
    /// In lower case for a header.
    pub name: String,
}

pub struct Parameter {
    /// As the document writes it.
    pub name: String,
    pub required: bool,
    pub deprecated: bool,
    /// How a value becomes text, where the document says so.
    pub encoding: String,
    pub schema: Use,
}

/// What a body or an answer holds, by media type.
pub type Media = BTreeMap<String, Option<Use>>;

pub struct Body {
    pub required: bool,
    pub media: Media,
}

#[derive(Default)]
pub struct Answer {
    /// By name in lower case.
    pub headers: BTreeMap<String, Header>,
    pub media: Media,
}

pub struct Header {
    pub name: String,
    pub required: bool,
    pub deprecated: bool,
    pub schema: Option<Use>,
}

/// A place in [`ApiModel::schemas`].
pub type SchemaId = usize;

/// A schema where it is used, with what is said of it there.
#[derive(Clone, Default)]
pub struct Use {
    pub schema: SchemaId,
    pub own: Attributes,
}

/// What may be said of a schema both by itself and where it is used.
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
    /// What holds where this is said of a schema of which `inner` is said.
    pub fn over(&self, inner: &Self) -> Self {
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

/// What values are admitted at a place.
#[derive(Default)]
pub struct Schema {
    /// The component that it is.
    pub component: Option<String>,
    /// What a person calls it: the component, or the field that it is of.
    pub label: String,
    /// The Rust type that codegen makes of it, if it makes one.
    pub rust: Option<String>,
    /// `x-enum`.
    pub enum_name: Option<String>,
    pub attributes: Attributes,
    /// The type, and `any` without one.
    pub kind: String,
    pub format: Option<String>,
    /// The values of an enumeration, null apart.
    pub values: Option<Vec<Value>>,
    /// Bounds in numbers, by keyword.
    pub bounds: BTreeMap<&'static str, Limit>,
    pub patterns: BTreeSet<String>,
    pub fields: BTreeMap<String, Use>,
    pub required: BTreeSet<String>,
    pub additional: Additional,
    pub items: Option<Use>,
    /// Each `oneOf` and `anyOf`.
    pub choices: Vec<Vec<Use>>,
    /// Each `not`, as it is written.
    pub excluded: Vec<Value>,
}

/// A bound, and whether it is itself excluded.
#[derive(Clone, PartialEq, Debug)]
pub struct Limit {
    pub value: Number,
    pub exclusive: bool,
}

impl Limit {
    /// Compares the numbers alone.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (whole(&self.value), whole(&other.value)) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => {
                let of = |number: &Number| number.as_f64().unwrap_or_default();
                of(&self.value).total_cmp(&of(&other.value))
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

fn whole(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// What an object may hold beside its fields.
#[derive(Clone, Default)]
pub enum Additional {
    /// Anything: what holds when nothing is said.
    #[default]
    Open,
    Closed,
    /// Values of this schema.
    Of(Use),
}

impl ApiModel {
    pub fn schema(&self, of: &Use) -> &Schema {
        &self.schemas[of.schema]
    }

    /// What is said of a use, there and by its schema.
    pub fn attributes(&self, of: &Use) -> Attributes {
        of.own.over(&self.schema(of).attributes)
    }

    /// The type in words, such as `array of MaskingRule`. Two that are equal are of equal type.
    pub fn type_text(&self, of: &Use) -> String {
        let schema = self.schema(of);
        let of_what = |kind: &str, inner: &Use| format!("{kind} of {}", self.type_text(inner));
        if let Some(name) = schema.component.as_ref().or(schema.rust.as_ref()) {
            return name.clone();
        }
        match (&schema.items, &schema.additional) {
            (Some(items), _) => of_what(&schema.kind, items),
            (None, Additional::Of(values)) => of_what("map", values),
            (None, _) => schema.kind_text(),
        }
    }
}

impl Schema {
    /// Type and format, without what is inside.
    pub fn kind_text(&self) -> String {
        match &self.format {
            Some(format) => format!("{} ({format})", self.kind),
            None => self.kind.clone(),
        }
    }

    /// Whether it is an enumeration of texts, of which codegen makes a type.
    pub fn is_enumeration(&self) -> bool {
        self.kind == "string" && self.values.is_some()
    }
}
