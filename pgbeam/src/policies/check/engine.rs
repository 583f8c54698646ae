//! Evaluates the statements of tests with `pgbeam-engine`, and returns the kinds and tables of a statement.

use std::collections::HashMap;

use pgbeam_api::BoxFuture;
use pgbeam_engine::{Engine, Evaluation, Policy, describe};
use serde_json::Value;

use super::{
    coverage::Facts,
    evaluate::{Evaluate, EvaluateError, Statement},
};
use crate::policies::{DryEvalResult, document::PolicySet, tables::TableEntry};

/// Evaluates the statements without a server, with the query templates of the engine and the enabled query templates of
/// the set.
///
/// The evaluation fails if a profile has a value that the engine does not know, for example an unknown `access_mode`.
impl Evaluate for Engine {
    fn evaluate_all<'a>(
        &'a self,
        set: &'a PolicySet,
        statements: &'a [Statement<'a>],
    ) -> BoxFuture<'a, Result<Vec<DryEvalResult>, EvaluateError>> {
        let results = evaluate_all(self, set, statements);
        Box::pin(async { results })
    }
}

fn evaluate_all(
    engine: &Engine,
    set: &PolicySet,
    statements: &[Statement<'_>],
) -> Result<Vec<DryEvalResult>, EvaluateError> {
    let engine = with_templates(engine, set);
    let mut policies: HashMap<&str, Policy> = HashMap::new();
    let mut results = Vec::with_capacity(statements.len());
    for (index, statement) in statements.iter().enumerate() {
        let profile = statement.profile();
        if !policies.contains_key(profile.name()) {
            let json = Value::Object(profile.profile().to_json());
            let policy = Policy::from_value(&json);
            let policy = policy.map_err(|error| EvaluateError::new(index, error))?;
            policies.insert(profile.name(), policy);
        }
        let evaluation = engine.evaluate(&policies[profile.name()], statement.sql());
        let result = to_result(&evaluation);
        results.push(result.map_err(|error| EvaluateError::new(index, error))?);
    }
    Ok(results)
}

/// Returns a copy of the engine with the enabled query templates of the set added.
fn with_templates(engine: &Engine, set: &PolicySet) -> Engine {
    let templates = set.query_templates().iter().map(|entry| entry.template());
    let enabled = templates.filter(|template| template.get("enabled") != Some(&false.into()));
    enabled.fold(engine.clone(), |engine, template| {
        let sql = template.get("sql").and_then(Value::as_str);
        engine.template(template.name(), sql.unwrap_or_default())
    })
}

/// Converts an evaluation through JSON: the JSON of an evaluation is like the response of `dryEvalPolicy`.
fn to_result(evaluation: &Evaluation) -> Result<DryEvalResult, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(evaluation)?)
}

/// Returns the kinds and tables of all statements in an SQL string. `None` if the engine cannot parse the string.
pub(super) fn facts(sql: &str) -> Option<Facts> {
    let mut facts = Facts::default();
    for statement in describe(sql).ok()? {
        let kinds = statement.inner_kinds.iter().chain([&statement.kind]);
        let kinds = kinds.map(|kind| kind.as_str().to_owned());
        facts.kinds.extend(kinds);
        let tables = statement.reads.into_iter().chain(statement.writes);
        facts.tables.extend(tables.map(|table| TableEntry {
            schema: table.schema,
            name: table.name,
        }));
    }
    Some(facts)
}
