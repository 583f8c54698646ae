//! `Kind`: the names and rules of the resources of one collection.

use serde_json::Value;

use super::body::Body;
use super::pagination::Order;
use super::request::OperationRequest;
use crate::http::problem::Problem;
use crate::store::Resource;

/// A kind of resource: its names, and the rules that its schema cannot express. The default implementations of the
/// methods add no rules.
pub(crate) trait Kind: Sync {
    /// The path of the collection, with its parameters in braces.
    fn collection(&self) -> &'static str;

    /// The prefix of the ids of this kind, such as `pol`.
    fn prefix(&self) -> &'static str;

    /// The name of this kind in error messages, such as `policy profile`.
    fn noun(&self) -> &'static str;

    /// The field whose value is unique in the collection. A duplicate gets 409.
    fn unique_field(&self) -> Option<&'static str> {
        None
    }

    /// The order of the list.
    fn order(&self) -> Order {
        Order::OldestFirst
    }

    /// Checks the rules that the schema cannot express, and adds an error for each violation. Returns the fields that
    /// the server computes. `stored` is the resource that is replaced or changed; `None` if a resource is created.
    fn check(
        &self,
        _request: &OperationRequest<'_>,
        _body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        Resource::new()
    }

    /// Returns 409 if the fields of a valid body conflict with other resources, and 404 if they refer to a resource
    /// that does not exist. `id` is the id of the resource that is replaced or changed; `None` if one is created.
    fn check_conflicts(
        &self,
        _request: &OperationRequest<'_>,
        _fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// Returns 409 if the resource must not be deleted, for example because another resource refers to it.
    fn check_delete(
        &self,
        _request: &OperationRequest<'_>,
        _stored: &Resource,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// Called after a resource was deleted. Removes references to it.
    fn after_delete(&self, _request: &mut OperationRequest<'_>, _id: &str) {}

    /// Returns `true` if a list with these query parameters contains the resource. By default, it returns `false` if a
    /// field has another value than the query parameter with the same name.
    fn matches(&self, request: &OperationRequest<'_>, resource: &Resource) -> bool {
        request.query.iter().all(|(name, wanted)| {
            let value = resource.get(name);
            value.is_none_or(|value: &Value| value == wanted)
        })
    }
}

/// The kind of the collections for which no area declares a kind.
pub(crate) struct DefaultKind;

impl Kind for DefaultKind {
    fn collection(&self) -> &'static str {
        ""
    }

    fn prefix(&self) -> &'static str {
        "res"
    }

    fn noun(&self) -> &'static str {
        "resource"
    }
}
