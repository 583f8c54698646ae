//! Support cases and their messages.

use http::StatusCode;
use serde_json::{Value, json};

use super::account::{USER_ID, USER_NAME};
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{
    self, Body, Handler, HandlerResult, Kind, OperationRequest, PageRequest, read_response,
};
use crate::store::{Collection, Resource, new_id, str_field};

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("listSupportCases", list),
    ("createSupportCase", create),
    ("getSupportCase", get),
    ("createSupportMessage", create_message),
];

pub(super) const KINDS: &[&dyn Kind] = &[&Cases];

struct Cases;

impl Kind for Cases {
    fn collection(&self) -> &'static str {
        "/v1/organizations/{org_id}/support/cases"
    }

    fn prefix(&self) -> &'static str {
        "case"
    }

    fn noun(&self) -> &'static str {
        "support case"
    }

    fn check(
        &self,
        request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        stored: Option<&Resource>,
    ) -> Resource {
        let Some(stored) = stored else {
            return self.new_case(request, body);
        };
        let status = body.get_str("status").unwrap_or_default();
        if status.is_empty() || status == str_field(stored, "status") {
            return Resource::new();
        }
        let closed_at = (status == "closed").then(|| format_timestamp(request.now));
        object(json!({"closed_at": closed_at}))
    }

    /// Returns `true` if the case has the requested status, and its title contains the requested string. The letter case
    /// is ignored.
    fn matches(&self, request: &OperationRequest<'_>, case: &Resource) -> bool {
        let status = request.query_str("status");
        let search = request
            .query_str("search")
            .unwrap_or_default()
            .to_lowercase();
        let title = str_field(case, "title").to_lowercase();
        status.is_none_or(|status| status == str_field(case, "status")) && title.contains(&search)
    }
}

impl Cases {
    /// Returns the fields of a new case that the server sets. The cases of an organization are numbered from 1.
    fn new_case(&self, request: &OperationRequest<'_>, body: &mut Body<'_>) -> Resource {
        let org_id = request.path_param("org_id");
        if body.get_str("org_id").is_some_and(|id| id != org_id) {
            body.reject("org_id", format!("must be {org_id}, as in the path"));
        }
        let cases = request.store.collection(&cases_path(request));
        let number = cases.map_or(0, Collection::len).saturating_add(1);
        object(json!({
            "case_number": number, "user_id": USER_ID, "status": "open", "closed_at": null, "message_count": 0,
        }))
    }
}

/// Returns a page of the matching cases, selected by token or by number. `total` is the number of all matching cases.
fn list(request: &mut OperationRequest<'_>) -> HandlerResult {
    let number = request.query.get("page").and_then(Value::as_u64);
    let page = PageRequest::parse(request.query, Cases.prefix())?;
    let page = page.with_page_number(number.unwrap_or(1));
    let path = cases_path(request);
    let matches = |case: &Resource| Cases.matches(request, case);
    let total = request
        .store
        .resources(&path)
        .filter(|case| matches(case))
        .count();
    let page = page.page(request.store.collection(&path), Cases.prefix(), matches);
    let mut body = object(json!({"cases": page.items, "total": total}));
    if let Some(token) = page.next_page_token {
        body.insert("next_page_token".to_owned(), Value::String(token));
    }
    read_response(request, &body)
}

/// Opens a case. The field `body` of the request becomes its first message.
fn create(request: &mut OperationRequest<'_>) -> HandlerResult {
    let case = resource::insert(&Cases, request)?;
    let id = str_field(&case, "id");
    let path = cases_path(request);
    let fields = request.store.write_only(&path, id).cloned();
    let body = fields.unwrap_or_default();
    request.store.set_write_only(&path, id, Resource::new());
    add_message(request, id, str_field(&body, "body"));
    Ok(Response::json(StatusCode::CREATED, &stored(request, id)?))
}

fn get(request: &mut OperationRequest<'_>) -> HandlerResult {
    let case = stored(request, request.id())?;
    let messages = request
        .store
        .resources(&messages_path(request, request.id()));
    let messages: Vec<&Resource> = messages.collect();
    read_response(
        request,
        &object(json!({"case": case, "messages": messages})),
    )
}

fn create_message(request: &mut OperationRequest<'_>) -> HandlerResult {
    stored(request, request.id())?;
    let body = request.parse_body()?.finish()?;
    let message = add_message(request, request.id(), str_field(&body, "body"));
    Ok(Response::json(StatusCode::CREATED, &message))
}

/// Adds a message of the user to a case, and updates `message_count` and `updated_at` of the case. Returns the message.
fn add_message(request: &mut OperationRequest<'_>, case_id: &str, body: &str) -> Resource {
    let id = new_id("msg");
    let now = format_timestamp(request.now);
    let message = object(json!({
        "id": id, "case_id": case_id, "source": "user", "author_name": USER_NAME, "body": body, "created_at": now,
    }));
    let (cases, messages) = (cases_path(request), messages_path(request, case_id));
    let messages = request.store.collection_mut(&messages);
    messages.insert(id, message.clone());
    let count = messages.len();
    if let Some(case) = request.store.get_mut(&cases, case_id) {
        case.insert("message_count".to_owned(), Value::from(count));
        case.insert("updated_at".to_owned(), Value::String(now));
    }
    message
}

/// Returns the case with this id, or 404.
fn stored<'s>(request: &'s OperationRequest<'_>, id: &str) -> Result<&'s Resource, Problem> {
    let case = request.store.get(&cases_path(request), id);
    case.ok_or_else(|| Problem::not_found(Cases.noun(), id))
}

fn cases_path(request: &OperationRequest<'_>) -> String {
    request.fill(Cases.collection())
}

fn messages_path(request: &OperationRequest<'_>, case_id: &str) -> String {
    format!("{}/{case_id}/messages", cases_path(request))
}
