//! A whole query template, as it is created or replaced.

use pgbeam_api::{Error, FieldError, types};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ParamType;
use crate::{
    body::{self, Members},
    resource::Input,
};

/// A parameter of a query template: what stands for `$1`, `$2`, … in its statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[must_use = "a parameter does nothing until it is given to a template"]
pub struct Param {
    name: String,
    #[serde(rename = "type")]
    type_: ParamType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nullable: Option<bool>,
}

impl Param {
    /// A parameter that an agent must give a value of this type.
    pub fn new(name: impl Into<String>, type_: impl Into<ParamType>) -> Self {
        Self {
            name: name.into(),
            type_: type_.into(),
            nullable: None,
        }
    }

    /// Sets whether the value may be NULL. Default: it may not.
    pub fn nullable(mut self, nullable: bool) -> Self {
        self.nullable = Some(nullable);
        self
    }

    /// The name that agents use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of its values.
    pub fn param_type(&self) -> &ParamType {
        &self.type_
    }

    /// Whether its value may be NULL.
    pub fn is_nullable(&self) -> bool {
        self.nullable.unwrap_or(false)
    }
}

impl From<types::QueryTemplateParam> for Param {
    fn from(of: types::QueryTemplateParam) -> Self {
        Self {
            name: of.name,
            type_: of.type_,
            nullable: of.nullable,
        }
    }
}

/// A query template, to create one or to replace one.
///
/// What is not set is not sent and takes its default, in a replacement too: **a replacement that
/// does not say [`enabled`](Self::enabled) enables a template that was withdrawn.** To change some
/// fields and leave the others as they are, use
/// [`QueryTemplates::edit`](super::QueryTemplates::edit).
///
/// Bounds are checked when a request is sent, and by [`validate`](Self::validate).
///
/// ```
/// use pgbeam::query_templates::{Param, ParamType, QueryTemplateInput};
///
/// let input = QueryTemplateInput::new("orders_of", "SELECT * FROM orders WHERE customer = $1")
///     .description("All orders of a customer")
///     .param(Param::new("customer", ParamType::Bigint));
/// input.validate()?;
/// # Ok::<(), pgbeam::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a template does nothing until it is given to a request"]
pub struct QueryTemplateInput {
    members: Members,
}

impl QueryTemplateInput {
    /// A template of this name (a lower-case identifier of at most 63 characters, unique in the
    /// project) for this statement: exactly one SELECT, INSERT, UPDATE or DELETE of at most 16,384
    /// bytes, with a parameter for each of its `$1` to `$n`.
    pub fn new(name: impl Into<String>, sql: impl Into<String>) -> Self {
        let mut members = Members::new();
        members.insert("name".to_owned(), Value::from(name.into()));
        members.insert("sql".to_owned(), Value::from(sql.into()));
        Self { members }
    }

    /// Sets what the template is for, to be read by agents. Default: empty.
    pub fn description(self, text: impl Into<String>) -> Self {
        self.set("description", Value::from(text.into()))
    }

    /// Sets all parameters, in the order of `$1`, `$2`, …. Default: none.
    pub fn params(self, params: impl IntoIterator<Item = Param>) -> Self {
        self.set("params", json!(params.into_iter().collect::<Vec<_>>()))
    }

    /// Adds the parameter for the next of `$1`, `$2`, ….
    pub fn param(mut self, param: Param) -> Self {
        // What is no list is left for the check to refuse.
        match self.members.entry("params").or_insert(Value::Null) {
            Value::Array(params) => params.push(json!(param)),
            none @ Value::Null => *none = json!([param]),
            _ => {}
        }
        self
    }

    /// Sets whether agents see the statement, and not only its name and parameters. Default: they
    /// do not.
    pub fn include_sql(self, include: bool) -> Self {
        self.set("include_sql", Value::from(include))
    }

    /// Sets whether agents may use it. Default: they may.
    pub fn enabled(self, enabled: bool) -> Self {
        self.set("enabled", Value::from(enabled))
    }

    /// Checks it against the bounds of the contract, as every request does before it is sent.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid), with every field that is out of bounds.
    pub fn validate(&self) -> Result<(), Error> {
        let errors = Input::check(self);
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(errors))
        }
    }

    fn set(mut self, field: &str, value: Value) -> Self {
        self.members.insert(field.to_owned(), value);
        self
    }
}

impl Input for QueryTemplateInput {
    fn check(&self) -> Vec<FieldError> {
        check(&self.members)
    }
}

/// What is wrong with the members of a template.
pub(super) fn check(members: &Members) -> Vec<FieldError> {
    const MOST: usize = 16_384;
    let mut errors = body::check::<types::QueryTemplateInput>(members);
    // The API counts bytes, and the contract's schema can only count characters.
    let sql = members
        .get("sql")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if sql.len() > MOST && sql.chars().count() <= MOST {
        let why = format!("has {} bytes, and may have at most {MOST}", sql.len());
        errors.push(FieldError::new("sql", why));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_not_sent() {
        let input = QueryTemplateInput::new("a", "SELECT 1");
        assert_eq!(json!(input), json!({"name": "a", "sql": "SELECT 1"}));
        assert_eq!(
            json!(input.params([])),
            json!({"name": "a", "sql": "SELECT 1", "params": []})
        );
    }

    #[test]
    fn every_setter_makes_what_the_contract_takes() {
        let input = QueryTemplateInput::new("a", "SELECT $1, $2")
            .description("d")
            .param(Param::new("x", ParamType::DoublePrecision))
            .param(Param::new("y", "text").nullable(true))
            .include_sql(true)
            .enabled(false);
        input.validate().unwrap();
        let typed: types::QueryTemplateInput = serde_json::from_value(json!(input)).unwrap();
        assert_eq!(serde_json::to_value(typed).unwrap(), json!(input));
        assert_eq!(
            json!(input)["params"][0],
            json!({"name": "x", "type": "double precision"})
        );
    }

    #[test]
    fn bounds_are_the_contracts() {
        for (name, sql, fields) in [
            ("", "SELECT 1", vec!["name", "name"]),
            ("Upper", "SELECT 1", vec!["name"]),
            ("9a", "", vec!["name", "sql"]),
            (&"a".repeat(64), "SELECT 1", vec!["name"]),
            ("ok_9", &"x".repeat(16_385), vec!["sql"]),
            ("ok_9", &"é".repeat(8_193), vec!["sql"]),
        ] {
            let error = QueryTemplateInput::new(name, sql).validate().unwrap_err();
            let found: Vec<_> = error
                .field_errors()
                .iter()
                .map(|error| error.field())
                .collect();
            assert_eq!(found, fields, "{name:?}");
        }
    }
}
