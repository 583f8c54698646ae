//! What may be changed of a policy profile: see [`Policies::edit`](super::Policies::edit).

use pgbeam_api::FieldError;
use serde::Serialize;
use serde_json::json;

use super::{
    PolicyProfile,
    fields::{Field, Kinds, policy_fields},
};
use crate::request::Edit;

/// Methods that put fields back to their defaults.
macro_rules! clear {
    ($($method:ident $field:literal $meaning:literal,)+) => {
        $(
            #[doc = concat!("Puts `", $field, "` back to its default: ", $meaning, ".")]
            pub fn $method(self) -> Self {
                self.reset($field)
            }
        )+
    };
}

/// The fields of a policy profile.
impl Edit<PolicyProfile> {
    /// Sets the name, for people: 1 to 128 characters.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.set("name", name.into())
    }

    policy_fields!();

    clear! {
        clear_access_mode "access_mode" "read only",
        clear_statement_rules "statement_rules" "no rules beyond the access mode",
        clear_table_allowlist "table_allowlist" "no restriction",
        clear_table_denylist "table_denylist" "no table is denied",
        clear_masking_rules "masking_rules" "nothing is masked",
        clear_row_filters "row_filters" "all rows exist for the agent",
        clear_budget_queries_per_hour "budget_queries_per_hour" "unlimited",
        clear_budget_queries_per_day "budget_queries_per_day" "unlimited",
        clear_max_rows "max_rows" "unlimited",
        clear_statement_timeout "statement_timeout_ms" "the project's default",
        clear_write_mode "write_mode" "writes are carried out",
        clear_approval_mode "approval_mode" "nothing waits for approval",
        clear_approval_auto_max_rows "approval_auto_max_rows" "nothing is approved automatically",
        clear_approval_timeout "approval_timeout_seconds" "300 s",
        clear_migration_safety "migration_safety" "schema changes are not looked at",
        clear_egress_bytes_per_day "egress_bytes_per_day" "unlimited",
        clear_max_affected_rows "max_affected_rows" "unlimited",
        clear_content_scan_mode "content_scan_mode" "results are not searched",
        clear_content_scan_max_bytes "content_scan_max_bytes" "4 MiB",
        clear_query_mode "query_mode" "agents may send SQL of their own",
    }

    fn put<T: Serialize>(self, field: Field<T>, value: T) -> Self {
        self.set(field.name, value)
    }

    /// Keeps why a value is refused.
    fn refuse<T>(self, field: Field<T>, why: String) -> Self {
        self.fault(FieldError::new(field.name, why))
    }

    /// Adds to a list, whatever it holds when the edit is carried out.
    fn add<T: Serialize>(mut self, list: Field<Vec<T>>, item: T) -> Self {
        self.patch.add(list.name, json!(item));
        self
    }

    /// Sets one list of the statement rules. The other stays: an `allow` that is forgotten would
    /// admit every kind of statement.
    fn put_kinds(mut self, list: Kinds, kinds: Vec<String>) -> Self {
        self.patch
            .set_inner("statement_rules", list.name, json!(kinds));
        self
    }
}
