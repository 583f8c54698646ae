//! `lintMigration`: lints the SQL of a migration with the linter of the engine.

use http::StatusCode;
use pgbeam_engine::{Severity, lint_migration, rule};
use serde_json::{Value, json};

use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{Handler, HandlerResult, Kind, OperationRequest, check_parents};
use crate::store::str_field;

pub(super) const HANDLERS: &[(&str, Handler)] = &[("lintMigration", lint)];

pub(super) const KINDS: &[&dyn Kind] = &[];

/// Lints a migration. If the SQL cannot be parsed, returns one finding with the rule `parse_error`. Returns 404 if the
/// target database does not exist.
fn lint(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let body = request.parse_body()?.finish()?;
    if let Some(id) = body.get("database_id").and_then(Value::as_str) {
        let databases = request.project_collection("databases");
        let database = request.store.get(&databases, id);
        database.ok_or_else(|| Problem::not_found("database", id))?;
    }
    let response = match lint_migration(str_field(&body, "sql")) {
        Ok(findings) => {
            let is_safe = findings
                .iter()
                .all(|finding| finding.severity != Severity::Error);
            json!({"safe": is_safe, "findings": findings})
        }
        Err(reason) => json!({"safe": false, "findings": [{
            "severity": Severity::Error, "rule": rule::PARSE_ERROR, "message": reason,
        }]}),
    };
    Ok(Response::json(StatusCode::OK, &response))
}
