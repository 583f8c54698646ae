//! The CSV export of the audit log.

use super::entry::{AuditEntry, FIELDS, plain};

/// Formats entries as CSV (RFC 4180): a header row with the names of the fields, then one row for each entry. Rows end
/// in CRLF. Absent fields are empty.
///
/// Values that a spreadsheet would read as formulas are not escaped.
pub(crate) fn export<'a>(entries: impl IntoIterator<Item = &'a AuditEntry>) -> Vec<u8> {
    let mut csv = FIELDS.join(",");
    csv.push_str("\r\n");
    for entry in entries {
        let row: Vec<String> = FIELDS
            .iter()
            .map(|name| quote(plain(entry, name).unwrap_or_default()))
            .collect();
        csv.push_str(&row.join(","));
        csv.push_str("\r\n");
    }
    csv.into_bytes()
}

/// Quotes a value, and doubles the quotes in it, if it contains a comma, a quote or a line break.
fn quote(value: String) -> String {
    if value.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::entry;

    #[test]
    fn quotes_only_where_needed() {
        for (value, quoted) in [
            ("", ""),
            ("SELECT 1", "SELECT 1"),
            ("=1+1", "=1+1"),
            (" x ", " x "),
            ("a,b", "\"a,b\""),
            ("SELECT \"a\"", "\"SELECT \"\"a\"\"\""),
            ("a\nb", "\"a\nb\""),
            ("a\rb", "\"a\rb\""),
        ] {
            assert_eq!(quote(value.to_owned()), quoted, "{value:?}");
        }
    }

    #[test]
    fn the_header_is_the_first_row() {
        let entries = [entry(serde_json::json!({
            "id": "aud_1", "credential_id": null, "event": "query", "sql": "SELECT 1, 2", "latency_ms": 1.5,
            "rows_returned": 0, "seq": 7,
        }))];
        let header = "id,project_id,credential_id,region,event,sql,normalized_sql,query_hash,statement_kind,\
            decision_rule,reason,rows_returned,bytes_out,latency_ms,cache_status,client_ip,session_id,source,ts,seq,\
            prev_hash,entry_hash\r\n";
        assert_eq!(export([]), header.as_bytes());
        let row = "aud_1,,,,query,\"SELECT 1, 2\",,,,,,0,,1.5,,,,,,7,,\r\n";
        assert_eq!(
            String::from_utf8(export(&entries)).expect("UTF-8"),
            format!("{header}{row}")
        );
    }
}
