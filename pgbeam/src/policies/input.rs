//! A whole policy profile, as it is created, replaced or tried.

use pgbeam_api::{Error, FieldError, types};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::fields::policy_fields;
use crate::{
    body::{self, Members},
    resource::Input,
};

/// The rules of a policy profile, to create one, to replace one, or to try them.
///
/// What is not set is not sent, and takes its default: in a replacement too, where `query_mode`
/// alone keeps its stored value. To change some fields of a stored profile and leave the others as
/// they are, use [`Policies::edit`](super::Policies::edit) instead.
///
/// Bounds are checked when a request is sent, and by [`validate`](Self::validate): all fields that
/// are out of bounds are reported at once, and then nothing is sent.
///
/// It reads from and writes to JSON in the contract's own form, so that policies can be kept in
/// files; members that this version of the crate does not know are kept. Writing fails while a
/// value that a setter refused has not been replaced.
///
/// ```
/// use std::time::Duration;
/// use pgbeam::policies::{AccessMode, Mask, PolicyProfileInput, RowFilter};
///
/// let input = PolicyProfileInput::new("Read-only analytics")
///     .access_mode(AccessMode::ReadOnly)
///     .table_allowlist(["public.orders", "public.users"])
///     .masking_rules([Mask::redact("public.users", "email")])
///     .row_filters([RowFilter::new("public.orders", "region = 'eu'")])
///     .max_rows(1_000)
///     .statement_timeout(Duration::from_secs(5));
/// input.validate()?;
/// # Ok::<(), pgbeam::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Members")]
#[must_use = "rules do nothing until they are given to a request"]
pub struct PolicyProfileInput {
    members: Members,
    faults: Vec<FieldError>,
}

impl From<Members> for PolicyProfileInput {
    fn from(members: Members) -> Self {
        Self { members, faults: Vec::new() }
    }
}

impl Serialize for PolicyProfileInput {
    /// Fails while a setter's value is refused: without it, what is written would be another
    /// policy.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.faults.first() {
            Some(fault) => Err(serde::ser::Error::custom(fault)),
            None => self.members.serialize(to),
        }
    }
}

impl PolicyProfileInput {
    /// A profile of this name (1 to 128 characters) with every field at its default: read only,
    /// and otherwise without restriction.
    pub fn new(name: impl Into<String>) -> Self {
        let mut members = Members::new();
        members.insert("name".to_owned(), Value::String(name.into()));
        Self { members, faults: Vec::new() }
    }

    /// Sets the name, for people: 1 to 128 characters.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.set("name", name.into())
    }

    policy_fields!();

    /// Sets a field by its name in the contract: one that this version of the crate does not know,
    /// perhaps. A field that it does know is checked all the same.
    pub fn field(self, name: &str, value: impl Into<crate::JsonValue>) -> Self {
        self.set(name, value.into())
    }

    /// What is set of it, by the names of the contract.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.members.get(field)
    }

    /// Checks it against the bounds of the contract, as every request does before it is sent.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid), with every field that is out of bounds.
    pub fn validate(&self) -> Result<(), Error> {
        let errors = Input::check(self);
        if errors.is_empty() { Ok(()) } else { Err(Error::invalid(errors)) }
    }

    /// Values that a setter refused.
    pub(super) fn faults(&self) -> &[FieldError] {
        &self.faults
    }

    fn set(mut self, field: &str, value: impl Serialize) -> Self {
        self.faults.retain(|fault| fault.field() != field);
        match serde_json::to_value(value) {
            Ok(value) => {
                self.members.insert(field.to_owned(), value);
            }
            Err(error) => self.faults.push(FieldError::new(field, error.to_string())),
        }
        self
    }

    fn set_rule(mut self, rule: &str, kinds: Vec<String>) -> Self {
        // What is no object is left for the check to refuse: it may have been meant as a protection.
        match self.members.entry("statement_rules").or_insert(Value::Null) {
            Value::Object(rules) => {
                rules.insert(rule.to_owned(), json!(kinds));
            }
            none @ Value::Null => *none = json!({ rule: kinds }),
            _ => {}
        }
        self
    }

    fn add(mut self, list: &str, item: impl Serialize) -> Self {
        // What is no list is left for the check to refuse: it may have been meant as a protection.
        match self.members.entry(list).or_insert(Value::Null) {
            Value::Array(items) => items.push(json!(item)),
            none @ Value::Null => *none = json!([item]),
            _ => {}
        }
        self
    }

    fn fault(mut self, fault: FieldError) -> Self {
        // The value before must not be sent in place of the one that was refused.
        self.members.remove(fault.field());
        self.faults.retain(|other| other.field() != fault.field());
        self.faults.push(fault);
        self
    }
}

impl Input for PolicyProfileInput {
    fn members(&self) -> &Members {
        &self.members
    }

    fn check(&self) -> Vec<FieldError> {
        let mut errors = self.faults.clone();
        errors.extend(body::check::<types::PolicyProfileInput>(&self.members));
        errors
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::policies::{AccessMode, Mask, StatementRules};

    fn sent(input: &PolicyProfileInput) -> String {
        serde_json::to_string(input).unwrap()
    }

    #[test]
    fn what_is_not_set_is_not_sent_and_an_empty_list_is() {
        assert_eq!(sent(&PolicyProfileInput::new("x")), r#"{"name":"x"}"#);
        let empty = PolicyProfileInput::new("x").table_allowlist([""; 0]).masking_rules([]);
        assert_eq!(sent(&empty), r#"{"masking_rules":[],"name":"x","table_allowlist":[]}"#);
    }

    #[test]
    fn every_setter_makes_what_the_contract_takes() {
        let input = PolicyProfileInput::new("x")
            .access_mode(AccessMode::ReadWrite)
            .statement_rules(StatementRules::new().allow(["select"]))
            .deny_statements(["ddl"])
            .table_allowlist(["a"])
            .table_denylist(vec!["b".to_owned()])
            .mask(Mask::hash("t", "c"))
            .row_filter(super::super::RowFilter::new("t", "true"))
            .budget_queries_per_hour(1)
            .budget_queries_per_day(2)
            .max_rows(3)
            .statement_timeout(Duration::from_secs(4))
            .write_mode("rollback")
            .approval_mode("writes")
            .approval_auto_max_rows(5)
            .approval_timeout(Duration::from_secs(6))
            .migration_safety("block")
            .egress_bytes_per_day(7)
            .max_affected_rows(8)
            .content_scan_mode("annotate")
            .content_scan_max_bytes(9)
            .query_mode("templates");
        input.validate().unwrap();
        // Every field of the generated type is set, so none was misspelt and none forgotten.
        let typed: types::PolicyProfileInput = serde_json::from_value(json!(input)).unwrap();
        let typed = serde_json::to_value(typed).unwrap();
        assert_eq!(typed, json!(input));
        assert_eq!(typed.as_object().unwrap().len(), 21);
        assert_eq!(typed["statement_rules"], json!({"allow": ["select"], "deny": ["ddl"]}));
        assert_eq!(typed["statement_timeout_ms"], 4_000);
    }

    #[test]
    fn every_field_that_is_wrong_is_reported_at_once() {
        let input = PolicyProfileInput::new("")
            .max_rows(-1)
            .egress_bytes_per_day(i64::MIN)
            .statement_timeout(Duration::from_nanos(1))
            .approval_timeout(Duration::from_millis(1_500));
        let error = input.validate().unwrap_err();
        let fields: Vec<_> = error.field_errors().iter().map(|error| error.field()).collect();
        assert_eq!(
            fields,
            [
                "statement_timeout_ms",
                "approval_timeout_seconds",
                "egress_bytes_per_day",
                "max_rows",
                "name"
            ]
        );
        // A good value makes up for a bad one.
        let mended = PolicyProfileInput::new("x").statement_timeout(Duration::from_nanos(1));
        assert!(mended.clone().validate().is_err());
        assert!(mended.statement_timeout(Duration::from_secs(1)).validate().is_ok());
    }

    #[test]
    fn a_refused_value_does_not_leave_the_one_before_in_place() {
        let input = PolicyProfileInput::new("x").statement_timeout(Duration::from_secs(9));
        let input = input.statement_timeout(Duration::from_nanos(1));
        assert_eq!(input.get("statement_timeout_ms"), None);
        // Nor is it written down as if it had never been set.
        assert!(serde_json::to_string(&input).is_err());
        assert!(input.validate().is_err());
    }

    #[test]
    fn json_from_a_file_keeps_what_is_not_known_and_is_checked() {
        let text = r#"{"name":"x","new_protection":{"level":9}}"#;
        let input: PolicyProfileInput = serde_json::from_str(text).unwrap();
        input.validate().unwrap();
        assert_eq!(sent(&input), text);
        for (bad, field) in [
            (r#"{"name":"x","row_filters":{"table":"t","predicate":"p"}}"#, "row_filters"),
            (r#"{"name":"x","statement_rules":"select"}"#, "statement_rules"),
            (r#"{}"#, "body"),
            (r#"{"name":1}"#, "name"),
            (r#"{"name":"x","max_rows":"1"}"#, "max_rows"),
            (
                r#"{"name":"x","masking_rules":[{"table":"t","column":"c","kind":1}]}"#,
                "masking_rules[0].kind",
            ),
        ] {
            let input: PolicyProfileInput = serde_json::from_str(bad).unwrap();
            let fields = |input: PolicyProfileInput| {
                let error = input.validate().unwrap_err();
                error.field_errors().iter().map(|of| of.field().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(fields(input.clone())[0], field, "{bad}");
            // Adding to what is malformed does not make it good by throwing it away.
            let more = input.row_filter(super::super::RowFilter::new("t", "true"));
            let more = more.allow_statements(["select"]);
            assert_eq!(fields(more)[0], field, "{bad}");
        }
    }
}
