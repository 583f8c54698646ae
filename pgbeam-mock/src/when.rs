//! `When`: sets the conditions that a request must match to get the response of a mock.

use std::{fmt, marker::PhantomData};

use pgbeam_api::{Operation, runtime};
use serde::Serialize;
use serde_json::Value;

/// The conditions that a request must match. `O` is the request builder of the operation in `pgbeam-api`.
///
/// Each operation has generated methods for its parameters and its body. All operations have the methods below.
/// Parts of the request without a condition can have any value.
pub struct When<O> {
    inner: httpmock::When,
    operation: &'static Operation,
    builder: PhantomData<fn() -> O>,
}

impl<O> When<O> {
    /// Creates conditions that match every request with the method and path of the operation.
    pub(crate) fn new(inner: httpmock::When, operation: &'static Operation) -> Self {
        let inner = inner
            .method(operation.method.as_str())
            .path_matches(path_pattern(operation.path, None));
        Self {
            inner,
            operation,
            builder: PhantomData,
        }
    }

    /// Requires a JSON body that contains at least these fields, at every depth.
    ///
    /// The entries of an array are compared by position. The array in the body can have more entries at its end than
    /// the array in `fields`.
    pub fn body_includes(self, fields: &Value) -> Self {
        self.and(|when| when.json_body_includes(fields.to_string()))
    }

    /// Requires this value of a header. Use it for headers that the API contract does not declare, such as
    /// `Authorization`.
    pub fn expect_header(self, name: &str, value: &str) -> Self {
        self.and(|when| when.header(name, value))
    }

    /// Requires this value of a query parameter. Use it for parameters that the API contract does not declare.
    pub fn expect_query(self, name: &str, value: &str) -> Self {
        self.and(|when| when.query_param(name, value))
    }

    /// Changes the underlying [`httpmock::When`] with `configure`, for example to add other conditions.
    pub fn and(self, configure: impl FnOnce(httpmock::When) -> httpmock::When) -> Self {
        Self {
            inner: configure(self.inner),
            ..self
        }
    }
}

/// Conditions that the generated methods add.
#[allow(dead_code, reason = "unused without area features")]
impl<O> When<O> {
    pub(crate) fn set_path(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        let value = runtime::percent_encode(&runtime::format_parameter(&value)).to_string();
        let pattern = path_pattern(self.operation.path, Some((name, &value)));
        self.and(|when| when.path_matches(pattern))
    }

    pub(crate) fn set_query(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.and(|when| when.query_param(name, runtime::format_parameter(&value)))
    }

    pub(crate) fn set_no_query(self, name: &str) -> Self {
        self.and(|when| when.query_param_missing(name))
    }

    pub(crate) fn set_header(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.and(|when| when.header(name, runtime::format_parameter(&value)))
    }

    pub(crate) fn set_no_header(self, name: &str) -> Self {
        self.and(|when| when.header_missing(name))
    }

    pub(crate) fn set_body(self, value: &(impl Serialize + ?Sized)) -> Self {
        self.and(|when| when.json_body_obj(value))
    }

    pub(crate) fn set_no_body(self) -> Self {
        self.and(|when| when.is_true(|request| request.body_ref().is_empty()))
    }
}

/// Returns a regular expression that matches the paths of an operation. `template` is the path of the operation, with
/// each parameter in braces. `fixed` is the name and the percent-encoded value of one parameter. Each of the other
/// parameters can have any value that is not empty.
fn path_pattern(template: &str, fixed: Option<(&str, &str)>) -> String {
    let mut regex = String::from("^");
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        push_escaped(&mut regex, before);
        match fixed {
            Some((parameter, value)) if parameter == name => push_escaped(&mut regex, value),
            _ => regex.push_str("[^/]+"),
        }
        rest = after;
    }
    push_escaped(&mut regex, rest);
    regex.push('$');
    regex
}

/// Appends `literal` to a regular expression, escaped so that the expression matches it literally.
fn push_escaped(regex: &mut String, literal: &str) {
    for c in literal.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '/' | '_' | '%') {
            regex.push('\\');
        }
        regex.push(c);
    }
}

impl<O> fmt::Debug for When<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("When")
            .field("operation", &self.operation.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::path_pattern;

    #[test]
    fn path_patterns_match_the_whole_path_literally() {
        let template = "/v1/a/{a_id}/b/{b}:lint";
        assert_eq!(path_pattern(template, None), r"^/v1/a/[^/]+/b/[^/]+\:lint$");
        assert_eq!(
            path_pattern(template, Some(("a_id", "x.y-z"))),
            r"^/v1/a/x\.y\-z/b/[^/]+\:lint$"
        );
        assert_eq!(
            path_pattern(template, Some(("b", "%20"))),
            r"^/v1/a/[^/]+/b/%20\:lint$"
        );
        assert_eq!(path_pattern("/v1", None), "^/v1$");
    }
}
