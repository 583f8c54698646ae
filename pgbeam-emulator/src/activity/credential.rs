//! The credential of a recorded statement: checks whether it can be used, and updates `last_used_at`.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::outcome::Outcome;
use crate::clock::format_timestamp;
use crate::store::{Resource, Store, project_collection, str_field};

/// Returns the outcome of a statement whose credential cannot be used: `auth_failed` if it is disabled or revoked, or
/// `credential_expired` if it has expired at the time `at`. Returns `None` if the credential can be used.
pub(super) fn unusable(credential: &Resource, at: DateTime<Utc>) -> Option<Outcome> {
    let status = str_field(credential, "status");
    if status != "active" {
        let rule = format!("credential_{status}");
        let reason = format!("the agent credential is {status}");
        return Some(Outcome::new("auth_failed", rule, reason));
    }
    let expires_at = str_field(credential, "expires_at");
    let time = DateTime::parse_from_rfc3339(expires_at).ok()?;
    (time <= at).then(|| {
        let reason = format!("the agent credential expired at {expires_at}");
        Outcome::new("credential_expired", "credential_expired", reason)
    })
}

/// Sets `last_used_at` of a credential to `at`, unless the stored time is later.
pub(super) fn set_last_used(store: &mut Store, project_id: &str, id: &str, at: DateTime<Utc>) {
    let agents = project_collection(project_id, "agents");
    let Some(credential) = store.get_mut(&agents, id) else {
        return;
    };
    let last = DateTime::parse_from_rfc3339(str_field(credential, "last_used_at"));
    if last.is_ok_and(|last| last >= at) {
        return;
    }
    let at = Value::String(format_timestamp(at));
    credential.insert("last_used_at".to_owned(), at);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit::entry::object;

    #[test]
    fn only_active_credentials_that_have_not_expired_can_be_used() {
        let at = "2026-01-01T12:00:00Z".parse().expect("a time");
        for (status, expires_at, event) in [
            ("active", json!(null), None),
            ("active", json!("2026-01-01T12:00:00.000001Z"), None),
            (
                "active",
                json!("2026-01-01T12:00:00Z"),
                Some("credential_expired"),
            ),
            (
                "active",
                json!("2026-01-01T13:00:00+02:00"),
                Some("credential_expired"),
            ),
            ("disabled", json!(null), Some("auth_failed")),
            (
                "revoked",
                json!("2026-01-01T00:00:00Z"),
                Some("auth_failed"),
            ),
        ] {
            let credential = object(json!({"status": status, "expires_at": expires_at}));
            let outcome = unusable(&credential, at);
            assert_eq!(
                outcome.map(|outcome| outcome.event),
                event,
                "{status} {expires_at}"
            );
        }
    }
}
