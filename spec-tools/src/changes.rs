//! The result of a comparison: changes, where they occur, and their impact.

use std::collections::BTreeSet;

use serde::Serialize;

pub use crate::impact::{Impact, Severity, Verdict};

/// One change of meaning, with all its occurrences.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub subject: Subject,
    pub kind: ChangeKind,
    /// `None` for changes of the document, of an operation, or of a name.
    pub direction: Option<Direction>,
    /// Where the change occurs. Ordered by operation, without duplicates.
    pub usages: Vec<Usage>,
    pub verdict: Verdict,
}

/// The changed part of the contract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub kind: SubjectKind,
    /// A display name, such as `PolicyProfile.max_rows`.
    pub name: String,
}

impl Subject {
    pub fn new(kind: SubjectKind, name: String) -> Self {
        Self { kind, name }
    }
}

/// The kind of a changed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    Server,
    Operation,
    /// A security requirement.
    Security,
    Parameter,
    Body,
    Response,
    Header,
    MediaType,
    Field,
    /// The values that a schema allows.
    Value,
    /// A type of the SDK.
    Type,
}

/// How the subject has changed. Of two values, the first is the old one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// `rename_candidates` are removed names of the same type.
    Added {
        required: bool,
        rename_candidates: Vec<String>,
    },
    /// `rename_candidates` are added names of the same type.
    Removed {
        rename_candidates: Vec<String>,
    },
    /// The method or path of an operation, or the status of a response.
    Moved(String, String),
    /// A name that only the SDK exposes.
    Renamed(String, String),
    /// The area of an operation.
    AreaChanged(String, String),
    /// The SDK method of an operation (`x-method`).
    MethodChanged(String, String),
    Deprecated,
    NoLongerDeprecated,
    /// Whether the operation responds with 400 to an idempotency key.
    RejectsIdempotencyKey(bool),
    BecameRequired(RustType),
    BecameOptional(RustType),
    BecameNullable(RustType),
    NoLongerNullable(RustType),
    /// How a parameter is serialized into the request.
    EncodingChanged(String, String),
    TypeChanged(String, String),
    FormatChanged {
        from: String,
        to: String,
        rust_type: RustType,
    },
    EnumValueAdded(String),
    EnumValueRemoved(String),
    /// Any string before, only the listed values now.
    EnumIntroduced(String),
    /// Only the listed values before, any string now.
    EnumDropped(String),
    DefaultChanged(Option<String>, Option<String>),
    ConstraintChanged {
        keyword: String,
        from: Option<String>,
        to: Option<String>,
        narrower: bool,
    },
    PatternChanged(String, String),
    AdditionalFieldsChanged(AdditionalFields, AdditionalFields),
    VariantAdded(String),
    VariantRemoved(String),
    /// A `not` changed.
    ExclusionChanged,
    BecameSecret,
    NoLongerSecret,
}

/// Which undeclared fields an object allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdditionalFields {
    Any,
    Forbidden,
    /// Values of one type: the object is a map.
    Typed,
}

/// Whether a change also changes the Rust type. Optional and nullable values are both an `Option`,
/// so a change from one to the other keeps the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RustType {
    Same,
    Changed,
}

impl ChangeKind {
    /// An addition without rename candidates.
    pub fn added(required: bool) -> Self {
        let rename_candidates = Vec::new();
        Self::Added {
            required,
            rename_candidates,
        }
    }

    /// A removal without rename candidates.
    pub fn removed() -> Self {
        let rename_candidates = Vec::new();
        Self::Removed { rename_candidates }
    }

    /// Returns the name in JSON reports.
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

    /// Whether the change concerns only this project's annotations or Rust names. Other documents of
    /// the same API can lack them.
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

/// Whether a value is sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Request,
    Response,
}

/// One occurrence of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The operation id, or method and path.
    pub operation: String,
    pub method: String,
    pub path: String,
    pub part: Part,
    /// The JSONPath from the part's value, such as `$.policies[*].name`. `None` for the part itself.
    pub json_path: Option<String>,
}

/// A part of an operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Operation,
    Parameter {
        location: String,
        name: String,
    },
    Body {
        media: String,
    },
    Response {
        status: String,
        media: Option<String>,
    },
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

    /// Returns the status of the response.
    pub fn status(&self) -> Option<&str> {
        match self {
            Self::Response { status, .. } | Self::Header { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Whether this is a problem document. The SDK parses those without a schema.
    pub fn is_problem(&self) -> bool {
        matches!(self, Self::Response { media: Some(media), .. } if media == PROBLEM_JSON)
    }
}

/// All changes of a comparison, the most severe first.
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

    /// Returns the number of breaking changes.
    pub fn breaking_count(&self) -> usize {
        self.changes
            .iter()
            .filter(|change| change.verdict.severity().is_breaking())
            .count()
    }

    /// Returns the ids of the operations with changes.
    pub fn operations(&self) -> BTreeSet<&str> {
        let usages = self.changes.iter().flat_map(|change| &change.usages);
        usages.map(|usage| usage.operation.as_str()).collect()
    }

    /// Removes changes of Rust names and of this project's annotations, which other documents of the
    /// same API can lack.
    pub fn without_annotations(mut self) -> Self {
        self.changes.retain(|change| !change.kind.is_annotation());
        self
    }
}

/// Which changes make a command fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// Changes that break users of this SDK or API clients. Changes that break only clients stricter
    /// than the contract do not count.
    #[default]
    Breaking,
    /// Every change of meaning.
    Any,
    Never,
}

impl FailOn {
    /// Whether a report contains a change that must fail the command.
    pub fn should_fail(self, report: &Report) -> bool {
        match self {
            Self::Breaking => report.breaking_count() > 0,
            Self::Any => !report.changes.is_empty(),
            Self::Never => false,
        }
    }
}
