//! Reads the fields of a policy profile that affect evaluation from the JSON of the PgBeam API.

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::predicate::Predicate;
use crate::relation::{RelationName, RelationPattern, truncate};

/// The fields of a policy profile that affect evaluation.
///
/// The JSON is the body of `createPolicyProfile` or a stored profile: omitted fields have the defaults of the API
/// (`access_mode`: `read_only`). Fields that affect neither verdicts nor notes are ignored.
///
/// ```
/// let policy = pgbeam_engine::Policy::from_json(r#"{"name": "reader", "table_denylist": ["secrets"]}"#)?;
/// # Ok::<(), pgbeam_engine::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    pub(crate) access_mode: AccessMode,
    pub(crate) allow_kinds: Vec<String>,
    pub(crate) deny_kinds: Vec<String>,
    pub(crate) allow_tables: Vec<RelationPattern>,
    pub(crate) deny_tables: Vec<RelationPattern>,
    pub(crate) masks: Vec<Mask>,
    pub(crate) filters: Vec<RowFilter>,
    pub(crate) has_budget: bool,
    pub(crate) has_row_limit: bool,
    pub(crate) caps_affected_rows: bool,
    pub(crate) write_mode: WriteMode,
    pub(crate) approval_mode: ApprovalMode,
    pub(crate) migration_safety: MigrationSafety,
    pub(crate) content_scan_mode: ContentScanMode,
    pub(crate) query_mode: QueryMode,
}

/// The error for JSON that is not a policy profile, or that has a value unknown to this version of the crate.
#[derive(Debug, thiserror::Error)]
#[error("the policy cannot be evaluated: {0}")]
pub struct PolicyError(#[from] serde_json::Error);

impl Policy {
    /// Reads a policy from a JSON string.
    ///
    /// # Errors
    ///
    /// Returns an error if `json` is not a JSON object, or if a field that affects verdicts or notes has the wrong type
    /// or an unknown or negative value.
    ///
    /// Unknown kinds in `statement_rules` are not errors and match nothing. An invalid predicate of a row filter is not
    /// an error either: it blocks the statements to which it applies, with
    /// [`rule::ROW_FILTER_UNSAFE`](crate::rule::ROW_FILTER_UNSAFE).
    pub fn from_json(json: &str) -> Result<Self, PolicyError> {
        let object: Object = serde_json::from_str(json)?;
        Ok(object.0.into())
    }

    /// Reads a policy from a JSON value, like [`from_json`](Self::from_json).
    ///
    /// # Errors
    ///
    /// As for [`from_json`](Self::from_json).
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        Ok(Object::deserialize(value)?.0.into())
    }

    /// Returns whether the policy allows writes at all.
    #[must_use]
    pub fn access_mode(&self) -> AccessMode {
        self.access_mode
    }

    /// Returns `true` if a list, mask or row filter of the policy names a table.
    pub(crate) fn names_tables(&self) -> bool {
        !(self.allow_tables.is_empty()
            && self.deny_tables.is_empty()
            && self.masks.is_empty()
            && self.filters.is_empty())
    }

    /// Returns the masks of the columns of a relation.
    pub(crate) fn masks_of(&self, relation: &RelationName) -> impl Iterator<Item = &Mask> {
        self.masks
            .iter()
            .filter(move |mask| mask.table.restricts(relation))
    }
}

/// A masking rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mask {
    pub(crate) table: RelationPattern,
    /// The column as the policy spells it, without quotes. Column names are compared without regard to case.
    pub(crate) name: String,
    pub(crate) kind: MaskKind,
}

/// A row filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowFilter {
    pub(crate) table: RelationPattern,
    pub(crate) predicate: Predicate,
}

/// Whether a policy allows writes at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessMode {
    /// Only reads are allowed. The default.
    #[default]
    ReadOnly,
    /// Reads and writes are allowed.
    ReadWrite,
}

/// The replacement for a masked value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MaskKind {
    /// A SHA-256 hash of the value, so that equal values still match.
    Hash,
    /// NULL.
    Null,
    /// A fixed marker.
    Redact,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WriteMode {
    #[default]
    Normal,
    Rollback,
    Sandbox,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ApprovalMode {
    #[default]
    Off,
    Writes,
    Ddl,
    All,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MigrationSafety {
    #[default]
    Off,
    Warn,
    Block,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContentScanMode {
    #[default]
    Off,
    Annotate,
    Block,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QueryMode {
    #[default]
    Sql,
    Templates,
}

/// The JSON fields of a policy profile that affect evaluation.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    access_mode: AccessMode,
    statement_rules: Option<StatementRules>,
    table_allowlist: Vec<String>,
    table_denylist: Vec<String>,
    masking_rules: Vec<MaskFields>,
    row_filters: Vec<FilterFields>,
    #[serde(deserialize_with = "count")]
    budget_queries_per_hour: u64,
    #[serde(deserialize_with = "count")]
    budget_queries_per_day: u64,
    #[serde(deserialize_with = "count")]
    egress_bytes_per_day: u64,
    #[serde(deserialize_with = "count")]
    max_rows: u64,
    #[serde(deserialize_with = "count")]
    max_affected_rows: u64,
    write_mode: WriteMode,
    approval_mode: ApprovalMode,
    migration_safety: MigrationSafety,
    content_scan_mode: ContentScanMode,
    query_mode: QueryMode,
}

/// [`Fields`], deserialized only from a JSON object: a derived `Deserialize` also accepts an array.
struct Object(Fields);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Object;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Object, A::Error> {
                Fields::deserialize(de::value::MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StatementRules {
    allow: Option<Vec<String>>,
    deny: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct MaskFields {
    table: String,
    column: String,
    kind: MaskKind,
}

#[derive(Deserialize)]
struct FilterFields {
    table: String,
    predicate: String,
}

/// Deserializes a limit, where 0 means unlimited. Returns an error for a negative number.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = i64::deserialize(deserializer)?;
    u64::try_from(value).map_err(|_| de::Error::custom(format!("{value} is negative")))
}

impl From<Fields> for Policy {
    fn from(fields: Fields) -> Self {
        let patterns = |entries: &[String]| {
            entries
                .iter()
                .map(|entry| RelationPattern::parse(entry))
                .collect()
        };
        let kinds = |kinds: Option<Vec<String>>| {
            let kinds = kinds.into_iter().flatten();
            kinds.map(|kind| kind.to_lowercase()).collect()
        };
        let rules = fields.statement_rules.unwrap_or_default();
        Self {
            access_mode: fields.access_mode,
            allow_kinds: kinds(rules.allow),
            deny_kinds: kinds(rules.deny),
            allow_tables: patterns(&fields.table_allowlist),
            deny_tables: patterns(&fields.table_denylist),
            masks: fields
                .masking_rules
                .iter()
                .map(|rule| Mask {
                    table: RelationPattern::parse(&rule.table),
                    name: truncate(rule.column.trim().trim_matches('"')).to_owned(),
                    kind: rule.kind,
                })
                .collect(),
            filters: fields
                .row_filters
                .into_iter()
                .map(|filter| RowFilter {
                    table: RelationPattern::parse(&filter.table),
                    predicate: Predicate::parse(filter.predicate),
                })
                .collect(),
            has_budget: fields.budget_queries_per_hour > 0
                || fields.budget_queries_per_day > 0
                || fields.egress_bytes_per_day > 0,
            has_row_limit: fields.max_rows > 0,
            caps_affected_rows: fields.max_affected_rows > 0,
            write_mode: fields.write_mode,
            approval_mode: fields.approval_mode,
            migration_safety: fields.migration_safety,
            content_scan_mode: fields.content_scan_mode,
            query_mode: fields.query_mode,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_policy_is_read_only() {
        let policy = Policy::from_json("{}").expect("a policy");
        assert_eq!(policy, Policy::default());
        assert_eq!(policy.access_mode(), AccessMode::ReadOnly);
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let json = r#"{"name": "p", "new": 1, "statement_rules": null}"#;
        assert_eq!(
            Policy::from_json(json).expect("a policy"),
            Policy::default()
        );
    }

    #[test]
    fn values_that_cannot_be_evaluated_are_errors() {
        for (json, message) in [
            ("[]", "invalid type"),
            (r#"{"access_mode": "admin"}"#, "unknown variant `admin`"),
            (r#"{"max_affected_rows": -1}"#, "-1 is negative"),
            (r#"{"table_allowlist": null}"#, "invalid type: null"),
            (
                r#"{"masking_rules": [{"table": "t", "column": "c", "kind": "blur"}]}"#,
                "unknown variant `blur`",
            ),
            (
                r#"{"row_filters": [{"table": "t", "expression": "a"}]}"#,
                "missing field `predicate`",
            ),
            (
                r#"{"query_mode": "sql", "query_mode": "templates"}"#,
                "duplicate field",
            ),
        ] {
            let error = Policy::from_json(json).expect_err(json).to_string();
            assert!(error.contains(message), "{json}: {error}");
        }
    }
}
