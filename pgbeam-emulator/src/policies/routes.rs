//! The five operations on policy profiles, and the statement kinds that one admits.

use http::StatusCode;
use serde::Serialize;

use crate::answer::Answer;
use crate::call::{Call, Outcome};
use crate::conditional;
use crate::fields;
use crate::pagination::PageRequest;
use crate::policies::model::{AccessMode, Policy, QueryMode};
use crate::policies::validate;
use crate::problem::Problem;
use crate::sql::kind_rules::{self, KindVerdict};
use crate::store::{Project, new_id};

/// The name of the list in page tokens.
const COLLECTION: &str = "pol";

pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let input = validate::body(&fields::object(call.body)?)?;
    check_query_mode(call.project, input.query_mode())?;
    let policy = Policy {
        id: new_id("pol"),
        project_id: call.project_id.to_owned(),
        profile: input.into_profile(QueryMode::Sql),
        created_at: call.now,
        updated_at: call.now,
    };
    let answer = Answer::json(StatusCode::CREATED, &policy);
    call.project.policies.insert(policy.id.clone(), policy);
    Ok(answer)
}

pub(crate) fn list(call: &mut Call<'_>) -> Outcome {
    #[derive(Serialize)]
    struct List<'a> {
        policies: Vec<&'a Policy>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let page = PageRequest::read(call.query, COLLECTION)?.of(&call.project.policies, COLLECTION);
    let body = List {
        policies: page.items,
        next_page_token: page.next_page_token,
    };
    conditional::read(call.headers, Answer::json(StatusCode::OK, &body))
}

pub(crate) fn get(call: &mut Call<'_>) -> Outcome {
    let policy = find(call.project, call.id)?;
    conditional::read(call.headers, Answer::json(StatusCode::OK, policy))
}

/// Replaces the whole profile. As RFC 9110 has it, the precondition is looked at once
/// the profile is known to exist and before the body is.
pub(crate) fn update(call: &mut Call<'_>) -> Outcome {
    let stored = find(call.project, call.id)?;
    conditional::check_write(call.headers, &Answer::json(StatusCode::OK, stored))?;
    let stored_mode = stored.profile.query_mode;
    let input = validate::body(&fields::object(call.body)?)?;
    check_query_mode(call.project, input.query_mode())?;
    let Some(policy) = call.project.policies.get_mut(call.id) else {
        return Err(not_found(call.id));
    };
    policy.profile = input.into_profile(stored_mode);
    policy.updated_at = call.now;
    Ok(Answer::json(StatusCode::OK, policy))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Outcome {
    find(call.project, call.id)?;
    let bound = call.project.bound_to(call.id).count();
    if bound > 0 {
        let detail = format!("The policy profile governs {bound} credential(s); rebind them first");
        return Err(Problem::conflict("CONFLICT", detail));
    }
    call.project.policies.remove(call.id);
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

pub(crate) fn statement_kinds(call: &mut Call<'_>) -> Outcome {
    #[derive(Serialize)]
    struct StatementKinds<'a> {
        policy_id: &'a str,
        access_mode: AccessMode,
        statement_kinds: Vec<KindVerdict>,
    }
    let policy = find(call.project, call.id)?;
    let body = StatementKinds {
        policy_id: &policy.id,
        access_mode: policy.profile.access_mode,
        statement_kinds: kind_rules::verdicts(&policy.profile, &call.project.enabled_templates()),
    };
    Ok(Answer::json(StatusCode::OK, &body))
}

/// The profile with this id, or 404.
pub(crate) fn find<'a>(project: &'a Project, id: &str) -> Result<&'a Policy, Problem> {
    project.policies.get(id).ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> Problem {
    Problem::not_found("policy profile", id)
}

/// A profile may be set to templates only while there is one to admit.
fn check_query_mode(project: &Project, asked: Option<QueryMode>) -> Result<(), Problem> {
    if asked == Some(QueryMode::Templates) && project.enabled_templates().is_empty() {
        return Err(Problem::invalid_field(
            "query_mode",
            "templates needs at least one enabled query template in the project",
        ));
    }
    Ok(())
}
