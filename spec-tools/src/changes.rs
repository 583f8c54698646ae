//! The types of a comparison result: the changes between two contracts, the places where they
//! occur, and their impact.

use std::collections::BTreeSet;

use serde::Serialize;

pub use crate::impact::{Impact, Severity, Verdict};

/// One difference between two contracts, with every place where it occurs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub subject: Subject,
    pub kind: ChangeKind,
    /// Whether clients send or receive the changed value. `None` for changes of base URLs,
    /// operations and security requirements, and for all [annotation
    /// changes](ChangeKind::is_annotation).
    pub direction: Option<Direction>,
    /// The places where the change occurs, without duplicates. All places in one operation are
    /// adjacent. Empty for a change of a base URL, which belongs to no operation.
    pub usages: Vec<Usage>,
    pub verdict: Verdict,
}

/// The changed part of the contract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub kind: SubjectKind,
    /// The name in reports, such as `PolicyProfile.max_rows` or ``the query parameter `limit` ``.
    pub name: String,
}

impl Subject {
    pub fn new(kind: SubjectKind, name: String) -> Self {
        Self { kind, name }
    }
}

/// The kinds of contract parts that can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    Server,
    Operation,
    /// One alternative of `security`: the credentials that an operation accepts.
    Security,
    Parameter,
    Body,
    Response,
    Header,
    MediaType,
    Field,
    /// A schema: its type, the values that it allows, and its attributes, such as `nullable`.
    Value,
    /// The name of a Rust type of the SDK.
    Type,
}

/// How the subject has changed. In a variant with two values, the first is the old value and the
/// second is the new value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The part exists only in the new contract. The comparison of requests ignores `readOnly`
    /// fields, and the comparison of responses ignores `writeOnly` fields. `required` is `false`
    /// for parts that cannot be required. `rename_candidates` are possible old names: names of
    /// removed fields or parameters of the same type.
    Added {
        required: bool,
        rename_candidates: Vec<String>,
    },
    /// The part exists only in the old contract. `readOnly` and `writeOnly` fields are ignored as
    /// in [`Added`](Self::Added). `rename_candidates` are possible new names: names of added fields
    /// or parameters of the same type.
    Removed {
        rename_candidates: Vec<String>,
    },
    /// The method or path of an operation changed, or the status of a success response.
    Moved(String, String),
    /// An operation id, the name of a path parameter or the name of a Rust type changed. Requests
    /// and responses do not contain these names, but the SDK uses them.
    Renamed(String, String),
    /// The area of an operation in the SDK changed. The area is the first tag; `none` stands for no
    /// tag.
    AreaChanged(String, String),
    /// The SDK method of an operation (`x-method`) changed. `none` stands for no method.
    MethodChanged(String, String),
    Deprecated,
    NoLongerDeprecated,
    /// `true` if the operation now responds with 400 to a request with an `Idempotency-Key`,
    /// `false` if it no longer does.
    RejectsIdempotencyKey(bool),
    BecameRequired(RustType),
    BecameOptional(RustType),
    BecameNullable(RustType),
    NoLongerNullable(RustType),
    /// The serialization of a parameter changed (`style`, `explode`, `allowReserved` or the media
    /// type).
    EncodingChanged(String, String),
    TypeChanged(String, String),
    FormatChanged {
        from: String,
        to: String,
        rust_type: RustType,
    },
    EnumValueAdded(String),
    EnumValueRemoved(String),
    /// The schema had no `enum` and now allows only these values, separated by commas.
    EnumIntroduced(String),
    /// The schema allowed only these values, separated by commas, and now has no `enum`.
    EnumDropped(String),
    /// The defaults are JSON. `None` means no default.
    DefaultChanged(Option<String>, Option<String>),
    ConstraintChanged {
        keyword: String,
        from: Option<String>,
        to: Option<String>,
        /// `true` if the new constraint rejects a value that the old one allows.
        narrower: bool,
    },
    /// Several patterns are joined with ` and `. An empty string means no pattern.
    PatternChanged(String, String),
    AdditionalFieldsChanged(AdditionalFields, AdditionalFields),
    VariantAdded(String),
    VariantRemoved(String),
    /// The schemas that a value must not match (`not`) changed.
    ExclusionChanged,
    BecameSecret,
    NoLongerSecret,
}

/// The fields that an object allows in addition to the declared fields (`additionalProperties`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdditionalFields {
    Any,
    Forbidden,
    /// Any field whose value matches one schema, as in a map.
    Typed,
}

/// Whether a change also changes the Rust type of the value. The comparison assumes an `Option` for
/// every value that is optional, nullable or both, so an optional value that becomes nullable keeps
/// its Rust type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RustType {
    Same,
    Changed,
}

impl ChangeKind {
    /// Returns an [`Added`](Self::Added) change without rename candidates.
    pub fn added(required: bool) -> Self {
        let rename_candidates = Vec::new();
        Self::Added {
            required,
            rename_candidates,
        }
    }

    /// Returns a [`Removed`](Self::Removed) change without rename candidates.
    pub fn removed() -> Self {
        let rename_candidates = Vec::new();
        Self::Removed { rename_candidates }
    }

    /// Returns the name of the kind, such as `became_required`. It is the value of `change` in a
    /// JSON report, and the verdict rules use it too.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Added { .. } => "added",
            Self::Removed { .. } => "removed",
            Self::Moved(..) => "moved",
            Self::Renamed(..) => "renamed",
            Self::AreaChanged(..) => "area_changed",
            Self::MethodChanged(..) => "method_changed",
            Self::Deprecated => "deprecated",
            Self::NoLongerDeprecated => "no_longer_deprecated",
            Self::RejectsIdempotencyKey(true) => "rejects_idempotency_key",
            Self::RejectsIdempotencyKey(false) => "accepts_idempotency_key",
            Self::BecameRequired(_) => "became_required",
            Self::BecameOptional(_) => "became_optional",
            Self::BecameNullable(_) => "became_nullable",
            Self::NoLongerNullable(_) => "no_longer_nullable",
            Self::EncodingChanged(..) => "encoding_changed",
            Self::TypeChanged(..) => "type_changed",
            Self::FormatChanged { .. } => "format_changed",
            Self::EnumValueAdded(_) => "enum_value_added",
            Self::EnumValueRemoved(_) => "enum_value_removed",
            Self::EnumIntroduced(_) => "enum_introduced",
            Self::EnumDropped(_) => "enum_dropped",
            Self::DefaultChanged(..) => "default_changed",
            Self::ConstraintChanged { narrower: true, .. } => "constraint_narrowed",
            Self::ConstraintChanged {
                narrower: false, ..
            } => "constraint_widened",
            Self::PatternChanged(..) => "pattern_changed",
            Self::AdditionalFieldsChanged(..) => "additional_fields_changed",
            Self::VariantAdded(_) => "variant_added",
            Self::VariantRemoved(_) => "variant_removed",
            Self::ExclusionChanged => "exclusion_changed",
            Self::BecameSecret => "became_secret",
            Self::NoLongerSecret => "no_longer_secret",
        }
    }

    /// Returns `true` if the change affects only a Rust name, or an annotation that this project
    /// adds to the contract, such as the SDK method of an operation.
    ///
    /// The drift check ignores these changes, because the published contract of the same API can
    /// lack the annotations.
    pub fn is_annotation(&self) -> bool {
        matches!(
            self,
            Self::Renamed(..)
                | Self::AreaChanged(..)
                | Self::MethodChanged(..)
                | Self::RejectsIdempotencyKey(_)
                | Self::BecameSecret
                | Self::NoLongerSecret
        )
    }
}

/// Whether the client sends a value in requests or receives it in responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Request,
    Response,
}

/// One place in an operation where a change occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The operation id. If there is none, the method and path, such as `GET /v1/projects`.
    pub operation: String,
    /// The method in upper case, such as `GET`.
    pub method: String,
    pub path: String,
    pub part: Part,
    /// The JSONPath of the changed value inside the part, such as `$.policies[*].name`. `$` stands
    /// for the whole body, response or parameter value. `None` if the part itself changed, for
    /// example if it was added or became nullable.
    pub json_path: Option<String>,
}

/// The part of an operation in which a change occurs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Operation,
    /// `location` is the value of `in`.
    Parameter {
        location: String,
        name: String,
    },
    /// The request body in one media type. `media` is empty if the body has no media type.
    Body {
        media: String,
    },
    /// The response with one status. `media` is the media type of its content, or `None` for the
    /// response itself.
    Response {
        status: String,
        media: Option<String>,
    },
    /// A header of the response with one status.
    Header {
        status: String,
        name: String,
    },
}

/// The media type of problem documents (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

impl Part {
    pub fn direction(&self) -> Option<Direction> {
        match self {
            Self::Operation => None,
            Self::Parameter { .. } | Self::Body { .. } => Some(Direction::Request),
            Self::Response { .. } | Self::Header { .. } => Some(Direction::Response),
        }
    }

    /// Returns the status of a response or of the response that contains a header; `None` for any
    /// other part.
    pub fn status(&self) -> Option<&str> {
        match self {
            Self::Response { status, .. } | Self::Header { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Returns `true` for the content of a response with the media type [`PROBLEM_JSON`]. The SDK
    /// parses problem documents without their schema.
    pub fn is_problem(&self) -> bool {
        matches!(self, Self::Response { media: Some(media), .. } if media == PROBLEM_JSON)
    }
}

/// All changes between two contracts, the most severe first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub changes: Vec<Change>,
}

impl Report {
    /// Returns the number of changes of one severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.changes
            .iter()
            .filter(|change| change.verdict.severity() == severity)
            .count()
    }

    /// Returns the number of changes that break users of this SDK, other API clients, or both.
    pub fn breaking_count(&self) -> usize {
        self.changes
            .iter()
            .filter(|change| change.verdict.severity().is_breaking())
            .count()
    }

    /// Returns the operations in which changes occur. Each string is a [`Usage::operation`].
    pub fn operations(&self) -> BTreeSet<&str> {
        let usages = self.changes.iter().flat_map(|change| &change.usages);
        usages.map(|usage| usage.operation.as_str()).collect()
    }

    /// Removes the changes for which [`ChangeKind::is_annotation`] is true.
    pub fn without_annotations(mut self) -> Self {
        self.changes.retain(|change| !change.kind.is_annotation());
        self
    }
}

/// Which changes make the command `cargo xtask spec diff` fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// Changes that break users of this SDK or other API clients: at least one impact of the change
    /// is [`Impact::Breaks`].
    #[default]
    Breaking,
    /// Every change in the report, including compatible ones.
    Any,
    Never,
}

impl FailOn {
    /// Returns `true` if the report contains a change that must make the command fail.
    pub fn should_fail(self, report: &Report) -> bool {
        match self {
            Self::Breaking => report.breaking_count() > 0,
            Self::Any => !report.changes.is_empty(),
            Self::Never => false,
        }
    }
}
