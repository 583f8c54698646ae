//! Dry evaluation: what a policy would do with one statement.

use pgbeam_api::{Error, Response, operations, types};
use serde_json::Value;

use super::{MaskKind, PolicySubject};
use crate::{
    CallOptions, Project,
    body::{self, Members},
    original::{self, Kept, Original, written_as_it_came},
    request::{self, awaitable},
};

pub use pgbeam_api::types::Verdict;

/// Asks what a policy would do with a statement; from
/// [`Policies::dry_eval`](super::Policies::dry_eval).
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct DryEval {
    project: Project,
    subject: PolicySubject,
    sql: String,
    options: CallOptions,
}

impl DryEval {
    pub(super) fn new(project: Project, subject: PolicySubject, sql: String) -> Self {
        Self {
            project,
            subject,
            sql,
            options: CallOptions::new(),
        }
    }

    call_options!(options);

    async fn run(self) -> Result<Response<Evaluation>, Error> {
        let mut body = Members::new();
        let mut faults = self.subject.put(&mut body);
        body.insert("sql".to_owned(), Value::from(self.sql));
        faults.extend(body::check::<types::DryEvalInput>(&body));
        let call = request::call(&self.project, &operations::DRY_EVAL_POLICY, self.options);
        let call = call.invalid(faults).json(&body);
        Ok(original::read::<types::DryEvalResult>(call.send().await?)?.map(Into::into))
    }
}

awaitable!(DryEval => Response<Evaluation>);

/// What a policy would do with a statement. Serialized, it is the JSON that the API sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    of: types::DryEvalResult,
    masked_columns: Vec<MaskedColumn>,
    original: Original,
}

written_as_it_came!(Evaluation);

/// A column whose values would be hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MaskedColumn {
    /// The column.
    pub column: String,
    /// How its values would be hidden.
    pub kind: MaskKind,
}

impl From<Kept<types::DryEvalResult>> for Evaluation {
    fn from(
        Kept {
            value: mut of,
            original,
        }: Kept<types::DryEvalResult>,
    ) -> Self {
        let columns = of.masked_columns.take().unwrap_or_default().into_iter();
        let columns = columns.map(|of| MaskedColumn {
            column: of.column,
            kind: of.kind,
        });
        Self {
            masked_columns: columns.collect(),
            of,
            original,
        }
    }
}

impl Evaluation {
    /// What would be done. The set of verdicts may grow.
    pub fn verdict(&self) -> &Verdict {
        &self.of.verdict
    }

    /// Whether the statement would run, masked or filtered perhaps. A verdict that this version of
    /// the crate does not know counts as no.
    pub fn is_admitted(&self) -> bool {
        matches!(
            self.of.verdict,
            Verdict::Allow | Verdict::Mask | Verdict::RowFilter
        )
    }

    /// Whether the statement would be refused.
    pub fn is_blocked(&self) -> bool {
        self.of.verdict == Verdict::Block
    }

    /// The rule that decided; `ok` unless the statement is blocked. The set is open.
    pub fn rule(&self) -> &str {
        &self.of.rule
    }

    /// Why, for a person.
    pub fn reason(&self) -> &str {
        &self.of.reason
    }

    /// What would help, where there is something to say.
    pub fn hint(&self) -> Option<&str> {
        self.of.hint.as_deref()
    }

    /// The columns whose values would be hidden.
    pub fn masked_columns(&self) -> &[MaskedColumn] {
        &self.masked_columns
    }

    /// The condition that would be added to the statement.
    pub fn row_filter_predicate(&self) -> Option<&str> {
        self.of.row_filter_predicate.as_deref()
    }

    /// The statement that would run in its place.
    pub fn rewritten_sql(&self) -> Option<&str> {
        self.of.rewritten_sql.as_deref()
    }

    /// What could not be judged without running the statement.
    pub fn notes(&self) -> &[String] {
        self.of.notes.as_deref().unwrap_or_default()
    }

    /// The query template that the statement matched.
    pub fn template(&self) -> Option<&str> {
        self.of.template.as_deref()
    }
}
