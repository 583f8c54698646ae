//! What a comparison finds: changes, where each is met, and whom it breaks.

use std::collections::BTreeSet;

use serde::Serialize;

pub use crate::harm::{Class, Harm, Verdict};

/// One change of meaning, wherever it is met.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub subject: Subject,
    pub what: What,
    /// Which way the changed part travels; none for what is of the document or an operation, and
    /// for names.
    pub direction: Option<Direction>,
    /// Where it is met, each place once, in the order of the operations.
    pub met: Vec<Spot>,
    pub verdict: Verdict,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub kind: SubjectKind,
    /// As a person would call it, such as `PolicyProfile.max_rows`.
    pub name: String,
}

impl Subject {
    pub fn new(kind: SubjectKind, name: String) -> Self {
        Self { kind, name }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    Server,
    Operation,
    Access,
    Parameter,
    Body,
    Answer,
    Header,
    MediaType,
    Field,
    /// What values a place admits.
    Value,
    /// A type of the SDK.
    Type,
}

/// How it has changed. Two values are what it was and what it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// It is new; `perhaps` it was called otherwise.
    Added {
        required: bool,
        perhaps: Vec<String>,
    },
    /// It is gone; `perhaps` it is called otherwise now.
    Removed {
        perhaps: Vec<String>,
    },
    /// Method or path of an operation, status of an answer.
    Moved(String, String),
    /// A name that is seen in Rust only.
    Renamed(String, String),
    /// The area of an operation.
    Area(String, String),
    /// Where the SDK has an operation (`x-method`).
    Method(String, String),
    Deprecated,
    NotDeprecated,
    /// Whether an operation answers 400 to an idempotency key.
    RejectsKey(bool),
    Required(Optionality),
    Optional(Optionality),
    Nullable(Optionality),
    NotNullable(Optionality),
    /// How a parameter is written into the request.
    Encoding(String, String),
    Type(String, String),
    /// `rust` if the Rust type is another.
    Format {
        from: String,
        to: String,
        rust: bool,
    },
    ValueAdded(String),
    ValueRemoved(String),
    /// Any text before, only listed values now.
    ValuesListed(String),
    /// Only listed values before, any text now.
    ValuesOpened(String),
    Default(Option<String>, Option<String>),
    Bound {
        keyword: String,
        from: Option<String>,
        to: Option<String>,
        narrower: bool,
    },
    Pattern(String, String),
    /// What an object may hold beside its fields.
    Beside(Beside, Beside),
    VariantAdded(String),
    VariantRemoved(String),
    Excluded,
    Secret,
    NotSecret,
}

/// What an object may hold beside its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beside {
    Anything,
    Nothing,
    /// Values of one type: it is a map.
    Typed,
}

/// Whether a value that became required, optional or nullable is still the same to Rust, where
/// what is optional and what is nullable are both an `Option`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Optionality {
    Same,
    Other,
}

impl What {
    /// Something is new, and not known by another name before.
    pub fn added(required: bool) -> Self {
        let perhaps = Vec::new();
        Self::Added { required, perhaps }
    }

    /// Something is gone, and not known by another name now.
    pub fn removed() -> Self {
        let perhaps = Vec::new();
        Self::Removed { perhaps }
    }

    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Added { .. } => "added",
            Self::Removed { .. } => "removed",
            Self::Moved(..) => "moved",
            Self::Renamed(..) => "renamed",
            Self::Area(..) => "area_changed",
            Self::Method(..) => "method_changed",
            Self::Deprecated => "deprecated",
            Self::NotDeprecated => "no_longer_deprecated",
            Self::RejectsKey(true) => "rejects_idempotency_key",
            Self::RejectsKey(false) => "takes_idempotency_key",
            Self::Required(_) => "became_required",
            Self::Optional(_) => "became_optional",
            Self::Nullable(_) => "became_nullable",
            Self::NotNullable(_) => "no_longer_nullable",
            Self::Encoding(..) => "encoding_changed",
            Self::Type(..) => "type_changed",
            Self::Format { .. } => "format_changed",
            Self::ValueAdded(_) => "enum_value_added",
            Self::ValueRemoved(_) => "enum_value_removed",
            Self::ValuesListed(_) => "enum_introduced",
            Self::ValuesOpened(_) => "enum_dropped",
            Self::Default(..) => "default_changed",
            Self::Bound { narrower: true, .. } => "bound_narrowed",
            Self::Bound {
                narrower: false, ..
            } => "bound_widened",
            Self::Pattern(..) => "pattern_changed",
            Self::Beside(..) => "additional_fields_changed",
            Self::VariantAdded(_) => "variant_added",
            Self::VariantRemoved(_) => "variant_removed",
            Self::Excluded => "exclusion_changed",
            Self::Secret => "became_secret",
            Self::NotSecret => "no_longer_secret",
        }
    }

    /// Whether it is seen in our own annotations or in Rust only: another document of the same API
    /// need not have them.
    pub fn is_annotation(&self) -> bool {
        matches!(
            self,
            Self::Renamed(..)
                | Self::Area(..)
                | Self::Method(..)
                | Self::RejectsKey(_)
                | Self::Secret
                | Self::NotSecret
        )
    }
}

/// Which way something travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Request,
    Answer,
}

/// One place where a change is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The operation's id, or its method and path.
    pub operation: String,
    pub method: String,
    pub path: String,
    pub part: Part,
    /// The field, as a JSONPath from the value of that part, such as `$.policies[*].name`; none for
    /// what is of the part as a whole.
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
    Answer {
        status: String,
        media: Option<String>,
    },
    Header {
        status: String,
        name: String,
    },
}

/// The media type of problem documents.
pub const PROBLEM: &str = "application/problem+json";

impl Part {
    pub fn direction(&self) -> Option<Direction> {
        match self {
            Self::Operation => None,
            Self::Parameter { .. } | Self::Body { .. } => Some(Direction::Request),
            Self::Answer { .. } | Self::Header { .. } => Some(Direction::Answer),
        }
    }

    /// The status of the answer that it is of.
    pub fn status(&self) -> Option<&str> {
        match self {
            Self::Answer { status, .. } | Self::Header { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Whether it is a problem document, which the SDK reads without a schema.
    pub fn is_problem(&self) -> bool {
        matches!(self, Self::Answer { media: Some(media), .. } if media == PROBLEM)
    }
}

/// All that a comparison has found, the most harmful first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub changes: Vec<Change>,
}

impl Report {
    /// How many changes there are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.changes
            .iter()
            .filter(|change| change.verdict.class() == class)
            .count()
    }

    /// How many break somebody.
    pub fn breaking(&self) -> usize {
        self.changes
            .iter()
            .filter(|change| change.verdict.class().is_breaking())
            .count()
    }

    /// The operations at which a change is met.
    pub fn operations(&self) -> BTreeSet<&str> {
        let met = self.changes.iter().flat_map(|change| &change.met);
        met.map(|spot| spot.operation.as_str()).collect()
    }

    /// Only what another document of the same API must have, too: without Rust names and our own
    /// annotations.
    pub fn without_annotations(mut self) -> Self {
        self.changes.retain(|change| !change.what.is_annotation());
        self
    }
}

/// Which changes make a command fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// What breaks callers of this SDK or of the API. What may break a client that is stricter than
    /// the contract does not count.
    #[default]
    Breaking,
    /// Every change of meaning.
    Any,
    Never,
}

impl FailOn {
    /// Whether a report holds what is to fail.
    pub fn fails(self, report: &Report) -> bool {
        match self {
            Self::Breaking => report.breaking() > 0,
            Self::Any => !report.changes.is_empty(),
            Self::Never => false,
        }
    }
}
