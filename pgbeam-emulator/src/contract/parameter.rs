//! `Parameter`: a path, query or header parameter of an operation, and the conversion of its string to a JSON value.

use serde_json::{Number, Value};

use super::document::Document;

/// A declared parameter of an operation.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) location: Location,
    pub(crate) required: bool,
    pub(crate) schema: Value,
}

/// Where a request has a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Path,
    Query,
    Header,
}

impl Parameter {
    /// Reads a parameter object. Returns `None` for a location that the emulator does not read, such as a cookie.
    pub(super) fn parse(parameter: &Value) -> Option<Self> {
        let location = match parameter.get("in")?.as_str()? {
            "path" => Location::Path,
            "query" => Location::Query,
            "header" => Location::Header,
            _ => return None,
        };
        Some(Self {
            name: parameter.get("name")?.as_str()?.to_owned(),
            location,
            required: parameter.get("required") == Some(&Value::Bool(true)),
            schema: parameter.get("schema")?.clone(),
        })
    }

    /// Converts the string in a request to a JSON value of the declared type. A string that is not of that type stays
    /// a string, so that validation rejects it.
    pub(super) fn to_value(&self, document: &Document, string: &str) -> Value {
        let kind = document.keyword(&self.schema, "type");
        match (kind.and_then(Value::as_str), string) {
            (Some("boolean"), "true") => Value::Bool(true),
            (Some("boolean"), "false") => Value::Bool(false),
            // `parse` accepts a plus sign.
            (Some("integer"), digits) if !digits.starts_with('+') => digits
                .parse::<i64>()
                .map_or_else(|_| Value::from(digits), Value::from),
            (Some("number"), digits) => digits
                .parse()
                .ok()
                .and_then(Number::from_f64)
                .map_or_else(|| Value::from(digits), Value::Number),
            (_, other) => Value::from(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn converts_strings_to_the_declared_type() {
        let document = Document::parse("{}").expect("JSON");
        let cases = [
            ("integer", "5", json!(5)),
            ("integer", "-5", json!(-5)),
            ("integer", "+5", json!("+5")),
            ("integer", "5.0", json!("5.0")),
            ("integer", "", json!("")),
            ("number", "1.5", json!(1.5)),
            ("number", "NaN", json!("NaN")),
            ("boolean", "true", json!(true)),
            ("boolean", "1", json!("1")),
            ("string", "5", json!("5")),
        ];
        for (kind, string, value) in cases {
            let parameter = Parameter::parse(&json!({
                "name": "p", "in": "query", "schema": {"type": kind},
            }));
            let parameter = parameter.expect("a parameter");
            assert_eq!(
                parameter.to_value(&document, string),
                value,
                "{kind} {string}"
            );
        }
        assert!(Parameter::parse(&json!({"name": "p", "in": "cookie", "schema": {}})).is_none());
    }
}
