//! Executes `edit` commands with the `edit` methods of `pgbeam`.

use std::collections::BTreeMap;

use pgbeam::{Client, Error, FieldError, JsonValue, api::runtime::Editable, request::Edit};

use crate::{
    reply::{Failure, Success},
    request::{Headers, Json, Request, with_headers},
};

/// Sets and resets fields of the stored resource that the request's operation writes.
pub async fn edit(
    client: &Client,
    mut request: Request,
    changes: BTreeMap<String, Option<Json>>,
) -> Result<Success, Failure> {
    request.check_path()?;
    let project = client.project(request.take_id("project_id"))?;
    let changes = parse_changes(changes)?;
    if request.path.contains_key("query_template_id") {
        let id = request.take_id("query_template_id");
        run(project.query_templates().edit(id), changes, request.headers).await
    } else {
        let id = request.take_id("policy_id");
        run(project.policies().edit(id), changes, request.headers).await
    }
}

/// Parses the new values of the fields. `None`, which resets a field, stays `None`.
///
/// # Errors
///
/// `ErrorKind::Invalid` with a field error for each value that cannot be parsed.
fn parse_changes(
    changes: BTreeMap<String, Option<Json>>,
) -> Result<Vec<(String, Option<JsonValue>)>, Error> {
    let mut parsed = Vec::new();
    let mut errors = Vec::new();
    for (name, json) in changes {
        match json
            .map(|json| serde_json::from_str(json.get()))
            .transpose()
        {
            Ok(value) => parsed.push((name, value)),
            Err(error) => errors.push(FieldError::new(name, error.to_string())),
        }
    }
    if errors.is_empty() {
        Ok(parsed)
    } else {
        Err(Error::invalid(errors))
    }
}

async fn run<R: Editable>(
    edit: Edit<R>,
    changes: Vec<(String, Option<JsonValue>)>,
    headers: Headers,
) -> Result<Success, Failure> {
    let edit = changes
        .into_iter()
        .fold(edit, |edit, (name, value)| match value {
            Some(value) => edit.field(&name, value),
            None => edit.clear(&name),
        });
    let edited = with_headers!(edit, headers).await?;
    Ok(Success::raw(edited.meta(), edited.body())?)
}
