//! The fields of a policy profile that a caller may set: written once, for the whole profile
//! ([`PolicyProfileInput`](super::PolicyProfileInput)) and for a change of some of it
//! ([`Policies::edit`](super::Policies::edit)).

use std::time::Duration;

use pgbeam_api::types::{PolicyProfileInput, StatementRules};

/// A field: what the contract calls it, and where its type has it.
pub(crate) struct Field<T, Of = PolicyProfileInput> {
    pub(crate) name: &'static str,
    pub(crate) of: fn(&mut Of) -> &mut Option<T>,
}

/// One list of the statement rules.
pub(crate) type Kinds = Field<Vec<String>, StatementRules>;

/// A field by its name in the contract; one that the contract does not have is no name of a field.
macro_rules! field {
    ($name:ident) => {
        $crate::policies::fields::Field {
            name: stringify!($name),
            of: |all| &mut all.$name,
        }
    };
}
pub(crate) use field;

/// The setters, as inherent methods of a type that has `put(field, value)`, `refuse(field, why)`,
/// `add(list, item)` and `put_kinds(allow or deny, kinds)`.
macro_rules! policy_fields {
    () => {
        /// Sets whether statements may change data or schema. Default: read only.
        pub fn access_mode(self, mode: impl Into<$crate::policies::AccessMode>) -> Self {
            self.put($crate::policies::fields::field!(access_mode), mode.into())
        }

        /// Sets the statement kinds that are admitted and refused, both at once.
        /// Default: none beyond the access mode.
        pub fn statement_rules(self, rules: $crate::policies::StatementRules) -> Self {
            self.put(
                $crate::policies::fields::field!(statement_rules),
                rules.into_wire(),
            )
        }

        /// Admits only these kinds of statement, such as `select`. It only narrows, and never
        /// lifts a read-only mode. Empty: no restriction.
        pub fn allow_statements(self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.put_kinds(
                $crate::policies::fields::field!(allow),
                kinds.into_iter().map(Into::into).collect(),
            )
        }

        /// Refuses these kinds of statement, such as `ddl`, even if they are admitted elsewhere.
        pub fn deny_statements(self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.put_kinds(
                $crate::policies::fields::field!(deny),
                kinds.into_iter().map(Into::into).collect(),
            )
        }

        /// Sets the only tables that may be reached. An entry without a schema means that table
        /// in the schema `public` alone. Empty, and the default: no restriction.
        pub fn table_allowlist(self, tables: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.put(
                $crate::policies::fields::field!(table_allowlist),
                tables.into_iter().map(Into::into).collect(),
            )
        }

        /// Sets the tables that may not be reached, even if the allowlist names them. An entry
        /// without a schema means the tables of that name in every schema. Default: none.
        pub fn table_denylist(self, tables: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.put(
                $crate::policies::fields::field!(table_denylist),
                tables.into_iter().map(Into::into).collect(),
            )
        }

        /// Sets all columns whose values are hidden in results. Default: none.
        pub fn masking_rules(
            self,
            masks: impl IntoIterator<Item = $crate::policies::Mask>,
        ) -> Self {
            let masks = masks
                .into_iter()
                .map($crate::policies::Mask::into_wire)
                .collect();
            self.put($crate::policies::fields::field!(masking_rules), masks)
        }

        /// Adds a column whose values are hidden in results, to those that this sets or, in an edit,
        /// to those that are stored.
        pub fn mask(self, mask: $crate::policies::Mask) -> Self {
            self.add(
                $crate::policies::fields::field!(masking_rules),
                mask.into_wire(),
            )
        }

        /// Adds a condition that limits which rows exist for the agent, to those that this sets or,
        /// in an edit, to those that are stored.
        pub fn row_filter(self, filter: $crate::policies::RowFilter) -> Self {
            self.add(
                $crate::policies::fields::field!(row_filters),
                filter.into_wire(),
            )
        }

        /// Adds a table that may not be reached, to those that this sets or, in an edit, to those
        /// that are stored.
        pub fn deny_table(self, table: impl Into<String>) -> Self {
            self.add(
                $crate::policies::fields::field!(table_denylist),
                table.into(),
            )
        }

        /// Sets all conditions that limit which rows exist for the agent. Default: none, so all
        /// rows do.
        pub fn row_filters(
            self,
            filters: impl IntoIterator<Item = $crate::policies::RowFilter>,
        ) -> Self {
            let filters = filters
                .into_iter()
                .map($crate::policies::RowFilter::into_wire)
                .collect();
            self.put($crate::policies::fields::field!(row_filters), filters)
        }

        /// Sets the most queries in an hour. 0, and the default: unlimited.
        pub fn budget_queries_per_hour(self, queries: i64) -> Self {
            self.put(
                $crate::policies::fields::field!(budget_queries_per_hour),
                queries,
            )
        }

        /// Sets the most queries in a day. 0, and the default: unlimited.
        pub fn budget_queries_per_day(self, queries: i64) -> Self {
            self.put(
                $crate::policies::fields::field!(budget_queries_per_day),
                queries,
            )
        }

        /// Sets the most rows that one query may return. 0, and the default: unlimited.
        pub fn max_rows(self, rows: i64) -> Self {
            self.put($crate::policies::fields::field!(max_rows), rows)
        }

        /// Sets the longest run time of a statement, in whole milliseconds; a shorter remainder is
        /// refused, because rounding it to 0 would lift the limit. 0, and the default: the
        /// project's default, which is not the same as no limit.
        pub fn statement_timeout(self, timeout: ::std::time::Duration) -> Self {
            let field: $crate::policies::fields::Field<i64> =
                $crate::policies::fields::field!(statement_timeout_ms);
            match $crate::policies::fields::milliseconds(timeout) {
                Ok(milliseconds) => self.put(field, milliseconds),
                Err(why) => self.refuse(field, why),
            }
        }

        /// Sets what becomes of writes that the other rules admit. Default: they are carried out.
        pub fn write_mode(self, mode: impl Into<$crate::policies::WriteMode>) -> Self {
            self.put($crate::policies::fields::field!(write_mode), mode.into())
        }

        /// Sets which statements wait for a person's approval. Default: none.
        pub fn approval_mode(self, mode: impl Into<$crate::policies::ApprovalMode>) -> Self {
            self.put($crate::policies::fields::field!(approval_mode), mode.into())
        }

        /// Sets how many rows a statement may touch to be approved automatically. 0, and the
        /// default: none is.
        pub fn approval_auto_max_rows(self, rows: i64) -> Self {
            self.put(
                $crate::policies::fields::field!(approval_auto_max_rows),
                rows,
            )
        }

        /// Sets how long a statement waits for approval, in whole seconds; a shorter remainder is
        /// refused. Default: 300 s.
        pub fn approval_timeout(self, timeout: ::std::time::Duration) -> Self {
            let field: $crate::policies::fields::Field<i64> =
                $crate::policies::fields::field!(approval_timeout_seconds);
            match $crate::policies::fields::seconds(timeout) {
                Ok(seconds) => self.put(field, seconds),
                Err(why) => self.refuse(field, why),
            }
        }

        /// Sets what happens to schema changes that look dangerous. Default: nothing.
        pub fn migration_safety(
            self,
            safety: impl Into<$crate::policies::MigrationSafety>,
        ) -> Self {
            self.put(
                $crate::policies::fields::field!(migration_safety),
                safety.into(),
            )
        }

        /// Sets the most bytes that results may carry out in a day. 0, and the default: unlimited.
        pub fn egress_bytes_per_day(self, bytes: i64) -> Self {
            self.put(
                $crate::policies::fields::field!(egress_bytes_per_day),
                bytes,
            )
        }

        /// Sets the most rows that one write may touch; one that exceeds it is rolled back. 0, and
        /// the default: unlimited.
        pub fn max_affected_rows(self, rows: i64) -> Self {
            self.put($crate::policies::fields::field!(max_affected_rows), rows)
        }

        /// Sets whether results are searched for text that looks like instructions to the agent.
        /// Default: they are not.
        pub fn content_scan_mode(self, mode: impl Into<$crate::policies::ContentScanMode>) -> Self {
            self.put(
                $crate::policies::fields::field!(content_scan_mode),
                mode.into(),
            )
        }

        /// Sets how much of one statement's result is searched, in bytes. 0, and the default:
        /// 4 MiB.
        pub fn content_scan_max_bytes(self, bytes: i64) -> Self {
            self.put(
                $crate::policies::fields::field!(content_scan_max_bytes),
                bytes,
            )
        }

        /// Sets whether agents may send SQL of their own or only use query templates. Default: SQL
        /// in a new profile; a replacement that does not say keeps what is stored.
        ///
        /// Templates alone are refused with 400 while the project has no enabled template, and
        /// with 409 while a self-hosted enrollment is live.
        pub fn query_mode(self, mode: impl Into<$crate::policies::QueryMode>) -> Self {
            self.put($crate::policies::fields::field!(query_mode), mode.into())
        }
    };
}
pub(crate) use policy_fields;

/// A duration in whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> Result<i64, String> {
    whole(duration, 1_000, "milliseconds")
}

/// A duration in whole seconds.
pub(crate) fn seconds(duration: Duration) -> Result<i64, String> {
    whole(duration, 1, "seconds")
}

/// A duration in units of which a second has so many.
fn whole(duration: Duration, a_second: u32, units: &str) -> Result<i64, String> {
    let nanoseconds = 1_000_000_000 / a_second;
    if !duration.subsec_nanos().is_multiple_of(nanoseconds) {
        return Err(format!(
            "must be a whole number of {units}, is {duration:?}"
        ));
    }
    let rest = i64::from(duration.subsec_nanos() / nanoseconds);
    let count = i64::try_from(duration.as_secs())
        .ok()
        .and_then(|seconds| seconds.checked_mul(i64::from(a_second))?.checked_add(rest));
    count.ok_or_else(|| format!("is too long: {duration:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_that_would_round_to_another_limit_is_refused() {
        assert_eq!(milliseconds(Duration::ZERO), Ok(0));
        assert_eq!(milliseconds(Duration::from_secs(5)), Ok(5_000));
        assert_eq!(
            milliseconds(Duration::from_micros(500)),
            Err("must be a whole number of milliseconds, is 500µs".to_owned())
        );
        assert!(milliseconds(Duration::from_micros(1_500)).is_err());
        assert!(milliseconds(Duration::MAX).is_err());
        assert_eq!(seconds(Duration::from_secs(300)), Ok(300));
        assert!(seconds(Duration::from_millis(300_500)).is_err());
    }
}
