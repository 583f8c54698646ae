//! A query template as it is stored and given back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::fields::choice;
use crate::sql::kind::Kind;
use crate::sql::normalise::normalise;
use crate::store::Project;

choice! {
    /// The type of a template's parameter.
    ParamType {
        Text = "text",
        Integer = "integer",
        Bigint = "bigint",
        DoublePrecision = "double precision",
        Numeric = "numeric",
        Boolean = "boolean",
        Uuid = "uuid",
        Date = "date",
        Timestamptz = "timestamptz",
        Jsonb = "jsonb",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) r#type: ParamType,
    pub(crate) nullable: bool,
    #[serde(flatten)]
    pub(crate) extra: BTreeMap<String, Value>,
}

/// What a client decides of a template, and the kind that its SQL has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) sql: String,
    pub(crate) params: Vec<Param>,
    pub(crate) statement_kind: Kind,
    pub(crate) include_sql: bool,
    pub(crate) enabled: bool,
    #[serde(flatten)]
    pub(crate) extra: BTreeMap<String, Value>,
}

/// A stored template: what the client decided and what the server did.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) project_id: String,
    #[serde(flatten)]
    pub(crate) definition: Definition,
    #[serde(serialize_with = "crate::clock::serialize")]
    pub(crate) created_at: DateTime<Utc>,
    #[serde(serialize_with = "crate::clock::serialize")]
    pub(crate) updated_at: DateTime<Utc>,
}

/// What a verdict needs to know of an enabled template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Enabled {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The SQL as [`normalise`] writes it, with which statements are compared.
    pub(crate) normalised: String,
}

impl Project {
    /// The templates that are enabled, in the order of their creation.
    pub(crate) fn enabled_templates(&self) -> Vec<Enabled> {
        self.templates
            .iter()
            .map(|template| &template.definition)
            .filter(|definition| definition.enabled)
            .map(|definition| Enabled {
                name: definition.name.clone(),
                kind: definition.statement_kind,
                normalised: normalise(&definition.sql),
            })
            .collect()
    }
}
