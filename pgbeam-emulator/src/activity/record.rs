//! Records the statement of an agent: evaluates it, writes its audit log entry, and sends webhook events.

use pgbeam_engine::{normalize_sql, query_hash};
use serde_json::{Map, Value, json};

use super::decision::{Decision, decide};
use super::outcome::Outcome;
use super::statement::Statement;
use super::{credential, honeytoken};
use crate::areas::agents;
use crate::audit::entry::{self, AuditEntry, is_executed, object};
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::resource::Context;
use crate::store::{TrafficEntry, new_id};
use crate::webhooks::event::WebhookEvent;

/// The IP address of all agents.
const CLIENT_IP: &str = "127.0.0.1";
/// The region in which statements are executed.
const REGION: &str = "local";

/// Records a statement of an agent credential and returns its audit log entry.
///
/// The body has the fields `credential_id`, `sql`, `rows_returned`, `bytes_out`, `latency_ms` and `ts`; only the first
/// two are required. The entry of a statement that was not executed has 0 rows and 0 bytes, whatever the body
/// contains. A statement that `migration_safety` flags has another entry, before the returned one.
///
/// # Errors
///
/// 400 if the body is invalid, and 404 if the project has no such credential. A blocked statement is not an error.
pub(crate) fn record(
    context: &mut Context<'_>,
    project_id: &str,
    body: &Map<String, Value>,
) -> Result<Value, Problem> {
    let statement = Statement::parse(context.contract, body, context.now)?;
    let decision = decide(context.store, project_id, &statement)?;
    let has_session = !decision.outcome.is_login_failure();
    let activity = context.store.activity_mut(project_id);
    let session_id = has_session.then(|| activity.open_session(statement.credential_id));
    let mut write = |outcome: &Outcome| {
        let mut entry = audit_entry(&statement, &decision, outcome);
        entry.insert("project_id".to_owned(), project_id.into());
        if let Some(id) = &session_id {
            entry.insert("session_id".to_owned(), id.as_str().into());
        }
        let entry = context.store.activity_mut(project_id).audit.append(entry);
        publish(context, project_id, outcome, &entry);
        entry
    };
    if let Some(flagged) = &decision.flagged {
        write(flagged);
    }
    let entry = write(&decision.outcome);
    if has_session {
        let traffic = traffic(&statement, &decision.outcome, is_executed(&entry));
        context.store.activity_mut(project_id).traffic.push(traffic);
        let id = statement.credential_id;
        credential::set_last_used(context.store, project_id, id, statement.at);
    }
    if decision.outcome.event == honeytoken::EVENT {
        honeytoken::raise_alert(context, project_id, &entry, statement.at);
    }
    if decision.is_kill {
        agents::set_status(context, project_id, statement.credential_id, "disabled")?;
    }
    Ok(Value::Object(entry))
}

/// Creates an audit log entry about a statement, without the project, the session and the position in the hash chain.
fn audit_entry(statement: &Statement<'_>, decision: &Decision, outcome: &Outcome) -> AuditEntry {
    let mut entry = outcome.fields();
    let (rows, bytes) = if !is_executed(&entry) {
        (0, 0)
    } else if decision.max_rows > 0 {
        let rows = statement.rows_returned.min(decision.max_rows);
        (rows, statement.bytes_out)
    } else {
        (statement.rows_returned, statement.bytes_out)
    };
    // A flagged statement has two entries. Only the one with the decision has the latency, so that sums count it once.
    let latency = statement
        .latency_ms
        .filter(|_| entry::decision(&entry).is_some());
    entry.extend(object(json!({
        "id": new_id("aud"),
        "credential_id": statement.credential_id,
        "region": REGION,
        "sql": statement.sql,
        "normalized_sql": normalize_sql(statement.sql),
        "query_hash": query_hash(statement.sql),
        "statement_kind": decision.kind,
        "rows_returned": rows,
        "bytes_out": bytes,
        "latency_ms": latency,
        "cache_status": "none",
        "client_ip": CLIENT_IP,
        "source": "wire",
        "ts": format_timestamp(statement.at),
    })));
    entry.retain(|_, value| !value.is_null());
    entry
}

/// Returns the statement as input of replays and recommendations.
fn traffic(statement: &Statement<'_>, outcome: &Outcome, is_executed: bool) -> TrafficEntry {
    TrafficEntry {
        agent_id: statement.credential_id.to_owned(),
        credential_id: statement.credential_id.to_owned(),
        sql: statement.sql.to_owned(),
        at: statement.at,
        times: 1,
        event: outcome.event.to_owned(),
        rule: outcome.rule.clone(),
        blocked: !is_executed,
    }
}

fn publish(context: &Context<'_>, project_id: &str, outcome: &Outcome, entry: &AuditEntry) {
    if let Some(kind) = outcome.webhook_event() {
        let event = WebhookEvent::from_audit_entry(kind, project_id, entry, context.now);
        context.publish(&event);
    }
}
