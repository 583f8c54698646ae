//! Executes the operations of the policies area with the typed methods of `pgbeam`. A parameter that the
//! method does not take is an error.

use pgbeam::{
    Client, Conditional, Error, Project, Response, Timestamp,
    api::{
        Location, Operation,
        runtime::{IfMatch, IfNoneMatch, IntoResponse, ListPage, Paginated, RequestBuilder},
    },
    policies::{PolicyProfileInput, PolicySource, QueryTemplateInput},
    request::{ListRequest, Request as SdkRequest},
};

use crate::{
    body::{Body, parse_body},
    pages,
    reply::{Failure, Success, json, parse},
    request::{Fields, Headers, Json, Request, with_headers},
};

type Outcome = Result<Success, Failure>;

/// A typed method of `pgbeam`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    CreateProfile,
    GetProfile,
    UpdateProfile,
    DeleteProfile,
    ListProfiles,
    StatementKinds,
    DryEval,
    Replay,
    Recommend,
    CreateTemplate,
    GetTemplate,
    UpdateTemplate,
    DeleteTemplate,
    ListTemplates,
}

impl Method {
    /// Returns the method of an operation of the policies area. `None` for an operation of another area.
    pub fn from_operation(operation: &Operation) -> Option<Self> {
        Some(match operation.id {
            "createPolicyProfile" => Self::CreateProfile,
            "getPolicyProfile" => Self::GetProfile,
            "updatePolicyProfile" => Self::UpdateProfile,
            "deletePolicyProfile" => Self::DeleteProfile,
            "listPolicyProfiles" => Self::ListProfiles,
            "getPolicyStatementKinds" => Self::StatementKinds,
            "dryEvalPolicy" => Self::DryEval,
            "replayPolicy" => Self::Replay,
            "recommendAgentPolicy" => Self::Recommend,
            "createQueryTemplate" => Self::CreateTemplate,
            "getQueryTemplate" => Self::GetTemplate,
            "updateQueryTemplate" => Self::UpdateTemplate,
            "deleteQueryTemplate" => Self::DeleteTemplate,
            "listQueryTemplates" => Self::ListTemplates,
            _ => return None,
        })
    }
}

/// Calls the method with the parameters, headers and body of the request.
pub async fn call(client: &Client, method: Method, mut request: Request) -> Outcome {
    let project = project(client, &mut request)?;
    let (policies, templates) = (project.policies(), project.query_templates());
    let policy = request.take_id("policy_id");
    let template = request.take_id("query_template_id");
    let Request {
        operation,
        headers,
        body,
        ..
    } = &mut request;
    let (operation, headers, body) = (*operation, std::mem::take(headers), body.take());
    match method {
        Method::CreateProfile => {
            let input: PolicyProfileInput = parse_body(operation, body.as_ref())?;
            send(policies.create(input), headers).await
        }
        Method::CreateTemplate => {
            let input: QueryTemplateInput = parse_body(operation, body.as_ref())?;
            send(templates.create(input), headers).await
        }
        Method::GetProfile => get(policies.get(policy), headers).await,
        Method::GetTemplate => get(templates.get(template), headers).await,
        Method::UpdateProfile => {
            let input: PolicyProfileInput = parse_body(operation, body.as_ref())?;
            update(policies.update(policy, input), headers).await
        }
        Method::UpdateTemplate => {
            let input: QueryTemplateInput = parse_body(operation, body.as_ref())?;
            update(templates.update(template, input), headers).await
        }
        Method::DeleteProfile => delete(policies.delete(policy), headers).await,
        Method::DeleteTemplate => delete(templates.delete(template), headers).await,
        Method::ListProfiles => {
            page(set_page(policies.list(), &request)?, headers, "policies").await
        }
        Method::ListTemplates => {
            page(
                set_page(templates.list(), &request)?,
                headers,
                "query_templates",
            )
            .await
        }
        Method::StatementKinds => send(policies.statement_kinds(policy), headers).await,
        Method::DryEval => {
            let mut body = Body::parse(operation, body.as_ref())?;
            let arguments = policy_source(&mut body).zip(body.require::<String>("sql"));
            let (source, sql) = body.finish(arguments)?;
            send(policies.dry_eval(source, sql), headers).await
        }
        Method::Replay => {
            let mut body = Body::parse(operation, body.as_ref())?;
            let source = policy_source(&mut body);
            let credential: Option<String> = body.take("credential_id");
            let bound: Option<String> = body.take("bound_policy_id");
            let start: Option<Timestamp> = body.take("start_ts");
            let end: Option<Timestamp> = body.take("end_ts");
            let limit: Option<i64> = body.take("limit");
            let mut replay = policies.replay(body.finish(source)?);
            if let Some(id) = credential {
                replay = replay.credential(id);
            }
            if let Some(id) = bound {
                replay = replay.bound_policy(id);
            }
            if let Some(time) = start {
                replay = replay.start(time);
            }
            if let Some(time) = end {
                replay = replay.end(time);
            }
            if let Some(limit) = limit {
                replay = replay.limit(limit);
            }
            send(replay, headers).await
        }
        Method::Recommend => {
            let mut recommend = policies.recommend(request.take_id("agent_id"));
            if let Some(json) = body {
                let mut body = Body::parse(operation, Some(&json))?;
                let lookback: Option<i64> = body.take("lookback_days");
                let limit: Option<i64> = body.take("limit");
                body.finish(Some(()))?;
                if let Some(days) = lookback {
                    recommend = recommend.lookback_days(days);
                }
                if let Some(limit) = limit {
                    recommend = recommend.limit(limit);
                }
            }
            send(recommend, headers).await
        }
    }
}

/// Reads all pages of a list.
pub async fn all(client: &Client, method: Method, mut request: Request) -> Outcome {
    let project = project(client, &mut request)?;
    let headers = std::mem::take(&mut request.headers);
    match method {
        Method::ListProfiles => {
            let list = set_page(project.policies().list(), &request)?;
            pages::typed(with_headers!(list, headers), request.operation).await
        }
        Method::ListTemplates => {
            let list = set_page(project.query_templates().list(), &request)?;
            pages::typed(with_headers!(list, headers), request.operation).await
        }
        other => Err(Failure::Command(format!("all: {other:?} is not a list"))),
    }
}

/// Checks the parameters of the request, and removes and returns its project.
///
/// # Errors
///
/// [`Failure::Command`] for a query parameter or a body that the method does not take. `ErrorKind::Invalid`
/// for a missing, unknown or invalid path parameter.
fn project(client: &Client, request: &mut Request) -> Result<Project, Failure> {
    let id = request.operation.id;
    let mut names = request.query.0.keys();
    if let Some(name) = names.find(|name| !request.has_parameter(Location::Query, name)) {
        return Err(Failure::Command(format!(
            "query.{name}: the method of {id} has no such argument"
        )));
    }
    if request.body.is_some() && !request.operation.has_body {
        return Err(Failure::Command(format!(
            "body: the method of {id} takes no body"
        )));
    }
    request.check_path()?;
    Ok(client.project(request.take_id("project_id"))?)
}

/// Sends a request with these headers, and returns the response body as the server sent it.
async fn send<B: RequestBuilder>(request: SdkRequest<B>, headers: Headers) -> Outcome
where
    B::Output: IntoResponse,
{
    success(with_headers!(request, headers).await)
}

async fn get<B, T>(get: SdkRequest<B>, mut headers: Headers) -> Outcome
where
    B: IfNoneMatch<Output = Conditional<T>>,
    T: Send,
{
    match headers.take("If-None-Match") {
        None => send(get, headers).await,
        Some(etag) => match with_headers!(get.if_none_match(etag), headers).await? {
            Conditional::Modified(response) => success(Ok(response)),
            Conditional::NotModified(meta) => Ok(Success::empty(&meta)),
        },
    }
}

async fn update<B: IfMatch>(mut update: SdkRequest<B>, mut headers: Headers) -> Outcome
where
    B::Output: IntoResponse,
{
    if let Some(etag) = headers.take("If-Match") {
        update = update.if_match(etag);
    }
    send(update, headers).await
}

async fn delete<B: RequestBuilder<Output = Response<()>>>(
    delete: SdkRequest<B>,
    headers: Headers,
) -> Outcome {
    Ok(Success::empty(with_headers!(delete, headers).await?.meta()))
}

/// Sets `page_size` and `page_token` of the list from the query of the request. [`project`] has checked that
/// the query has no other parameters.
fn set_page<B: Paginated>(
    mut list: ListRequest<B>,
    request: &Request,
) -> Result<ListRequest<B>, Failure> {
    for (name, values) in &request.query.0 {
        let [value] = values.as_slice() else {
            return Err(Failure::Command(format!("query.{name}: must be one value")));
        };
        list = match name.as_str() {
            "page_size" => list.page_size(value.parse::<i64>().map_err(|_| {
                let error = Error::invalid_field("page_size", "must be an integer");
                error.with_operation(request.operation)
            })?),
            _ => list.page_token(value),
        };
    }
    Ok(list)
}

/// Reads one page. `items` is the name of the response field that has the items. The body of the result has
/// only this field, and `next_page_token` if there is a next page.
async fn page<B, P>(list: ListRequest<B>, mut headers: Headers, items: &str) -> Outcome
where
    B: Paginated<Output = Conditional<P>> + IfNoneMatch,
    P: ListPage,
{
    let page = match headers.take("If-None-Match") {
        None => with_headers!(list, headers).await?,
        Some(etag) => match with_headers!(list.if_none_match(etag), headers).await? {
            Conditional::Modified(page) => page,
            Conditional::NotModified(meta) => return Ok(Success::empty(&meta)),
        },
    };
    let mut body: Fields = parse(page.body())?;
    body.retain(|name, _| name == items);
    if let Some(token) = page.next_page_token() {
        body.insert("next_page_token".to_owned(), json(token)?);
    }
    Ok(Success::with_body(page.meta(), &body)?)
}

/// Converts a response to a success with the body as the server sent it.
fn success<T>(response: Result<Response<T>, Error>) -> Outcome {
    let response = response?;
    Ok(Success::raw(response.meta(), response.body())?)
}

/// Takes the policy to evaluate from the body: the id of a stored policy, or a policy. Records an error
/// unless exactly one is present.
fn policy_source(body: &mut Body) -> Option<PolicySource> {
    match (body.has("policy_id"), body.has("policy")) {
        (true, false) => body.take::<String>("policy_id").map(Into::into),
        (false, true) => body.take::<PolicyProfileInput>("policy").map(Into::into),
        _ => {
            let _both = (body.take::<Json>("policy_id"), body.take::<Json>("policy"));
            body.add_error("policy", "set exactly one of `policy_id` and `policy`");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use pgbeam::api::operations;

    use super::*;

    #[test]
    fn each_operation_of_the_area_has_one_method() {
        let mut methods = Vec::new();
        for operation in operations::ALL {
            let method = Method::from_operation(operation);
            assert_eq!(
                method.is_some(),
                operation.area == "policies",
                "{}",
                operation.id
            );
            assert!(
                method.is_none() || !methods.contains(&method),
                "{method:?} twice"
            );
            methods.extend(method.map(Some));
        }
    }
}
