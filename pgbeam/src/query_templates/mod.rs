//! Query templates: statements that were approved in advance, by name.
//!
//! A policy profile whose `query_mode` is `templates` admits nothing else.
//! [`QueryTemplates`], from [`Project::query_templates`](crate::Project::query_templates), has one
//! method an operation:
//!
//! | to | call | operation |
//! | --- | --- | --- |
//! | store a new one | [`create`](QueryTemplates::create) | `createQueryTemplate` |
//! | read one | [`get`](QueryTemplates::get) | `getQueryTemplate` |
//! | read all | [`list`](QueryTemplates::list) | `listQueryTemplates` |
//! | change some fields | [`edit`](QueryTemplates::edit) | `getQueryTemplate`, `updateQueryTemplate` |
//! | replace one | [`update`](QueryTemplates::update) | `updateQueryTemplate` |
//! | remove one | [`delete`](QueryTemplates::delete) | `deleteQueryTemplate` |

mod edit;
mod input;
mod template;

pub use pgbeam_api::{
    ids::QueryTemplateId,
    types::{
        QueryTemplateParamType as ParamType, QueryTemplateStatementKind as TemplateStatementKind,
    },
};

pub use input::{Param, QueryTemplateInput};
pub use template::QueryTemplate;

use crate::{
    Project,
    request::{Create, Delete, Edit, Get, List, Update},
};

/// The query templates of a project. Cheap to clone.
///
/// Every method gives a request that is sent when it is awaited. An identifier that cannot be one
/// (empty, `.`, `..`, with a slash) is reported then, and nothing is sent.
#[derive(Clone, Debug)]
pub struct QueryTemplates {
    project: Project,
}

impl QueryTemplates {
    pub(crate) fn new(project: Project) -> Self {
        Self { project }
    }

    /// Creates a query template (`createQueryTemplate`).
    ///
    /// An `Idempotency-Key` is sent with it, so that a retry of what succeeded
    /// does not create it again.
    ///
    /// # Errors
    ///
    /// 409 when another template of the project has the name; 400 when the statement is not exactly
    /// one SELECT, INSERT, UPDATE or DELETE, or does not fit its parameters.
    ///
    /// ```
    /// # use pgbeam::query_templates::{Param, ParamType, QueryTemplateInput};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// let templates = client.project("prj_xxx")?.query_templates();
    /// let input = QueryTemplateInput::new("order_by_id", "SELECT * FROM orders WHERE id = $1")
    ///     .param(Param::new("id", ParamType::Bigint));
    /// let template = templates.create(input).await?;
    /// assert!(template.enabled());
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, input: QueryTemplateInput) -> Create<QueryTemplate> {
        Create::new(self.project.clone(), input)
    }

    /// Reads a query template (`getQueryTemplate`).
    ///
    /// # Errors
    ///
    /// 404 when the project has no template of this identifier.
    pub fn get(&self, id: impl AsRef<str>) -> Get<QueryTemplate> {
        Get::new(self.project.clone(), id.as_ref())
    }

    /// Replaces a query template (`updateQueryTemplate`).
    ///
    /// **What the input does not set goes back to its default: a withdrawn template is enabled
    /// again.** To change some fields and keep the others, use [`edit`](Self::edit).
    ///
    /// # Errors
    ///
    /// 404 when there is no such template; 412 when [`if_match`](Update::if_match)
    /// named another version; 400 and 409 as for [`create`](Self::create).
    pub fn update(&self, id: impl AsRef<str>, input: QueryTemplateInput) -> Update<QueryTemplate> {
        Update::new(self.project.clone(), id.as_ref(), input)
    }

    /// Changes some fields of a query template and leaves the others exactly as they are
    /// (`getQueryTemplate`, then `updateQueryTemplate` with `If-Match`).
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get) and [`update`](Self::update). A 412 is met by reading again and making
    /// the same change to the new version; it is given to the caller only when that did not help
    /// ten times.
    ///
    /// ```no_run
    /// # async fn run(templates: pgbeam::query_templates::QueryTemplates) -> Result<(), pgbeam::Error> {
    /// templates.edit("qt_xxx").enabled(false).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn edit(&self, id: impl AsRef<str>) -> Edit<QueryTemplate> {
        Edit::new(self.project.clone(), id.as_ref())
    }

    /// Deletes a query template (`deleteQueryTemplate`).
    ///
    /// The last one may be deleted too; a profile that admits templates alone then admits nothing.
    ///
    /// # Errors
    ///
    /// 404 when there is no such template. A retry that finds the template gone, after an attempt
    /// whose answer was lost, has succeeded.
    pub fn delete(&self, id: impl AsRef<str>) -> Delete<QueryTemplate> {
        Delete::new(self.project.clone(), id.as_ref())
    }

    /// Lists the query templates of the project (`listQueryTemplates`).
    pub fn list(&self) -> List<QueryTemplate> {
        List::new(self.project.clone())
    }
}
