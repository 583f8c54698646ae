//! What is known of functions by their names: which compute and nothing else, which reach
//! beyond what a statement shows.

use sqlparser::ast::{ObjectName, ObjectNamePart};

use super::names::fold;

/// Whether a function is one of PostgreSQL's own that do nothing but compute.
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

/// The name without its schema, as PostgreSQL reads it. What is known of a function holds
/// in every schema: some come with extensions, and those can be in any.
pub(crate) fn bare_name(function: &ObjectName) -> Option<String> {
    function
        .0
        .last()
        .and_then(ObjectNamePart::as_ident)
        .map(fold)
}

/// Whether the function of this name reads or does what its arguments say.
pub(crate) fn hides(name: &str) -> bool {
    HIDES.contains(&name) || HIDES_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether the function of this name changes something outside the statement's tables.
pub(crate) fn acts(name: &str) -> bool {
    ACTS.contains(&name) || ACTS_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether the function of this name takes a whole row.
pub(crate) fn takes_a_row(name: &str) -> bool {
    TAKES_A_ROW.contains(&name)
}

/// Functions that are known to read nothing but their arguments. Any other may do what
/// the statement does not show, and is noted.
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

/// Functions that read or do what stands in their arguments as text: they run SQL, read
/// tables by name, files, other servers. What they reach does not show in the statement.
/// Those that begin with one of [`HIDES_PREFIXES`] belong to them.
const HIDES: &[&str] = &[
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

/// How functions begin that belong to [`HIDES`].
const HIDES_PREFIXES: &[&str] = &["crosstab", "dblink", "lo_", "pg_file_", "pg_ls_"];

/// Functions that change something outside the statement's tables, mostly outside its
/// transaction: sessions, sequences, the server, replication.
const ACTS: &[&str] = &[
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

/// How functions begin that belong to [`ACTS`].
const ACTS_PREFIXES: &[&str] = &[
    "pg_advisory_",
    "pg_replication_origin_",
    "pg_stat_reset",
    "pg_try_advisory_",
];

/// Functions that take a whole row. PostgreSQL reads `u.to_json` as `to_json(u)` when `u`
/// has no such column.
const TAKES_A_ROW: &[&str] = &[
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
