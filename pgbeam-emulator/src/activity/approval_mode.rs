//! Checks whether the `approval_mode` of a policy profile requires the approval of a statement.

use pgbeam_engine::{Evaluation, StatementKind};

use super::outcome::Outcome;
use crate::store::{Resource, str_field};

/// Returns the outcome `blocked` if the statement requires an approval, or else `None`.
///
/// A live proxy would hold the statement. A recorded statement is blocked instead, because no agent waits for its
/// result. `approval_auto_max_rows` has no effect, because the number of affected rows is unknown.
pub(super) fn blocked(profile: &Resource, evaluation: &Evaluation) -> Option<Outcome> {
    let mode = str_field(profile, "approval_mode");
    let is_held = |kind: StatementKind| {
        use StatementKind::{Ddl, Delete, Insert, Update};
        match kind {
            Insert | Update | Delete => matches!(mode, "writes" | "all"),
            Ddl => matches!(mode, "ddl" | "all"),
            _ => false,
        }
    };
    let mut kinds = evaluation
        .statements
        .iter()
        .flat_map(|statement| statement.inner_kinds.iter().chain([&statement.kind]));
    let held = kinds.find(|kind| is_held(**kind))?;
    let reason = format!(
        "approval_mode {mode} holds a statement of the kind {} until a user approves it",
        held.as_str()
    );
    Some(Outcome::blocked("approval_required", reason))
}

#[cfg(test)]
mod tests {
    use pgbeam_engine::{Engine, Policy};
    use serde_json::json;

    use super::*;
    use crate::audit::entry::object;

    #[test]
    fn the_mode_selects_kinds() {
        let policy = Policy::from_json(r#"{"access_mode": "read_write"}"#).expect("a policy");
        let cases = [
            ("SELECT 1", [false, false, false, false]),
            ("INSERT INTO t VALUES (1)", [false, true, false, true]),
            ("CREATE TABLE t (a int)", [false, false, true, true]),
            (
                "WITH x AS (DELETE FROM t WHERE a = 1 RETURNING a) SELECT a FROM x",
                [false, true, false, true],
            ),
            (
                "SELECT 1; UPDATE t SET a = 1 WHERE a = 2",
                [false, true, false, true],
            ),
        ];
        for (sql, expected) in cases {
            let evaluation = Engine::default().evaluate(&policy, sql);
            assert!(!evaluation.is_block(), "{sql}: {}", evaluation.reason);
            let held = ["off", "writes", "ddl", "all"].map(|mode| {
                let profile = object(json!({"approval_mode": mode}));
                blocked(&profile, &evaluation).is_some()
            });
            assert_eq!(held, expected, "{sql}");
        }
    }
}
