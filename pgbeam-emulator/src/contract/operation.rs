//! `OperationContract`: what the API contract declares about one operation.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::Value;

use super::document::Document;
use super::parameter::{Location, Parameter};

/// What the API contract declares about one operation.
#[derive(Debug)]
pub(crate) struct OperationContract {
    /// The `operationId`.
    pub(crate) id: String,
    pub(crate) method: Method,
    /// The path with its parameters in braces.
    pub(crate) path: String,
    /// The first tag.
    pub(crate) tag: String,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) request_body: Option<RequestBody>,
    /// The lowest declared status from 200 to 299; 200 if none is declared.
    pub(crate) success: StatusCode,
    /// The schema of the success response, if it has a JSON body.
    pub(crate) response: Option<Value>,
    pub(crate) requires_bearer_token: bool,
    pub(crate) action: Action,
    statuses: BTreeSet<u16>,
}

#[derive(Debug)]
pub(crate) struct RequestBody {
    pub(crate) schema: Value,
    pub(crate) required: bool,
}

/// What an operation does, derived from its method, path and response. It selects the default handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Adds a resource to a collection.
    Create,
    /// Returns one page of a collection.
    List,
    /// Returns a resource of a collection.
    Get,
    /// Replaces a resource of a collection.
    Replace,
    /// Changes the fields of a resource that the body has.
    Update,
    /// Removes a resource from a collection.
    Delete,
    /// Returns an object that is not part of a collection, such as the plan of an organization.
    Read,
    /// Changes an object that is not part of a collection.
    Write,
    /// Anything else, such as `POST …/rotate`.
    Call,
}

impl OperationContract {
    /// Reads an operation. `item` is the path item that contains it. Returns `None` without an `operationId`.
    pub(super) fn parse(
        document: &Document,
        path: &str,
        method: Method,
        item: &Value,
        operation: &Value,
    ) -> Option<Self> {
        let id = operation.get("operationId")?.as_str()?.to_owned();
        let schema = |value: &Value| -> Option<Value> {
            let content = document.resolve(value).get("content")?;
            content.get("application/json")?.get("schema").cloned()
        };
        let request_body = operation.get("requestBody").and_then(|body| {
            let required = document.resolve(body).get("required") == Some(&Value::Bool(true));
            schema(body).map(|schema| RequestBody { schema, required })
        });
        let responses = operation.get("responses").and_then(Value::as_object);
        let responses = || responses.into_iter().flatten();
        let statuses: BTreeSet<u16> = responses()
            .filter_map(|(status, _)| status.parse().ok())
            .collect();
        let success = statuses.range(200..300).next();
        let success = success.and_then(|status| StatusCode::from_u16(*status).ok());
        let success = success.unwrap_or(StatusCode::OK);
        let response = responses()
            .find(|(status, _)| status.as_str() == success.as_str())
            .and_then(|(_, response)| schema(response));
        let parameters = [item, operation]
            .into_iter()
            .filter_map(|object| object.get("parameters")?.as_array())
            .flatten()
            .filter_map(|parameter| Parameter::parse(document.resolve(parameter)))
            .collect();
        let tag = operation.pointer("/tags/0").and_then(Value::as_str);
        let security = operation.get("security").or(document.security());
        let security = security.and_then(Value::as_array);
        let is_optional = |schemes: &Vec<Value>| {
            let is_empty = |scheme: &Value| scheme.as_object().is_some_and(|map| map.is_empty());
            schemes.is_empty() || schemes.iter().any(is_empty)
        };
        let is_list = response.as_ref().is_some_and(|schema| {
            let mut properties = document.properties(schema);
            properties.any(|(name, _)| name == "next_page_token")
        });
        Some(Self {
            id,
            action: Action::new(&method, path, is_list),
            method,
            path: path.to_owned(),
            tag: tag.unwrap_or_default().to_owned(),
            parameters,
            request_body,
            success,
            response,
            requires_bearer_token: !security.is_none_or(is_optional),
            statuses,
        })
    }

    /// Returns `true` if the operation declares this request header.
    pub(crate) fn accepts_header(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| {
            parameter.location == Location::Header && parameter.name.eq_ignore_ascii_case(name)
        })
    }

    /// Returns `true` if the path of the operation has this parameter.
    pub(crate) fn has_path_param(&self, name: &str) -> bool {
        self.parameters
            .iter()
            .any(|parameter| parameter.location == Location::Path && parameter.name == name)
    }

    /// Returns `true` if the operation declares a response with this status.
    pub(crate) fn declares(&self, status: StatusCode) -> bool {
        self.statuses.contains(&status.as_u16())
    }

    /// Returns the path of the collection that the operation reads or changes, with its parameters in braces.
    pub(crate) fn collection(&self) -> &str {
        match self.path.rsplit_once('/') {
            Some((collection, last)) if last.starts_with('{') => collection,
            _ => &self.path,
        }
    }
}

impl Action {
    /// Derives the action of an operation. `is_list` is `true` if the response is one page of a list.
    fn new(method: &Method, path: &str, is_list: bool) -> Self {
        match (method.as_str(), path.ends_with('}')) {
            ("GET", true) => Self::Get,
            ("GET", false) if is_list => Self::List,
            ("GET", false) => Self::Read,
            ("PUT", true) => Self::Replace,
            ("PATCH", true) => Self::Update,
            ("PUT" | "PATCH", false) => Self::Write,
            ("DELETE", true) => Self::Delete,
            _ => Self::Call,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_the_action_from_method_path_and_response() {
        let cases = [
            (Method::GET, "/a/{id}", false, Action::Get),
            (Method::GET, "/a", true, Action::List),
            (Method::GET, "/a/{id}/plan", false, Action::Read),
            (Method::PUT, "/a/{id}", false, Action::Replace),
            (Method::PATCH, "/a/{id}", false, Action::Update),
            (Method::PATCH, "/a/{id}/onboarding", false, Action::Write),
            (Method::DELETE, "/a/{id}", false, Action::Delete),
            (Method::DELETE, "/a", false, Action::Call),
            (Method::POST, "/a/{id}/rotate", false, Action::Call),
        ];
        for (method, path, is_list, action) in cases {
            assert_eq!(
                Action::new(&method, path, is_list),
                action,
                "{method} {path}"
            );
        }
    }
}
