//! The safe partial update.

use std::collections::BTreeMap;

use pgbeam::{Client, Error, FieldError, JsonValue, api::runtime::Editable, request::Edit};

use crate::{
    answer::{Failure, Success},
    request::{Headers, Json, Request, with_headers},
};

/// Sets and resets members of the stored resource that the request's operation writes.
pub async fn edit(
    client: &Client,
    mut request: Request,
    changes: BTreeMap<String, Option<Json>>,
) -> Result<Success, Failure> {
    request.check_path()?;
    let project = client.project(request.id("project_id"))?;
    let changes = read(changes)?;
    if request.path.contains_key("query_template_id") {
        let id = request.id("query_template_id");
        run(project.query_templates().edit(id), changes, request.headers).await
    } else {
        let id = request.id("policy_id");
        run(project.policies().edit(id), changes, request.headers).await
    }
}

/// Reads the values; `None` is a reset.
fn read(
    changes: BTreeMap<String, Option<Json>>,
) -> Result<Vec<(String, Option<JsonValue>)>, Error> {
    let mut read = Vec::new();
    let mut faults = Vec::new();
    for (name, json) in changes {
        match json
            .map(|json| serde_json::from_str(json.get()))
            .transpose()
        {
            Ok(value) => read.push((name, value)),
            Err(error) => faults.push(FieldError::new(name, error.to_string())),
        }
    }
    if faults.is_empty() {
        Ok(read)
    } else {
        Err(Error::invalid(faults))
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
