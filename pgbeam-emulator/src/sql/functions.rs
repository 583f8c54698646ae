//! Lists of functions: harmless ones, ones that access data that the statement does not name, and ones with side
//! effects.

use sqlparser::ast::{ObjectName, ObjectNamePart};

use super::names::fold;

/// Returns `true` if the function is a built-in of PostgreSQL that reads only its arguments and changes
/// nothing.
pub(crate) fn is_harmless(function: &ObjectName) -> bool {
    let parts: Option<Vec<String>> = function
        .0
        .iter()
        .map(|part| part.as_ident().map(fold))
        .collect();
    match parts.as_deref() {
        Some([name]) => HARMLESS.contains(&name.as_str()),
        Some([schema, name]) => schema == "pg_catalog" && HARMLESS.contains(&name.as_str()),
        _ => false,
    }
}

/// Returns the folded name without its schema. Extensions can be installed in any schema, so the schema is
/// ignored.
pub(crate) fn bare_name(function: &ObjectName) -> Option<String> {
    function
        .0
        .last()
        .and_then(ObjectNamePart::as_ident)
        .map(fold)
}

/// Returns `true` if the function accesses data that its arguments name as strings.
pub(crate) fn has_hidden_access(name: &str) -> bool {
    HIDDEN_ACCESS.contains(&name)
        || HIDDEN_ACCESS_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// Returns `true` if the function changes something outside the statement's tables.
pub(crate) fn has_side_effects(name: &str) -> bool {
    SIDE_EFFECTS.contains(&name)
        || SIDE_EFFECT_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// Returns `true` if the function accepts a whole row.
pub(crate) fn accepts_row(name: &str) -> bool {
    ACCEPTS_ROW.contains(&name)
}

/// Functions that read only their arguments and change nothing. Other functions add a note to the verdict.
const HARMLESS: &[&str] = &[
    "abs",
    "array_agg",
    "array_length",
    "avg",
    "bool_and",
    "bool_or",
    "btrim",
    "ceil",
    "ceiling",
    "char_length",
    "concat",
    "concat_ws",
    "count",
    "date_part",
    "date_trunc",
    "dense_rank",
    "extract",
    "first_value",
    "floor",
    "format",
    "greatest",
    "initcap",
    "json_agg",
    "json_build_object",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_build_object",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "lower",
    "ltrim",
    "max",
    "md5",
    "min",
    "mod",
    "now",
    "ntile",
    "nullif",
    "coalesce",
    "power",
    "rank",
    "regexp_replace",
    "replace",
    "right",
    "round",
    "row_number",
    "rtrim",
    "split_part",
    "sqrt",
    "stddev",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_timestamp",
    "trim",
    "trunc",
    "unnest",
    "upper",
    "variance",
    "current_date",
    "current_timestamp",
    "current_time",
    "generate_series",
    "row_to_json",
    "cardinality",
    "percentile_cont",
    "percentile_disc",
    "gen_random_uuid",
    "random",
    "age",
    "make_date",
    "to_number",
    "position",
    "overlay",
    "repeat",
    "reverse",
    "lpad",
    "rpad",
    "strpos",
    "starts_with",
    "any_value",
    "mode",
];

/// Functions that run SQL, or read tables, files or other servers that their arguments name as strings.
const HIDDEN_ACCESS: &[&str] = &[
    "cursor_to_xml",
    "cursor_to_xmlschema",
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "database_to_xmlschema",
    "connectby",
    "pg_read_binary_file",
    "pg_read_file",
    "pg_read_file_old",
    "pg_stat_file",
    "query_to_xml",
    "query_to_xml_and_xmlschema",
    "query_to_xmlschema",
    "schema_to_xml",
    "schema_to_xml_and_xmlschema",
    "schema_to_xmlschema",
    "table_to_xml",
    "table_to_xml_and_xmlschema",
    "table_to_xmlschema",
    "ts_rewrite",
    "ts_stat",
    "xpath_table",
];

/// Prefixes of further functions like [`HIDDEN_ACCESS`].
const HIDDEN_ACCESS_PREFIXES: &[&str] = &["crosstab", "dblink", "lo_", "pg_file_", "pg_ls_"];

/// Functions that change something outside the statement's tables: sessions, sequences, the server,
/// replication.
const SIDE_EFFECTS: &[&str] = &[
    "loread",
    "lowrite",
    "pg_backup_start",
    "pg_backup_stop",
    "pg_cancel_backend",
    "pg_copy_logical_replication_slot",
    "pg_copy_physical_replication_slot",
    "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot",
    "pg_create_restore_point",
    "pg_drop_replication_slot",
    "pg_import_system_collations",
    "pg_log_backend_memory_contexts",
    "pg_logical_emit_message",
    "pg_logical_slot_get_binary_changes",
    "pg_logical_slot_get_changes",
    "pg_notify",
    "pg_promote",
    "pg_reload_conf",
    "pg_replication_slot_advance",
    "pg_rotate_logfile",
    "pg_rotate_logfile_old",
    "pg_switch_wal",
    "pg_terminate_backend",
    "pg_wal_replay_pause",
    "pg_wal_replay_resume",
    "setval",
];

/// Prefixes of further functions like [`SIDE_EFFECTS`].
const SIDE_EFFECT_PREFIXES: &[&str] = &[
    "pg_advisory_",
    "pg_replication_origin_",
    "pg_stat_reset",
    "pg_try_advisory_",
];

/// Functions that accept a whole row. PostgreSQL reads `u.to_json` as `to_json(u)` if `u` has no such column.
const ACCEPTS_ROW: &[&str] = &[
    "any_value",
    "array_agg",
    "concat",
    "first_value",
    "format",
    "hash_record",
    "hstore",
    "json_agg",
    "json_build_array",
    "json_build_object",
    "jsonb_agg",
    "jsonb_build_array",
    "jsonb_build_object",
    "lag",
    "last_value",
    "lead",
    "max",
    "min",
    "mode",
    "quote_literal",
    "quote_nullable",
    "record_out",
    "record_send",
    "row_to_json",
    "text",
    "to_json",
    "to_jsonb",
];
