//! An operation with what it is given: what a command says of a request, whoever sends it.

use std::collections::BTreeMap;

use pgbeam::{
    Error, FieldError,
    api::{Location, Operation},
};
use serde_json::value::RawValue;

/// JSON as it came, so that no number is rounded on its way.
pub type Json = Box<RawValue>;

/// The members of a JSON object, each as it came.
pub type Members = BTreeMap<String, Json>;

/// An operation with what it is given.
#[derive(Debug)]
pub struct Request {
    pub operation: &'static Operation,
    pub path: BTreeMap<String, String>,
    pub query: Query,
    pub headers: Headers,
    pub body: Option<Json>,
}

impl Request {
    /// Whether the operation has a parameter of this name in this place.
    pub fn takes(&self, location: Location, name: &str) -> bool {
        let mut parameters = self.operation.parameters.iter();
        parameters.any(|of| of.location == location && of.name == name)
    }

    /// Refuses a path that lacks a parameter or has one too many, as the SDK's untyped call does: a
    /// typed method takes them as arguments, which cannot be missing.
    pub fn check_path(&self) -> Result<(), Error> {
        let parameters = self.operation.parameters.iter();
        let missing = parameters
            .filter(|of| of.location == Location::Path && !self.path.contains_key(of.name))
            .map(|of| FieldError::new(of.name, "is missing"));
        let unknown = self
            .path
            .keys()
            .filter(|name| !self.takes(Location::Path, name));
        let unknown = unknown
            .map(|name| FieldError::new(name, "is not a parameter of this operation's path"));
        let faults: Vec<_> = unknown.chain(missing).collect();
        if faults.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(faults).with_operation(self.operation))
    }

    /// Takes out a parameter of a path that has been checked.
    pub fn id(&mut self, name: &str) -> String {
        self.path.remove(name).unwrap_or_default()
    }
}

/// The parameters of a query; one with several values is sent as often.
#[derive(Clone, Debug, Default)]
pub struct Query(pub BTreeMap<String, Vec<String>>);

impl Query {
    /// All of them, one value at a time.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, values)| {
            values
                .iter()
                .map(move |value| (name.as_str(), value.as_str()))
        })
    }

    /// Gives a parameter this one value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), vec![value.to_owned()]);
    }
}

/// The headers of one call.
#[derive(Clone, Debug, Default)]
pub struct Headers(pub BTreeMap<String, String>);

impl Headers {
    /// Takes one out, whatever the case of its name.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let found = self
            .0
            .keys()
            .find(|of| of.eq_ignore_ascii_case(name))
            .cloned()?;
        self.0.remove(&found)
    }
}

/// Returns `true` if a header of this name is set, in any letter case.
pub fn has(headers: &BTreeMap<String, String>, name: &str) -> bool {
    headers.keys().any(|of| of.eq_ignore_ascii_case(name))
}

/// Gives a request of the SDK its headers, an `Idempotency-Key` by the method that is for it. The
/// requests have these methods each for itself, and so this is a macro.
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
