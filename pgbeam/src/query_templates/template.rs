//! A query template as the API answers it.

use pgbeam_api::{FieldError, Operation, operations, types};
use serde::Deserialize;

use super::{Param, QueryTemplateInput, TemplateStatementKind};
use crate::{
    Page, Timestamp,
    body::Members,
    original::{Kept, Original, written_as_it_came},
    resource::Described,
};

/// A query template: a statement that was approved in advance. Serialized, it is the JSON that the
/// API sent.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryTemplate {
    of: types::QueryTemplate,
    params: Vec<Param>,
    original: Original,
}

written_as_it_came!(QueryTemplate);

impl Described for QueryTemplate {
    type Input = QueryTemplateInput;
    type Wire = types::QueryTemplate;
    type WirePage = WirePage;

    const ID: &'static str = "query_template_id";
    const CREATE: &'static Operation = &operations::CREATE_QUERY_TEMPLATE;
    const GET: &'static Operation = &operations::GET_QUERY_TEMPLATE;
    const UPDATE: &'static Operation = &operations::UPDATE_QUERY_TEMPLATE;
    const DELETE: &'static Operation = &operations::DELETE_QUERY_TEMPLATE;
    const LIST: &'static Operation = &operations::LIST_QUERY_TEMPLATES;

    // The kind is read off the statement.
    const SERVER_OWNED: &'static [&'static str] = &[
        "id",
        "project_id",
        "statement_kind",
        "created_at",
        "updated_at",
    ];
    const KEPT_WHEN_ABSENT: &'static [(&'static str, &'static str)] = &[];
    const REQUIRED: &'static [(&'static str, &'static str)] =
        &[("name", "unchanged"), ("sql", "unchanged")];

    fn of(wire: Kept<Self::Wire>) -> Self {
        wire.into()
    }

    fn check(members: &Members) -> Vec<FieldError> {
        super::input::check(members)
    }
}

/// A page of them, each as it came.
#[derive(Deserialize)]
pub(crate) struct WirePage {
    query_templates: Vec<Kept<types::QueryTemplate>>,
    next_page_token: Option<String>,
}

impl From<WirePage> for Page<QueryTemplate> {
    fn from(of: WirePage) -> Self {
        Page::new(
            of.query_templates.into_iter().map(Into::into).collect(),
            of.next_page_token,
        )
    }
}

impl From<Kept<types::QueryTemplate>> for QueryTemplate {
    fn from(
        Kept {
            value: mut of,
            original,
        }: Kept<types::QueryTemplate>,
    ) -> Self {
        let params = std::mem::take(&mut of.params)
            .into_iter()
            .map(Into::into)
            .collect();
        Self {
            of,
            params,
            original,
        }
    }
}

impl QueryTemplate {
    /// The identifier, to be given to the calls of [`QueryTemplates`](super::QueryTemplates).
    pub fn id(&self) -> &str {
        &self.of.id
    }

    /// The project that the template belongs to.
    pub fn project_id(&self) -> &str {
        &self.of.project_id
    }

    /// The name that agents use.
    pub fn name(&self) -> &str {
        &self.of.name
    }

    /// What the template is for.
    pub fn description(&self) -> &str {
        &self.of.description
    }

    /// The statement.
    pub fn sql(&self) -> &str {
        &self.of.sql
    }

    /// The parameters, in the order of `$1`, `$2`, ….
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// What kind of statement it is, where the API says so.
    pub fn statement_kind(&self) -> Option<&TemplateStatementKind> {
        self.of.statement_kind.as_ref()
    }

    /// Whether agents see the statement, and not only its name and parameters.
    pub fn include_sql(&self) -> bool {
        self.of.include_sql
    }

    /// Whether agents may use it.
    pub fn enabled(&self) -> bool {
        self.of.enabled
    }

    /// When the template was created.
    pub fn created_at(&self) -> Timestamp {
        self.of.created_at
    }

    /// When the template was last changed.
    pub fn updated_at(&self) -> Timestamp {
        self.of.updated_at
    }
}
