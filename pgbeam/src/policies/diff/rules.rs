//! The rules that classify changes: one rule for each field of a policy profile.

use serde_json::Value;

use super::{Effect, sets};

/// How a change of a field is classified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    /// A label such as `name`, which does not affect statements. Every change is neutral.
    Label,
    /// An enumeration. Each pair is a value and a stricter value. A change between two values is unknown if they are
    /// not a pair.
    Modes(&'static [(&'static str, &'static str)]),
    /// A limit. 0 means no limit.
    Limit,
    /// A time limit. 0 means the default of the project, so a change from or to 0 is unknown.
    TimeLimit,
    /// The time to wait for an approval. The API does not specify the meaning of 0, so a change from or to 0 is
    /// unknown.
    ApprovalTime,
    /// The number of rows up to which a statement is exempt from approval. 0 means that no statement is exempt.
    Exemption,
    /// The number of bytes that are scanned. 0 means 4 MiB.
    ScannedBytes,
    /// The allowed and denied statement kinds.
    StatementKinds,
    /// The only tables that agents may use. An empty list allows all tables.
    AllowedTables,
    /// Tables that agents must not use.
    DeniedTables,
    /// Masked columns.
    Masks,
    /// Conditions on rows.
    RowFilters,
}

/// The rule of each field, in the order of the API contract. A test checks that the table in `rules.md` matches this
/// list.
pub(crate) const RULES: &[(&str, Rule)] = &[
    ("name", Rule::Label),
    ("access_mode", Rule::Modes(&[("read_write", "read_only")])),
    ("statement_rules", Rule::StatementKinds),
    ("table_allowlist", Rule::AllowedTables),
    ("table_denylist", Rule::DeniedTables),
    ("masking_rules", Rule::Masks),
    ("budget_queries_per_hour", Rule::Limit),
    ("budget_queries_per_day", Rule::Limit),
    ("max_rows", Rule::Limit),
    ("statement_timeout_ms", Rule::TimeLimit),
    ("row_filters", Rule::RowFilters),
    (
        "write_mode",
        Rule::Modes(&[("normal", "rollback"), ("normal", "sandbox")]),
    ),
    (
        "approval_mode",
        Rule::Modes(&[
            ("off", "writes"),
            ("off", "ddl"),
            ("off", "all"),
            ("writes", "all"),
            ("ddl", "all"),
        ]),
    ),
    ("approval_auto_max_rows", Rule::Exemption),
    ("approval_timeout_seconds", Rule::ApprovalTime),
    (
        "migration_safety",
        Rule::Modes(&[("off", "warn"), ("off", "block"), ("warn", "block")]),
    ),
    ("egress_bytes_per_day", Rule::Limit),
    ("max_affected_rows", Rule::Limit),
    (
        "content_scan_mode",
        Rule::Modes(&[("off", "annotate"), ("off", "block"), ("annotate", "block")]),
    ),
    ("content_scan_max_bytes", Rule::ScannedBytes),
    ("query_mode", Rule::Modes(&[("sql", "templates")])),
];

/// The meaning of 0 in `content_scan_max_bytes`, in bytes: 4 MiB.
const DEFAULT_SCANNED_BYTES: i64 = 4 << 20;

/// Returns the effect of a change of a field, or `None` if the values are equal. If the field has no rule, the effect
/// of every change is unknown.
pub(super) fn effect(field: &str, from: &Value, to: &Value) -> Option<Effect> {
    match RULES.iter().find(|(name, _)| *name == field) {
        Some((_, rule)) => rule.effect(from, to),
        None => (from != to).then_some(Effect::Unknown),
    }
}

impl Rule {
    /// Returns the effect of a change of a field with this rule, or `None` if the values are equal. Lists compare as
    /// sets.
    pub(crate) fn effect(self, from: &Value, to: &Value) -> Option<Effect> {
        if from == to {
            return None;
        }
        let sets = match self {
            Self::StatementKinds => sets::statement_kinds,
            Self::AllowedTables => sets::allowed_tables,
            Self::DeniedTables => sets::denied_tables,
            Self::Masks => sets::masks,
            Self::RowFilters => sets::row_filters,
            _ => return Some(self.scalar_effect(from, to)),
        };
        sets(from, to)
    }

    fn scalar_effect(self, from: &Value, to: &Value) -> Effect {
        if let Self::Modes(stricter) = self {
            let (from, to) = (from.as_str(), to.as_str());
            let has = |from: Option<&str>, to: Option<&str>| {
                stricter
                    .iter()
                    .any(|(looser, stricter)| from == Some(looser) && to == Some(stricter))
            };
            return match (has(from, to), has(to, from)) {
                (true, _) => Effect::Tightening,
                (_, true) => Effect::Loosening,
                _ => Effect::Unknown,
            };
        }
        if self == Self::Label {
            return Effect::Neutral;
        }
        let (Some(from), Some(to)) = (from.as_i64(), to.as_i64()) else {
            return Effect::Unknown;
        };
        let compare = |from: (bool, i64), to: (bool, i64)| match from.cmp(&to) {
            std::cmp::Ordering::Less => Effect::Loosening,
            std::cmp::Ordering::Equal => Effect::Neutral,
            std::cmp::Ordering::Greater => Effect::Tightening,
        };
        // 0 means no limit, so it ranks above every other limit.
        let limit = |limit: i64| (limit == 0, limit);
        let number = |number: i64| (false, number);
        let scanned = |bytes: i64| match bytes {
            0 => number(DEFAULT_SCANNED_BYTES),
            _ => number(bytes),
        };
        match self {
            Self::Limit => compare(limit(from), limit(to)),
            Self::TimeLimit | Self::ApprovalTime if from == 0 || to == 0 => Effect::Unknown,
            Self::TimeLimit | Self::Exemption => compare(number(from), number(to)),
            Self::ApprovalTime => Effect::Neutral,
            Self::ScannedBytes => compare(scanned(to), scanned(from)),
            _ => Effect::Unknown,
        }
    }

    /// Returns the last three cells of a row of the table in `rules.md`: the tightening changes, the loosening changes,
    /// and the effect of all other changes with notes.
    #[cfg(test)]
    fn description(self) -> [String; 3] {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        match self {
            Self::Label => row(["", "", "every change is neutral"]),
            Self::Modes(stricter) => {
                let list = |swap: bool| {
                    let changes = stricter.iter().map(|(looser, stricter)| match swap {
                        false => format!("`{looser}` → `{stricter}`"),
                        true => format!("`{stricter}` → `{looser}`"),
                    });
                    changes.collect::<Vec<_>>().join(", ")
                };
                [
                    list(false),
                    list(true),
                    "every other change is unknown".into(),
                ]
            }
            Self::Limit => row([
                "a lower limit",
                "a higher limit; 0 means no limit, so 0 is the highest limit",
                "",
            ]),
            Self::TimeLimit => row([
                "a lower limit",
                "a higher limit",
                "a change from or to 0 is unknown: 0 means the default of the project",
            ]),
            Self::ApprovalTime => row([
                "",
                "",
                "a change from or to 0 is unknown: the meaning of 0 is not specified; every other change is neutral",
            ]),
            Self::Exemption => row([
                "a lower number of rows; 0 means that no statement is exempt from approval",
                "a higher number of rows",
                "",
            ]),
            Self::ScannedBytes => row([
                "a higher number of bytes",
                "a lower number of bytes",
                "0 means 4 MiB, so 0 ↔ 4194304 is neutral",
            ]),
            Self::StatementKinds => row([
                "a kind is no longer allowed, and no kind is newly allowed",
                "a kind is newly allowed",
                "neutral if the same kinds are allowed. `deny` overrides `allow`. An empty `allow` has the same effect as \
                 a list of all kinds except `other` and, under `read_only`, `set`",
            ]),
            Self::AllowedTables => row([
                "an entry is removed; an empty list gets its first entry",
                "an entry is added; the list becomes empty, which allows all tables",
                "`users` ↔ `public.users` is neutral: an entry without a schema means the table in `public`",
            ]),
            Self::DeniedTables => row([
                "an entry is added",
                "an entry is removed",
                "an entry without a schema covers the tables of that name in every schema",
            ]),
            Self::Masks => row([
                "a mask is added; `hash` → `redact` or `null`",
                "a mask is removed; `redact` or `null` → `hash`",
                "`redact` ↔ `null` is neutral. If a column has masks of different kinds, or a mask has a kind that this \
                 version does not know, the change is unknown. A table without a schema covers the tables of that name \
                 in every schema",
            ]),
            Self::RowFilters => row([
                "a filter is added",
                "a filter is removed",
                "a changed predicate for a table is unknown. A table without a schema covers the tables of \
                 that name in every schema",
            ]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::schema;
    use serde_json::json;

    #[test]
    fn every_field_of_the_contract_has_a_rule() {
        let fields: Vec<_> = schema::policy_profile().field_names().collect();
        let rules: Vec<_> = RULES.iter().map(|(field, _)| *field).collect();
        assert_eq!(
            rules, fields,
            "add a rule to RULES for each new field, in the order of the contract"
        );
    }

    #[test]
    fn every_mode_is_a_value_of_the_contract() {
        for (field, rule) in RULES {
            let values = &schema::policy_profile()
                .field(field)
                .expect("a field")
                .values;
            let Rule::Modes(pairs) = rule else {
                assert!(values.is_empty(), "{field} needs the rule `Modes`");
                continue;
            };
            for value in values {
                let is_ranked = |(a, b): &(&str, &str)| a == value || b == value;
                assert!(pairs.iter().any(is_ranked), "{field}: {value} has no rank");
            }
        }
    }

    /// The table in `rules.md` matches the rules. If the environment variable `UPDATE_RULES` is set, the test first
    /// writes the file.
    #[test]
    fn the_documentation_has_the_rules() {
        let mut table = String::from(
            "| field | tightening | loosening | other changes, notes |\n| --- | --- | --- | --- |\n",
        );
        for (field, rule) in RULES {
            let [tightening, loosening, other] = rule.description();
            table += &format!("| `{field}` | {tightening} | {loosening} | {other} |\n");
        }
        table += "| a field that this version does not know | | | every change is unknown |\n";
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policies/diff/rules.md");
        if std::env::var_os("UPDATE_RULES").is_some() {
            std::fs::write(file, &table).expect("a writable file");
        }
        let documented = std::fs::read_to_string(file).expect("a file");
        assert_eq!(
            documented, table,
            "run the test with UPDATE_RULES=1 to write the file"
        );
    }

    #[test]
    fn both_directions_of_every_rule() {
        use Effect::{Loosening, Neutral, Tightening, Unknown};
        // (field, from, to, effect, effect in the other direction)
        let cases = [
            ("name", json!("a"), json!("b"), Neutral, Neutral),
            (
                "access_mode",
                json!("read_write"),
                json!("read_only"),
                Tightening,
                Loosening,
            ),
            (
                "access_mode",
                json!("read_only"),
                json!("future"),
                Unknown,
                Unknown,
            ),
            (
                "write_mode",
                json!("normal"),
                json!("rollback"),
                Tightening,
                Loosening,
            ),
            (
                "write_mode",
                json!("rollback"),
                json!("sandbox"),
                Unknown,
                Unknown,
            ),
            (
                "approval_mode",
                json!("off"),
                json!("ddl"),
                Tightening,
                Loosening,
            ),
            (
                "approval_mode",
                json!("writes"),
                json!("all"),
                Tightening,
                Loosening,
            ),
            (
                "approval_mode",
                json!("writes"),
                json!("ddl"),
                Unknown,
                Unknown,
            ),
            (
                "migration_safety",
                json!("warn"),
                json!("block"),
                Tightening,
                Loosening,
            ),
            (
                "content_scan_mode",
                json!("off"),
                json!("annotate"),
                Tightening,
                Loosening,
            ),
            (
                "query_mode",
                json!("sql"),
                json!("templates"),
                Tightening,
                Loosening,
            ),
            (
                "budget_queries_per_hour",
                json!(0),
                json!(10),
                Tightening,
                Loosening,
            ),
            (
                "budget_queries_per_day",
                json!(10),
                json!(9),
                Tightening,
                Loosening,
            ),
            (
                "max_affected_rows",
                json!(0),
                json!(i64::MAX),
                Tightening,
                Loosening,
            ),
            (
                "egress_bytes_per_day",
                json!(0),
                json!(1),
                Tightening,
                Loosening,
            ),
            (
                "max_affected_rows",
                json!(1),
                json!(2),
                Loosening,
                Tightening,
            ),
            ("statement_timeout_ms", json!(0), json!(5), Unknown, Unknown),
            (
                "statement_timeout_ms",
                json!(6),
                json!(5),
                Tightening,
                Loosening,
            ),
            (
                "approval_timeout_seconds",
                json!(300),
                json!(5),
                Neutral,
                Neutral,
            ),
            (
                "approval_timeout_seconds",
                json!(300),
                json!(0),
                Unknown,
                Unknown,
            ),
            (
                "approval_auto_max_rows",
                json!(0),
                json!(5),
                Loosening,
                Tightening,
            ),
            (
                "content_scan_max_bytes",
                json!(0),
                json!(4_194_304),
                Neutral,
                Neutral,
            ),
            (
                "content_scan_max_bytes",
                json!(0),
                json!(4_194_305),
                Tightening,
                Loosening,
            ),
            (
                "content_scan_max_bytes",
                json!(1),
                json!(0),
                Tightening,
                Loosening,
            ),
            ("max_rows", json!("x"), json!(1), Unknown, Unknown),
            ("future_field", json!(1), json!(2), Unknown, Unknown),
        ];
        for (field, from, to, effect, back) in cases {
            let compare = |from, to| super::effect(field, from, to);
            assert_eq!(compare(&from, &to), Some(effect), "{field} {from} {to}");
            assert_eq!(compare(&to, &from), Some(back), "{field} {to} {from}");
            assert_eq!(compare(&from, &from), None, "{field}");
        }
    }
}
