//! Honeytokens: the conflict between two honeytokens with the same relation, and the relations that a honeytoken
//! matches.

use pgbeam_engine::RelationName;

use crate::http::problem::Problem;
use crate::resource::{Handler, Kind, OperationRequest};
use crate::store::{Resource, Store, project_collection, str_field};

/// The schema of a relation name without a schema.
const DEFAULT_SCHEMA: &str = "public";
/// The maximum length of an identifier in bytes. PostgreSQL truncates longer identifiers.
const MAX_IDENTIFIER_BYTES: usize = 63;

pub(super) const HANDLERS: &[(&str, Handler)] = &[];

pub(super) const KINDS: &[&dyn Kind] = &[&Honeytokens];

struct Honeytokens;

impl Kind for Honeytokens {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/honeytokens"
    }

    fn prefix(&self) -> &'static str {
        "hnt"
    }

    fn noun(&self) -> &'static str {
        "honeytoken"
    }

    /// Returns 409 if another honeytoken has the same relation. The letter case is ignored, and an omitted schema
    /// counts as `public`.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        fields: &Resource,
        id: Option<&str>,
    ) -> Result<(), Problem> {
        let relation = |honeytoken: &Resource| {
            let schema = match fold(str_field(honeytoken, "schema_name")) {
                schema if schema.is_empty() => DEFAULT_SCHEMA.to_owned(),
                schema => schema,
            };
            (schema, fold(str_field(honeytoken, "relation_name")))
        };
        let honeytokens = request.project_collection("honeytokens");
        let is_taken = request
            .store
            .resources(&honeytokens)
            .any(|other| relation(other) == relation(fields) && Some(str_field(other, "id")) != id);
        if is_taken {
            let detail = "Another honeytoken has this relation";
            return Err(Problem::conflict("RESOURCE_EXISTS", detail));
        }
        Ok(())
    }
}

/// Returns `true` if a honeytoken matches a relation of a statement. A honeytoken without a schema matches the
/// relation in every schema. A relation without a schema matches honeytokens with the schema `public` or `pg_catalog`.
pub(crate) fn matches(honeytoken: &Resource, relation: &RelationName) -> bool {
    let schema = fold(str_field(honeytoken, "schema_name"));
    let is_schema = match &relation.schema {
        _ if schema.is_empty() => true,
        Some(other) => schema == *other,
        None => matches!(schema.as_str(), DEFAULT_SCHEMA | "pg_catalog"),
    };
    is_schema && fold(str_field(honeytoken, "relation_name")) == relation.name
}

/// Returns the quoted relation names of the honeytokens of a project, for
/// [`Engine::honeytoken`](pgbeam_engine::Engine::honeytoken).
pub(super) fn relations(store: &Store, project_id: &str) -> Vec<String> {
    let honeytokens = project_collection(project_id, "honeytokens");
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let relation = |honeytoken: &Resource| {
        let name = quoted(str_field(honeytoken, "relation_name"));
        match str_field(honeytoken, "schema_name") {
            "" => name,
            schema => format!("{}.{name}", quoted(schema)),
        }
    };
    store.resources(&honeytokens).map(relation).collect()
}

/// Truncates an identifier as PostgreSQL does, and converts it to lower case.
fn fold(identifier: &str) -> String {
    let end = identifier.floor_char_boundary(MAX_IDENTIFIER_BYTES);
    let kept = identifier.get(..end).unwrap_or_default();
    kept.to_lowercase()
}

#[cfg(test)]
mod tests {
    use pgbeam_engine::{Engine, Policy, describe, rule};
    use serde_json::json;

    use super::*;

    /// The engine also compares honeytokens with relations. Its result must be the same as that of `matches`.
    #[test]
    fn a_honeytoken_matches_the_relations_that_the_engine_blocks() {
        let long = "é".repeat(40);
        let cases = [
            ("", "salaries", "salaries", true),
            ("", "Salaries", "hr.\"SALARIES\"", true),
            ("Public", "salaries", "salaries", true),
            ("pg_catalog", "salaries", "salaries", true),
            ("hr", "salaries", "HR.salaries", true),
            ("hr", "salaries", "salaries", false),
            ("hr", "salaries", "public.salaries", false),
            ("", "salaries", "salary", false),
            ("", "a.b", "\"a.b\"", true),
            ("", "a.b", "a.b", false),
            ("a", "b\"c", "a.\"b\"\"c\"", true),
            ("", &long, &long, true),
        ];
        for (schema, name, relation, expected) in cases {
            let honeytoken = json!({"schema_name": schema, "relation_name": name});
            let honeytoken = honeytoken.as_object().expect("an object");
            let sql = format!("TABLE {relation}");
            let statements = describe(&sql).expect("a statement");
            let is_match = matches(honeytoken, &statements[0].reads[0]);
            assert_eq!(is_match, expected, "{schema}.{name} {relation}");

            let mut store = Store::default();
            let path = project_collection("prj_1", "honeytokens");
            let collection = store.collection_mut(&path);
            collection.insert("hnt_1".to_owned(), honeytoken.clone());
            let engine = relations(&store, "prj_1")
                .iter()
                .fold(Engine::default(), |engine, name| engine.honeytoken(name));
            let evaluation = engine.evaluate(&Policy::default(), &sql);
            let is_blocked = evaluation.rule == rule::HONEYTOKEN;
            assert_eq!(is_blocked, expected, "{schema}.{name} {relation}");
        }
    }
}
