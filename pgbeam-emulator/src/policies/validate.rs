//! From the body of a request to a [`Profile`], naming every field that is wrong.

use serde_json::{Map, Value};

use crate::fields::{Fields, finish};
use crate::policies::model::{
    MaskingKind, MaskingRule, Profile, QueryMode, RowFilter, StatementRules,
};
use crate::problem::Problem;

/// The longest name, in characters.
const MAX_NAME: usize = 128;

/// Fields of the answer that a body may repeat and that are not the client's to set.
const SERVER_OWNED: [&str; 4] = ["id", "project_id", "created_at", "updated_at"];

/// What a body asks for. A field that it omits is at its default, but `query_mode`:
/// what that becomes depends on whether the profile exists already.
#[derive(Debug)]
pub(crate) struct ProfileInput {
    profile: Profile,
    query_mode: Option<QueryMode>,
}

impl ProfileInput {
    /// The mode that the body asks for, when it asks for one.
    pub(crate) fn query_mode(&self) -> Option<QueryMode> {
        self.query_mode
    }

    /// The profile, with `stored` as the mode of a body that names none.
    pub(crate) fn into_profile(self, stored: QueryMode) -> Profile {
        Profile {
            query_mode: self.query_mode.unwrap_or(stored),
            ..self.profile
        }
    }
}

/// Reads a whole body.
pub(crate) fn body(map: &Map<String, Value>) -> Result<ProfileInput, Problem> {
    let mut errors = Vec::new();
    let input = profile(&mut Fields::new(map, "", &mut errors));
    finish(input, errors)
}

/// Reads the fields of a profile, wherever in a body they stand. `None` always comes
/// with an error that says why.
pub(crate) fn profile(fields: &mut Fields<'_>) -> Option<ProfileInput> {
    let name = fields.required_string("name");
    if let Some(name) = &name
        && !(1..=MAX_NAME).contains(&name.chars().count())
    {
        fields.wrong("name", format!("must be 1 to {MAX_NAME} characters long"));
    }
    let default = Profile::named(name.clone().unwrap_or_default());
    let query_mode = fields.choice("query_mode");
    let mut profile = Profile {
        name: default.name,
        access_mode: fields.choice("access_mode").unwrap_or(default.access_mode),
        statement_rules: fields.object("statement_rules", statement_rules),
        table_allowlist: fields.strings("table_allowlist").unwrap_or_default(),
        table_denylist: fields.strings("table_denylist").unwrap_or_default(),
        masking_rules: fields
            .objects("masking_rules", masking_rule)
            .unwrap_or_default(),
        row_filters: fields
            .objects("row_filters", row_filter)
            .unwrap_or_default(),
        budget_queries_per_hour: fields
            .natural("budget_queries_per_hour")
            .unwrap_or(default.budget_queries_per_hour),
        budget_queries_per_day: fields
            .natural("budget_queries_per_day")
            .unwrap_or(default.budget_queries_per_day),
        max_rows: fields.natural("max_rows").unwrap_or(default.max_rows),
        statement_timeout_ms: fields
            .natural("statement_timeout_ms")
            .unwrap_or(default.statement_timeout_ms),
        write_mode: fields.choice("write_mode").unwrap_or(default.write_mode),
        approval_mode: fields
            .choice("approval_mode")
            .unwrap_or(default.approval_mode),
        approval_auto_max_rows: fields
            .natural("approval_auto_max_rows")
            .unwrap_or(default.approval_auto_max_rows),
        approval_timeout_seconds: fields
            .natural("approval_timeout_seconds")
            .unwrap_or(default.approval_timeout_seconds),
        migration_safety: fields
            .choice("migration_safety")
            .unwrap_or(default.migration_safety),
        egress_bytes_per_day: fields
            .natural("egress_bytes_per_day")
            .unwrap_or(default.egress_bytes_per_day),
        max_affected_rows: fields
            .natural("max_affected_rows")
            .unwrap_or(default.max_affected_rows),
        content_scan_mode: fields
            .choice("content_scan_mode")
            .unwrap_or(default.content_scan_mode),
        content_scan_max_bytes: fields
            .natural("content_scan_max_bytes")
            .unwrap_or(default.content_scan_max_bytes),
        query_mode: default.query_mode,
        extra: default.extra,
    };
    // Last, when every known field has been asked for.
    profile.extra = fields.rest(&SERVER_OWNED);
    name.map(|_| ProfileInput {
        profile,
        query_mode,
    })
}

fn statement_rules(fields: &mut Fields<'_>) -> Option<StatementRules> {
    let allow = kinds(fields, "allow");
    let deny = kinds(fields, "deny");
    Some(StatementRules {
        allow,
        deny,
        extra: fields.rest(&[]),
    })
}

/// The kinds of statement are an open set: any word will do, but none at all.
fn kinds(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<String>> {
    let kinds = fields.strings(name)?;
    for (index, kind) in kinds.iter().enumerate() {
        if kind.is_empty() {
            fields.wrong(&format!("{name}[{index}]"), "must not be empty");
        }
    }
    Some(kinds)
}

fn masking_rule(fields: &mut Fields<'_>) -> Option<MaskingRule> {
    let table = fields.required_string("table");
    let column = fields.required_string("column");
    let kind = fields.required_choice::<MaskingKind>("kind");
    let extra = fields.rest(&[]);
    Some(MaskingRule {
        table: table?,
        column: column?,
        kind: kind?,
        extra,
    })
}

fn row_filter(fields: &mut Fields<'_>) -> Option<RowFilter> {
    let table = fields.required_string("table");
    let predicate = fields.required_string("predicate");
    let extra = fields.rest(&[]);
    Some(RowFilter {
        table: table?,
        predicate: predicate?,
        extra,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Result<ProfileInput, Problem> {
        body(value.as_object().expect("an object"))
    }

    fn wrong(value: &Value) -> Vec<String> {
        read(value)
            .expect_err("a problem")
            .errors
            .into_iter()
            .map(|e| e.field)
            .collect()
    }

    #[test]
    fn a_name_is_enough_and_the_rest_is_at_its_default() {
        let input = read(&json!({"name": "p"})).expect("valid");
        assert_eq!(input.query_mode(), None);
        assert_eq!(input.into_profile(QueryMode::Sql), Profile::named("p"));
    }

    #[test]
    fn names_have_a_length_in_characters() {
        assert!(read(&json!({"name": "é".repeat(128)})).is_ok());
        for name in [String::new(), "é".repeat(129)] {
            assert_eq!(wrong(&json!({ "name": name })), ["name"]);
        }
        assert_eq!(wrong(&json!({})), ["name"]);
        assert_eq!(wrong(&json!({"name": null})), ["name"]);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let fields = wrong(&json!({
            "access_mode": "read", "max_rows": -1, "statement_timeout_ms": 1.5,
            "egress_bytes_per_day": "1", "table_allowlist": "orders", "table_denylist": [1],
            "masking_rules": [{"table": "t", "column": "c", "kind": "blank"}, {}],
            "row_filters": [{"table": "t"}], "query_mode": "none", "write_mode": 1,
            "statement_rules": {"allow": ["select", ""], "deny": "all"},
        }));
        assert_eq!(
            fields,
            [
                "name",
                "query_mode",
                "access_mode",
                "statement_rules.allow[1]",
                "statement_rules.deny",
                "table_allowlist",
                "table_denylist[0]",
                "masking_rules[0].kind",
                "masking_rules[1].table",
                "masking_rules[1].column",
                "masking_rules[1].kind",
                "row_filters[0].predicate",
                "max_rows",
                "statement_timeout_ms",
                "write_mode",
                "egress_bytes_per_day",
            ]
        );
    }

    #[test]
    fn unknown_fields_are_kept_and_server_owned_ones_are_not() {
        let sent = json!({
            "name": "p", "id": "pol_x", "created_at": "then", "quantum": {"spin": [1]},
            "statement_rules": {"deny": ["merge"], "warn": ["ddl"]},
            "masking_rules": [{"table": "t", "column": "c", "kind": "null", "salt": "s"}],
            "row_filters": [{"table": "t", "predicate": "a", "note": 1}],
        });
        let stored = serde_json::to_value(read(&sent).expect("valid").into_profile(QueryMode::Sql))
            .expect("JSON");
        for name in ["quantum", "statement_rules", "masking_rules", "row_filters"] {
            assert_eq!(stored.get(name), sent.get(name), "{name}");
        }
        assert!(stored.get("id").is_none() && stored.get("created_at").is_none());
    }

    #[test]
    fn statement_kinds_are_an_open_set() {
        assert!(read(&json!({"name": "p", "statement_rules": {"allow": ["vacuum"]}})).is_ok());
    }
}
