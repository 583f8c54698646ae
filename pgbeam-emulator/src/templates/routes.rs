//! The five operations on query templates.

use http::StatusCode;
use serde::Serialize;

use crate::answer::Answer;
use crate::call::{Call, Outcome};
use crate::conditional;
use crate::fields;
use crate::pagination::PageRequest;
use crate::problem::Problem;
use crate::store::{Project, new_id};
use crate::templates::model::Template;
use crate::templates::validate;

/// The name of the list in page tokens.
const COLLECTION: &str = "qt";

pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let definition = validate::body(&fields::object(call.body)?)?;
    check_name(call.project, &definition.name, None)?;
    let template = Template {
        id: new_id("qt"),
        project_id: call.project_id.to_owned(),
        definition,
        created_at: call.now,
        updated_at: call.now,
    };
    let answer = Answer::json(StatusCode::CREATED, &template);
    call.project.templates.insert(template.id.clone(), template);
    Ok(answer)
}

pub(crate) fn list(call: &mut Call<'_>) -> Outcome {
    #[derive(Serialize)]
    struct List<'a> {
        query_templates: Vec<&'a Template>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let page = PageRequest::read(call.query, COLLECTION)?.of(&call.project.templates, COLLECTION);
    let body = List {
        query_templates: page.items,
        next_page_token: page.next_page_token,
    };
    conditional::read(call.headers, Answer::json(StatusCode::OK, &body))
}

pub(crate) fn get(call: &mut Call<'_>) -> Outcome {
    let template = find(call.project, call.id)?;
    conditional::read(call.headers, Answer::json(StatusCode::OK, template))
}

/// Replaces the whole template; an omitted `enabled` is true again.
pub(crate) fn update(call: &mut Call<'_>) -> Outcome {
    let stored = find(call.project, call.id)?;
    conditional::check_write(call.headers, &Answer::json(StatusCode::OK, stored))?;
    let definition = validate::body(&fields::object(call.body)?)?;
    check_name(call.project, &definition.name, Some(call.id))?;
    let Some(template) = call.project.templates.get_mut(call.id) else {
        return Err(not_found(call.id));
    };
    template.definition = definition;
    template.updated_at = call.now;
    Ok(Answer::json(StatusCode::OK, template))
}

/// Deletes a template, the last one too: a profile that admits templates alone then
/// admits nothing.
pub(crate) fn delete(call: &mut Call<'_>) -> Outcome {
    call.project
        .templates
        .remove(call.id)
        .ok_or_else(|| not_found(call.id))?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn find<'a>(project: &'a Project, id: &str) -> Result<&'a Template, Problem> {
    project.templates.get(id).ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> Problem {
    Problem::not_found("query template", id)
}

/// Names are unique in a project; `itself` is the template that may keep its own.
fn check_name(project: &Project, name: &str, itself: Option<&str>) -> Result<(), Problem> {
    let taken = project
        .templates
        .iter()
        .any(|other| other.definition.name == name && itself != Some(other.id.as_str()));
    if taken {
        let detail = format!("The project has a query template named {name} already");
        return Err(Problem::conflict("RESOURCE_EXISTS", detail));
    }
    Ok(())
}
