//! `dryEvalPolicy`: the verdict of a policy on one statement that nobody runs.

use http::StatusCode;

use crate::answer::Answer;
use crate::call::{Call, Outcome};
use crate::fields::{self, Fields, finish};
use crate::policies::model::{Profile, QueryMode};
use crate::policies::routes::find;
use crate::policies::validate::{self, ProfileInput};
use crate::problem::Problem;
use crate::sql::verdict::judge;
use crate::store::Project;

/// The longest statement, in characters.
const MAX_SQL: usize = 100_000;

pub(crate) fn evaluate(call: &mut Call<'_>) -> Outcome {
    let body = fields::object(call.body)?;
    let mut errors = Vec::new();
    let mut fields = Fields::new(&body, "", &mut errors);
    let sql = fields.required_string("sql");
    if sql
        .as_deref()
        .is_some_and(|sql| !(1..=MAX_SQL).contains(&sql.chars().count()))
    {
        fields.wrong("sql", format!("must be 1 to {MAX_SQL} characters long"));
    }
    let subject = Subject::read(&mut fields);
    let (sql, subject) = finish(sql.zip(subject), errors)?;
    let profile = subject.resolve(call.project)?;
    let judged = judge(&sql, &profile, &call.project.enabled_templates());
    Ok(Answer::json(StatusCode::OK, &judged.evaluation))
}

/// The policy that a request is about: one that is stored, or one in the request.
#[derive(Debug)]
pub(crate) enum Subject {
    Stored(String),
    Inline(Box<ProfileInput>),
}

impl Subject {
    /// Reads `policy_id` and `policy`, of which there has to be exactly one.
    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let one = fields.has("policy_id") != fields.has("policy");
        if !one {
            for name in ["policy_id", "policy"] {
                fields.wrong(name, "exactly one of policy_id and policy is needed");
            }
        }
        let id = fields.string("policy_id").map(Self::Stored);
        let inline = fields.object("policy", validate::profile);
        id.or(inline.map(|input| Self::Inline(Box::new(input))))
    }

    /// The profile itself. One that stands in the request is judged as it would be
    /// right after its creation.
    pub(crate) fn resolve(self, project: &Project) -> Result<Profile, Problem> {
        match self {
            Self::Stored(id) => find(project, &id).map(|policy| policy.profile.clone()),
            Self::Inline(input) => Ok(input.into_profile(QueryMode::Sql)),
        }
    }
}
