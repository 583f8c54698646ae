//! Lists of functions: those that every policy blocks, and those that accept a whole row.

/// Returns why every policy blocks calls of the function, or `None` if calls are not blocked. `name` is in lower case,
/// without the schema: extensions can be installed in any schema.
pub(crate) fn refusal(name: &str) -> Option<&'static str> {
    let has_prefix = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if FILES.contains(&name) || has_prefix(&["pg_ls_", "pg_file_", "pg_read_", "pg_stat_file"]) {
        Some("accesses files of the server")
    } else if name.starts_with("lo_") || ["loread", "lowrite"].contains(&name) {
        Some("accesses large objects")
    } else if REPLICATION.contains(&name)
        || has_prefix(&["pg_logical_", "pg_replication_"])
        || (name.starts_with("pg_") && name.ends_with("_replication_slot"))
    {
        Some("accesses replication")
    } else if name.starts_with("dblink") {
        Some("accesses another server")
    } else if XML.contains(&name) {
        Some("runs SQL or reads tables that the statement does not name")
    } else if ["pg_sleep", "pg_sleep_for", "pg_sleep_until"].contains(&name) {
        Some("blocks the session")
    } else if UNPUBLISHED.contains(&name)
        || has_prefix(UNPUBLISHED_PREFIXES)
        || name.ends_with("_page_items")
    {
        Some(UNPUBLISHED_REASON)
    } else {
        None
    }
}

/// The reason for blocking a function if PgBeam does not publish whether it blocks that function.
pub(crate) const UNPUBLISHED_REASON: &str = "has effects outside the statement's tables";

const FILES: &[&str] = &["pg_rotate_logfile", "pg_current_logfile"];

const REPLICATION: &[&str] = &["pg_create_restore_point", "pg_switch_wal", "pg_promote"];

/// Functions that export tables, or the result of SQL in a string, as XML.
const XML: &[&str] = &[
    "cursor_to_xml",
    "cursor_to_xmlschema",
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "database_to_xmlschema",
    "query_to_xml",
    "query_to_xml_and_xmlschema",
    "query_to_xmlschema",
    "schema_to_xml",
    "schema_to_xml_and_xmlschema",
    "schema_to_xmlschema",
    "table_to_xml",
    "table_to_xml_and_xmlschema",
    "table_to_xmlschema",
];

const UNPUBLISHED_PREFIXES: &[&str] = &[
    "autoprewarm_",
    "binary_upgrade_",
    "brin_desummarize_",
    "brin_summarize_",
    "heap_force_",
    "pg_advisory_",
    "pg_control_",
    "pg_get_wal_",
    "pg_stat_reset",
    "pg_try_advisory_",
];

const UNPUBLISHED: &[&str] = &[
    "connectby",
    "crosstab",
    "crosstab2",
    "crosstab3",
    "crosstab4",
    "crosstabn",
    "get_raw_page",
    "gin_clean_pending_list",
    "heap_page_item_attrs",
    "nextval",
    "pg_backup_start",
    "pg_backup_stop",
    "pg_cancel_backend",
    "pg_export_snapshot",
    "pg_extension_config_dump",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_import_system_collations",
    "pg_log_backend_memory_contexts",
    "pg_logdir_ls",
    "pg_nextoid",
    "pg_notify",
    "pg_prewarm",
    "pg_reload_conf",
    "pg_rotate_logfile_old",
    "pg_show_all_file_settings",
    "pg_stat_statements_reset",
    "pg_stop_making_pinned_objects",
    "pg_terminate_backend",
    "pg_truncate_visibility_map",
    "pg_wal_replay_pause",
    "pg_wal_replay_resume",
    "set_config",
    "setval",
    "ts_rewrite",
    "ts_stat",
    "tuple_data_split",
    "xpath_table",
];

/// Returns `true` if the function accepts a whole row. PostgreSQL reads `u.to_json` as `to_json(u)` if `u` has no such
/// column.
pub(crate) fn accepts_row(name: &str) -> bool {
    ACCEPTS_ROW.contains(&name)
}

const ACCEPTS_ROW: &[&str] = &[
    "any_value",
    "array_agg",
    "concat",
    "count",
    "cume_dist",
    "dense_rank",
    "hash_record",
    "hstore",
    "json_agg",
    "json_build_array",
    "json_build_object",
    "jsonb_agg",
    "jsonb_build_array",
    "jsonb_build_object",
    "max",
    "min",
    "mode",
    "num_nonnulls",
    "num_nulls",
    "percent_rank",
    "pg_column_compression",
    "pg_column_size",
    "quote_literal",
    "quote_nullable",
    "rank",
    "record_out",
    "record_send",
    "row_to_json",
    "to_json",
    "to_jsonb",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_the_published_and_the_unpublished_functions() {
        for name in [
            "pg_read_file",
            "pg_read_binary_file",
            "pg_ls_dir",
            "pg_stat_file",
            "lo_import",
            "lo_export",
            "lo_get",
            "lo_put",
            "pg_create_logical_replication_slot",
            "pg_logical_slot_get_changes",
            "pg_logical_emit_message",
            "dblink",
            "dblink_exec",
            "dblink_connect",
            "query_to_xml",
            "table_to_xml",
            "schema_to_xml",
            "database_to_xml",
            "pg_sleep",
            "pg_sleep_for",
            "pg_sleep_until",
        ] {
            let reason = refusal(name);
            assert!(
                reason.is_some_and(|reason| reason != UNPUBLISHED_REASON),
                "{name}"
            );
        }
        for name in [
            "now",
            "lower",
            "pg_typeof",
            "xmlagg",
            "log",
            "pg_relation_size",
            "locate",
        ] {
            assert_eq!(refusal(name), None, "{name}");
        }
        for name in [
            "set_config",
            "nextval",
            "pg_terminate_backend",
            "pg_advisory_lock",
        ] {
            assert_eq!(refusal(name), Some(UNPUBLISHED_REASON), "{name}");
        }
    }
}
