//! The request of a command: an operation and its parameters, headers and body.

use std::collections::BTreeMap;

use pgbeam::{
    Error, FieldError,
    api::{Location, Operation},
};
use serde_json::value::RawValue;

/// Unparsed JSON, so that numbers keep their digits.
pub type Json = Box<RawValue>;

/// The unparsed fields of a JSON object.
pub type Fields = BTreeMap<String, Json>;

/// An operation and its parameters, headers and body.
#[derive(Debug)]
pub struct Request {
    pub operation: &'static Operation,
    pub path: BTreeMap<String, String>,
    pub query: Query,
    pub headers: Headers,
    pub body: Option<Json>,
}

impl Request {
    /// Returns `true` if the operation has a parameter of this name at this location.
    pub fn has_parameter(&self, location: Location, name: &str) -> bool {
        let mut parameters = self.operation.parameters.iter();
        parameters.any(|parameter| parameter.location == location && parameter.name == name)
    }

    /// Returns an error that lists every missing and every unknown path parameter, as the SDK's untyped call
    /// does. A typed method cannot check the names, because it takes path parameters as arguments.
    pub fn check_path(&self) -> Result<(), Error> {
        let parameters = self.operation.parameters.iter();
        let missing = parameters
            .filter(|parameter| {
                parameter.location == Location::Path && !self.path.contains_key(parameter.name)
            })
            .map(|parameter| FieldError::new(parameter.name, "is missing"));
        let unknown = self
            .path
            .keys()
            .filter(|name| !self.has_parameter(Location::Path, name));
        let unknown = unknown
            .map(|name| FieldError::new(name, "is not a parameter of this operation's path"));
        let errors: Vec<_> = unknown.chain(missing).collect();
        if errors.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(errors).with_operation(self.operation))
    }

    /// Removes and returns a path parameter. Returns an empty string if the parameter is missing, so call
    /// [`check_path`](Self::check_path) first.
    pub fn take_id(&mut self, name: &str) -> String {
        self.path.remove(name).unwrap_or_default()
    }
}

/// The query parameters of a call. A parameter with several values is sent once for each value.
#[derive(Clone, Debug, Default)]
pub struct Query(pub BTreeMap<String, Vec<String>>);

impl Query {
    /// Returns one pair of name and value for each value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, values)| {
            values
                .iter()
                .map(move |value| (name.as_str(), value.as_str()))
        })
    }

    /// Sets a parameter to one value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), vec![value.to_owned()]);
    }
}

/// The headers of one call.
#[derive(Clone, Debug, Default)]
pub struct Headers(pub BTreeMap<String, String>);

impl Headers {
    /// Removes a header and returns its value. The name is case-insensitive.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let header = self
            .0
            .keys()
            .find(|header| header.eq_ignore_ascii_case(name))
            .cloned()?;
        self.0.remove(&header)
    }
}

/// Returns `true` if `headers` contains a header of this name, which is case-insensitive.
pub fn has_header(headers: &BTreeMap<String, String>, name: &str) -> bool {
    headers
        .keys()
        .any(|header| header.eq_ignore_ascii_case(name))
}

/// Adds headers to a request of the SDK: `Idempotency-Key` with the method `idempotency_key`, all others with
/// `header`. This is a macro, because the request types share no trait with these methods.
macro_rules! with_headers {
    ($request:expr, $headers:expr) => {{
        let mut headers: $crate::request::Headers = $headers;
        let mut request = $request;
        if let Some(key) = headers.take("Idempotency-Key") {
            request = request.idempotency_key(key);
        }
        for (name, value) in headers.0 {
            request = request.header(name, value);
        }
        request
    }};
}
pub(crate) use with_headers;
