//! Which kinds of statement a profile admits.

use pgbeam_api::{Error, Response, operations, types};

use super::AccessMode;
use crate::{
    CallOptions, Project,
    original::{self, Kept, Original, written_as_it_came},
    request::{self, awaitable},
};

/// Asks which kinds of statement a profile admits; from
/// [`Policies::statement_kinds`](super::Policies::statement_kinds).
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct GetStatementKinds {
    project: Project,
    id: String,
    options: CallOptions,
}

impl GetStatementKinds {
    pub(super) fn new(project: Project, id: &str) -> Self {
        Self {
            project,
            id: id.to_owned(),
            options: CallOptions::new(),
        }
    }

    call_options!(options);

    async fn run(self) -> Result<Response<StatementKinds>, Error> {
        let operation = &operations::GET_POLICY_STATEMENT_KINDS;
        let call = request::call(&self.project, operation, self.options).path("policy_id", self.id);
        Ok(original::read::<types::PolicyStatementKinds>(call.send().await?)?.map(Into::into))
    }
}

awaitable!(GetStatementKinds => Response<StatementKinds>);

/// The kinds of statement and whether a profile admits them, judged without its tables, masks and
/// budgets. Serialized, they are the JSON that the API sent.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementKinds {
    policy_id: String,
    access_mode: AccessMode,
    kinds: Vec<StatementKind>,
    original: Original,
}

written_as_it_came!(StatementKinds);

/// One kind of statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatementKind {
    /// The kind, such as `select`. The set is open.
    pub kind: String,
    /// Whether it is admitted.
    pub allowed: bool,
    /// The rule that refuses it.
    pub rule: Option<String>,
    /// Why, for a person.
    pub reason: Option<String>,
}

impl From<Kept<types::PolicyStatementKinds>> for StatementKinds {
    fn from(
        Kept {
            value: of,
            original,
        }: Kept<types::PolicyStatementKinds>,
    ) -> Self {
        let kind = |of: types::PolicyStatementKindVerdict| StatementKind {
            kind: of.kind,
            allowed: of.allowed,
            rule: of.rule,
            reason: of.reason,
        };
        Self {
            policy_id: of.policy_id,
            access_mode: of.access_mode,
            kinds: of.statement_kinds.into_iter().map(kind).collect(),
            original,
        }
    }
}

impl StatementKinds {
    /// The profile that was judged.
    pub fn policy_id(&self) -> &str {
        &self.policy_id
    }

    /// Its access mode.
    pub fn access_mode(&self) -> &AccessMode {
        &self.access_mode
    }

    /// One verdict a kind.
    pub fn kinds(&self) -> &[StatementKind] {
        &self.kinds
    }

    /// Whether a kind is admitted; `None` where the API says nothing of it.
    pub fn allows(&self, kind: &str) -> Option<bool> {
        self.kinds
            .iter()
            .find(|of| of.kind == kind)
            .map(|of| of.allowed)
    }
}
