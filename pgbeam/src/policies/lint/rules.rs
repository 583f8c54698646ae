//! The list of the lint rules. A test checks that the table in `rules.md` matches the list.

use super::{
    Rule,
    checks::{self, Hit, View},
};
use crate::policies::finding::Severity::{self, Info, Warning};

/// A function that returns the matches of a rule in a profile.
pub(super) type Check = fn(&View<'_>) -> Vec<Hit>;

const fn rule(
    id: &'static str,
    severity: Severity,
    field: &'static str,
    message: &'static str,
    remedy: &'static str,
    check: Check,
) -> Rule {
    Rule {
        id,
        severity,
        field,
        message,
        remedy,
        check,
    }
}

/// All rules. The first nine are also rules of the official command-line tool.
pub(super) const RULES: &[Rule] = &[
    rule(
        "write-no-allowlist",
        Warning,
        "table_allowlist",
        "agents can write to every table",
        "list the tables in `table_allowlist`",
        checks::write_no_allowlist,
    ),
    rule(
        "unbounded-writes",
        Warning,
        "max_affected_rows",
        "a write can change any number of rows without an approval",
        "set `max_affected_rows`, `approval_mode` or `write_mode`",
        checks::unbounded_writes,
    ),
    rule(
        "no-query-budget",
        Warning,
        "budget_queries_per_hour",
        "the number of queries is not limited",
        "set `budget_queries_per_hour` or `budget_queries_per_day`",
        checks::no_query_budget,
    ),
    rule(
        "no-read-ceiling",
        Info,
        "max_rows",
        "the amount of data that agents can read is not limited",
        "set `max_rows` or `egress_bytes_per_day`",
        checks::no_read_ceiling,
    ),
    rule(
        "dead-mask-rule",
        Info,
        "masking_rules",
        "the masks of `{}` have no effect, because agents cannot use the table",
        "remove the masks, or allow the table",
        checks::dead_mask_rule,
    ),
    rule(
        "dead-row-filter",
        Info,
        "row_filters",
        "the row filters of `{}` have no effect, because agents cannot use the table",
        "remove the filters, or allow the table",
        checks::dead_row_filter,
    ),
    rule(
        "write-settings-on-readonly",
        Info,
        "access_mode",
        "`write_mode`, `approval_mode` or `max_affected_rows` is set, but the profile is read-only",
        "remove these settings, or set `access_mode` to `read_write`",
        checks::write_settings_on_readonly,
    ),
    rule(
        "allowlist-and-denylist",
        Info,
        "table_denylist",
        "both `table_allowlist` and `table_denylist` have entries; the denylist wins",
        "use one of the lists",
        checks::allowlist_and_denylist,
    ),
    rule(
        "allow-and-deny",
        Info,
        "statement_rules",
        "both `allow` and `deny` have statement kinds; `deny` wins",
        "use one of the lists",
        checks::allow_and_deny,
    ),
    rule(
        "unrestricted",
        Warning,
        "access_mode",
        "the profile restricts nothing",
        "restrict tables, statements, rows or writes",
        checks::unrestricted,
    ),
    rule(
        "unknown-statement-kind",
        Warning,
        "statement_rules",
        "`{}` is not a known statement kind, so no known statement matches it",
        "correct the spelling",
        checks::unknown_kind,
    ),
    rule(
        "contradictory-statement-kind",
        Warning,
        "statement_rules",
        "`{}` is both allowed and denied, so it is denied",
        "remove it from one of the lists",
        checks::contradictory_kind,
    ),
    rule(
        "ineffective-statement-kind",
        Info,
        "statement_rules",
        "`{}` is in `allow` but stays blocked: COPY is always blocked, and a read-only profile blocks writes",
        "remove it from `allow`",
        checks::ineffective_kind,
    ),
    rule(
        "contradictory-table",
        Warning,
        "table_allowlist",
        "`{}` is both allowed and denied, so it is denied",
        "remove it from one of the lists",
        checks::contradictory_table,
    ),
    rule(
        "repeated-table",
        Info,
        "table_allowlist",
        "`{}` is listed twice",
        "remove one of the entries",
        checks::repeated_table,
    ),
    rule(
        "conflicting-masks",
        Warning,
        "masking_rules",
        "the column `{}` has masks of different kinds, and it is not specified which applies",
        "keep one of them",
        checks::conflicting_masks,
    ),
    rule(
        "empty-predicate",
        Warning,
        "row_filters",
        "the row filter of `{}` has an empty predicate",
        "write a predicate, or remove the filter",
        checks::empty_predicate,
    ),
    rule(
        "empty-name",
        Warning,
        "table_allowlist",
        "the name of a table or a column is empty, so the entry matches nothing",
        "write the name, or remove the entry",
        checks::empty_name,
    ),
    rule(
        "approval-limit-without-approvals",
        Info,
        "approval_auto_max_rows",
        "`approval_auto_max_rows` has no effect, because `approval_mode` is `off`",
        "set `approval_mode`, or remove the limit",
        checks::approval_settings_without_approvals,
    ),
    rule(
        "approval-timeout-zero",
        Warning,
        "approval_timeout_seconds",
        "an approval timeout of 0 has no specified meaning",
        "set at least 1 second, or remove the field for 300 seconds",
        checks::approval_timeout_zero,
    ),
    rule(
        "scan-limit-without-scan",
        Info,
        "content_scan_max_bytes",
        "`content_scan_max_bytes` has no effect, because `content_scan_mode` is `off`",
        "set `content_scan_mode`, or remove the limit",
        checks::scan_limit_without_scan,
    ),
    rule(
        "hourly-budget-above-daily",
        Info,
        "budget_queries_per_hour",
        "the hourly budget has no effect, because it is above the daily budget",
        "lower the hourly budget, or remove it",
        checks::hourly_budget_above_daily,
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::policies::{lint, normalized::NormalizedProfile, schema};

    /// Returns the rule, the severity and the message of each finding about a profile.
    fn hits(profile: &Value) -> Vec<(String, Severity, String)> {
        let profile = profile.as_object().cloned().expect("an object");
        let findings = lint::lint(NormalizedProfile::from_json(profile));
        let hits = findings
            .into_iter()
            .map(|finding| (finding.rule, finding.severity, finding.message));
        hits.collect()
    }

    /// Returns a profile that has no findings, with some fields replaced.
    fn profile(fields: Value) -> Value {
        let mut profile = json!({"name": "a", "max_rows": 100, "budget_queries_per_hour": 10});
        for (field, value) in fields.as_object().expect("an object") {
            profile[field] = value.clone();
        }
        profile
    }

    fn mask(table: &str, kind: &str) -> Value {
        json!({"table": table, "column": "email", "kind": kind})
    }

    /// Checks each rule with a profile that it reports and with a similar profile that it does not report.
    #[test]
    fn every_rule_reports_one_profile_and_not_a_similar_one() {
        // Returns a profile that allows writes and has no findings, with some fields replaced.
        let rw = |fields: Value| {
            let mut base = profile(
                json!({"access_mode": "read_write", "table_allowlist": ["t"],
                "max_affected_rows": 5}),
            );
            for (field, value) in fields.as_object().expect("an object") {
                base[field] = value.clone();
            }
            base
        };
        let cases = [
            (
                "write-no-allowlist",
                Warning,
                rw(json!({"table_allowlist": []})),
                rw(json!({})),
            ),
            (
                "unbounded-writes",
                Warning,
                rw(json!({"max_affected_rows": 0})),
                rw(json!({"max_affected_rows": 0, "write_mode": "sandbox"})),
            ),
            (
                "no-query-budget",
                Warning,
                profile(json!({"budget_queries_per_hour": 0})),
                profile(json!({"budget_queries_per_hour": 0, "budget_queries_per_day": 1})),
            ),
            (
                "no-read-ceiling",
                Info,
                profile(json!({"max_rows": 0})),
                profile(json!({"max_rows": 0, "egress_bytes_per_day": 1})),
            ),
            (
                "no-read-ceiling",
                Warning,
                profile(json!({"max_rows": 0, "masking_rules": [mask("t", "hash")]})),
                profile(json!({})),
            ),
            (
                "dead-mask-rule",
                Info,
                profile(json!({"table_denylist": ["app.t"], "masking_rules": [mask("t", "hash")]})),
                profile(
                    json!({"table_allowlist": ["app.t"], "masking_rules": [mask("t", "hash")]}),
                ),
            ),
            (
                "dead-row-filter",
                Info,
                profile(
                    json!({"table_allowlist": ["u"], "row_filters": [{"table": "t", "predicate": "a"}]}),
                ),
                profile(json!({"row_filters": [{"table": "t", "predicate": "a"}]})),
            ),
            (
                "write-settings-on-readonly",
                Info,
                profile(json!({"approval_mode": "ddl"})),
                profile(json!({"approval_timeout_seconds": 5})),
            ),
            (
                "allowlist-and-denylist",
                Info,
                profile(json!({"table_allowlist": ["a"], "table_denylist": ["b"]})),
                profile(json!({"table_denylist": ["b"]})),
            ),
            (
                "allow-and-deny",
                Info,
                profile(json!({"statement_rules": {"allow": ["select"], "deny": ["set"]}})),
                profile(json!({"statement_rules": {"deny": ["set"]}})),
            ),
            (
                "unrestricted",
                Warning,
                json!({"name": "a", "access_mode": "read_write"}),
                json!({"name": "a", "access_mode": "read_write", "query_mode": "templates"}),
            ),
            (
                "unknown-statement-kind",
                Warning,
                profile(json!({"statement_rules": {"deny": ["selct"]}})),
                profile(json!({"statement_rules": {"deny": ["SELECT"]}})),
            ),
            (
                "contradictory-statement-kind",
                Warning,
                profile(json!({"statement_rules": {"allow": ["SET"], "deny": ["set"]}})),
                profile(json!({"statement_rules": {"allow": ["select"], "deny": ["set"]}})),
            ),
            (
                "ineffective-statement-kind",
                Info,
                profile(json!({"statement_rules": {"allow": ["insert"]}})),
                rw(json!({"statement_rules": {"allow": ["insert"]}})),
            ),
            (
                "ineffective-statement-kind",
                Info,
                rw(json!({"statement_rules": {"allow": ["copy"]}})),
                rw(json!({"statement_rules": {"allow": ["delete"]}})),
            ),
            (
                "contradictory-table",
                Warning,
                profile(json!({"table_allowlist": ["public.t"], "table_denylist": ["t"]})),
                profile(json!({"table_allowlist": ["t"], "table_denylist": ["app.t"]})),
            ),
            (
                "repeated-table",
                Info,
                profile(json!({"table_denylist": ["t", "T"]})),
                profile(json!({"table_denylist": ["t", "app.t"]})),
            ),
            (
                "conflicting-masks",
                Warning,
                profile(json!({"masking_rules": [mask("t", "hash"), mask("public.t", "redact")]})),
                profile(json!({"masking_rules": [mask("t", "hash"), mask("app.t", "redact")]})),
            ),
            (
                "empty-predicate",
                Warning,
                profile(json!({"row_filters": [{"table": "t", "predicate": " "}]})),
                profile(json!({"row_filters": [{"table": "t", "predicate": "a"}]})),
            ),
            (
                "empty-name",
                Warning,
                profile(json!({"table_denylist": [""]})),
                profile(json!({"table_denylist": ["a"]})),
            ),
            (
                "approval-limit-without-approvals",
                Info,
                profile(json!({"approval_auto_max_rows": 5})),
                rw(json!({"approval_auto_max_rows": 5, "approval_mode": "all"})),
            ),
            (
                "approval-timeout-zero",
                Warning,
                rw(json!({"approval_mode": "all", "approval_timeout_seconds": 0})),
                rw(json!({"approval_mode": "all"})),
            ),
            (
                "scan-limit-without-scan",
                Info,
                profile(json!({"content_scan_max_bytes": 5})),
                profile(json!({"content_scan_max_bytes": 5, "content_scan_mode": "block"})),
            ),
            (
                "hourly-budget-above-daily",
                Info,
                profile(json!({"budget_queries_per_hour": 5, "budget_queries_per_day": 4})),
                profile(json!({"budget_queries_per_hour": 5, "budget_queries_per_day": 5})),
            ),
        ];
        for (id, severity, bad, good) in &cases {
            let is_hit = |hits: &[(String, Severity, String)]| {
                hits.iter()
                    .any(|(rule, found, _)| rule == id && found == severity)
            };
            assert!(is_hit(&hits(bad)), "{id}: {bad}: {:?}", hits(bad));
            assert!(!is_hit(&hits(good)), "{id}: {good}: {:?}", hits(good));
        }
        for rule in RULES {
            assert!(
                cases.iter().any(|(id, ..)| *id == rule.id),
                "{} has no case",
                rule.id
            );
            assert!(
                schema::policy_profile().field(rule.field).is_some(),
                "{}",
                rule.id
            );
        }
        assert_eq!(hits(&profile(json!({}))), []);
    }

    #[test]
    fn a_dead_table_is_reported_once() {
        let hits = hits(&profile(json!({
            "table_denylist": ["t"],
            "masking_rules": [mask("app.t", "hash"), mask("app.T", "hash"), mask("u", "hash")],
        })));
        let messages: Vec<_> = hits
            .iter()
            .map(|(_, _, message)| message.as_str())
            .collect();
        assert_eq!(
            messages,
            ["the masks of `app.t` have no effect, because agents cannot use the table"]
        );
    }

    #[test]
    fn an_override_applies_to_all_findings_of_a_rule() {
        let json = profile(json!({"max_rows": 0, "masking_rules": [mask("t", "hash")]}));
        let profile = NormalizedProfile::from_json(json.as_object().cloned().expect("an object"));
        let linter = lint::Linter::new().severity("no-read-ceiling", Severity::Error);
        let findings = linter.expect("a rule").lint(&profile);
        assert_eq!(findings[0].severity, Severity::Error);
        let linter = lint::Linter::new().disable("no-read-ceiling");
        assert!(linter.expect("a rule").lint(&profile).is_empty());
        let error = lint::Linter::new().disable("no-such").expect_err("unknown");
        assert_eq!(error.to_string(), "unknown lint rule `no-such`");
    }

    /// The table in `rules.md` matches the rules. If the environment variable `UPDATE_RULES` is set, the test first
    /// writes the file.
    #[test]
    fn the_documentation_has_the_rules() {
        let mut table = String::from("| rule | severity | reports |\n| --- | --- | --- |\n");
        for rule in RULES {
            let message = rule.message.replace("`{}`", "…");
            let severity = match rule.id {
                "no-read-ceiling" => "info; warning if the profile has masks".into(),
                _ => rule.severity.to_string(),
            };
            table += &format!("| `{}` | {severity} | {message} |\n", rule.id);
        }
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policies/lint/rules.md");
        if std::env::var_os("UPDATE_RULES").is_some() {
            std::fs::write(file, &table).expect("a writable file");
        }
        let documented = std::fs::read_to_string(file).expect("a file");
        assert_eq!(
            documented, table,
            "run the test with UPDATE_RULES=1 to write the file"
        );
    }
}
