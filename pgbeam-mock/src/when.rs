//! What a request must be to be answered.

use std::{fmt, marker::PhantomData};

use pgbeam_api::{Operation, runtime};
use serde::Serialize;
use serde_json::Value;

/// What a request of the operation whose builder is `O` must have to be answered.
///
/// Each operation has its parameters and its body as methods of its own; these here are the same
/// for all. What is not named may be anything.
pub struct When<O> {
    inner: httpmock::When,
    operation: &'static Operation,
    builder: PhantomData<fn() -> O>,
}

impl<O> When<O> {
    /// Any request of the operation.
    pub(crate) fn new(inner: httpmock::When, operation: &'static Operation) -> Self {
        let inner = inner
            .method(operation.method.as_str())
            .path_matches(pattern(operation.path, None));
        Self {
            inner,
            operation,
            builder: PhantomData,
        }
    }

    /// The body must have these members, whatever else it has.
    pub fn body_includes(self, members: &Value) -> Self {
        self.and(|when| when.json_body_includes(members.to_string()))
    }

    /// A header that the contract does not list, such as `Authorization`.
    pub fn expect_header(self, name: &str, value: &str) -> Self {
        self.and(|when| when.header(name, value))
    }

    /// A parameter of the query that the contract does not list.
    pub fn expect_query(self, name: &str, value: &str) -> Self {
        self.and(|when| when.query_param(name, value))
    }

    /// All else that `httpmock` can do.
    pub fn and(self, set: impl FnOnce(httpmock::When) -> httpmock::When) -> Self {
        Self {
            inner: set(self.inner),
            ..self
        }
    }
}

/// What the generated methods use.
#[allow(dead_code, reason = "without an area there is no helper")]
impl<O> When<O> {
    pub(crate) fn set_path(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        let value = runtime::percent_encode(&runtime::format_parameter(&value)).to_string();
        let pattern = pattern(self.operation.path, Some((name, &value)));
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

/// The expression that the paths of an operation match, those with this value for one parameter or
/// all.
fn pattern(template: &str, only: Option<(&str, &str)>) -> String {
    let mut out = String::from("^");
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        literal(&mut out, before);
        match only {
            Some((of, value)) if of == name => literal(&mut out, value),
            _ => out.push_str("[^/]+"),
        }
        rest = after;
    }
    literal(&mut out, rest);
    out.push('$');
    out
}

/// Adds what stands for itself alone.
fn literal(out: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '/' | '_' | '%') {
            out.push('\\');
        }
        out.push(c);
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
    use super::pattern;

    #[test]
    fn a_path_is_matched_whole_and_to_the_letter() {
        let template = "/v1/a/{a_id}/b/{b}:lint";
        assert_eq!(pattern(template, None), r"^/v1/a/[^/]+/b/[^/]+\:lint$");
        assert_eq!(
            pattern(template, Some(("a_id", "x.y-z"))),
            r"^/v1/a/x\.y\-z/b/[^/]+\:lint$"
        );
        assert_eq!(
            pattern(template, Some(("b", "%20"))),
            r"^/v1/a/[^/]+/b/%20\:lint$"
        );
        assert_eq!(pattern("/v1", None), "^/v1$");
    }
}
