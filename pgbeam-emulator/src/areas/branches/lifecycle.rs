//! Database branches: creates them, changes their status, and removes them with their database.

use serde_json::{Map, Value, json};

use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::resource::Context;
use crate::store::{Resource, Store, fields, new_id, project_collection, str_field};

pub(crate) const ID_PREFIX: &str = "brn";
pub(crate) const NOUN: &str = "database branch";

/// The `database_id` of branches in a project without a database.
const NO_DATABASE: &str = "db_emulator";

/// The status of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BranchStatus {
    Pending,
    Ready,
    Error,
    Discarded,
}

impl BranchStatus {
    const ALL: [Self; 4] = [Self::Pending, Self::Ready, Self::Error, Self::Discarded];

    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Error => "error",
            Self::Discarded => "discarded",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Returns `true` if a branch with this status can get the status `next`: from `pending` any status, from any
    /// status `discarded`, and always its current status.
    fn can_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Pending, _) | (_, Self::Discarded) => true,
            _ => self == next,
        }
    }
}

/// Creates a branch of the oldest database of the project, and returns the branch. `body` has the optional fields
/// `credential_id`, the agent credential that the branch is for, and `status`, which is `pending` by default.
///
/// If the project has no database, the `database_id` of the branch is `db_emulator`.
///
/// # Errors
///
/// 400 if a field is invalid. 404 if the project has no agent credential with this id.
pub(crate) fn create(
    context: &mut Context<'_>,
    project_id: &str,
    body: &Map<String, Value>,
) -> Result<Value, Problem> {
    let status = parse_status(body)?.unwrap_or(BranchStatus::Pending);
    let credential_id = str_value(body, "credential_id")?;
    if let Some(id) = credential_id
        && !has_credential(context.store, project_id, id)
    {
        return Err(Problem::not_found("agent credential", id));
    }
    let databases = project_collection(project_id, "databases");
    let database = context.store.resources(&databases).next();
    let id = new_id(ID_PREFIX);
    let mut branch = fields(json!({
        "id": id,
        "database_id": database.map_or(NO_DATABASE, |database| str_field(database, "id")),
        "credential_id": credential_id,
        "branch_name": format!("sandbox-{}", id.trim_start_matches("brn_")),
        "created_at": format_timestamp(context.now),
        "expires_at": null,
        "discarded_at": null,
    }));
    set_status(&mut branch, status, context);
    let created = Value::Object(branch.clone());
    context
        .store
        .collection_mut(&project_collection(project_id, "branches"))
        .insert(id, branch);
    Ok(created)
}

/// Sets the status of a branch to the field `status` of `body`, and returns the branch. A `pending` branch can get any
/// status, and any branch can get the status `discarded`.
///
/// # Errors
///
/// 400 if `status` is absent or invalid. 404 if the project has no branch with this id. 409 if the branch cannot change
/// from its current status to this one.
pub(crate) fn update(
    context: &mut Context<'_>,
    project_id: &str,
    branch_id: &str,
    body: &Map<String, Value>,
) -> Result<Value, Problem> {
    let next = parse_status(body)?;
    let next = next.ok_or_else(|| Problem::invalid_field("status", "is required"))?;
    let mut branch = find(context.store, project_id, branch_id)?.clone();
    let current = status(&branch);
    if !current.can_become(next) {
        let detail = format!(
            "The database branch is {}; it cannot become {}",
            current.as_str(),
            next.as_str()
        );
        return Err(Problem::conflict("INVALID_STATE", detail));
    }
    if current != next {
        set_status(&mut branch, next, context);
        store(context, project_id, branch_id, &branch);
    }
    Ok(Value::Object(branch))
}

/// Sets the status of a branch to `discarded`. Returns 404 if the branch does not exist or is already discarded.
pub(crate) fn discard(
    context: &mut Context<'_>,
    project_id: &str,
    branch_id: &str,
) -> Result<(), Problem> {
    let mut branch = find(context.store, project_id, branch_id)?.clone();
    if status(&branch) == BranchStatus::Discarded {
        return Err(Problem::not_found(NOUN, branch_id));
    }
    set_status(&mut branch, BranchStatus::Discarded, context);
    store(context, project_id, branch_id, &branch);
    Ok(())
}

/// Removes the branches of a deleted database.
pub(crate) fn remove_branches(store: &mut Store, project_id: &str, database_id: &str) {
    let collection = project_collection(project_id, "branches");
    let ids: Vec<String> = store
        .resources(&collection)
        .filter(|branch| str_field(branch, "database_id") == database_id)
        .map(|branch| str_field(branch, "id").to_owned())
        .collect();
    for id in ids {
        store.remove(&collection, &id);
    }
}

fn find<'s>(store: &'s Store, project_id: &str, id: &str) -> Result<&'s Resource, Problem> {
    store
        .get(&project_collection(project_id, "branches"), id)
        .ok_or_else(|| Problem::not_found(NOUN, id))
}

fn store(context: &mut Context<'_>, project_id: &str, id: &str, branch: &Resource) {
    let collection = project_collection(project_id, "branches");
    if let Some(stored) = context.store.get_mut(&collection, id) {
        stored.clone_from(branch);
    }
}

fn status(branch: &Resource) -> BranchStatus {
    BranchStatus::parse(str_field(branch, "status")).unwrap_or(BranchStatus::Pending)
}

fn set_status(branch: &mut Resource, status: BranchStatus, context: &Context<'_>) {
    branch.insert("status".to_owned(), Value::from(status.as_str()));
    match status {
        BranchStatus::Error => {
            let error = Value::from("The branch could not be created");
            branch.insert("error".to_owned(), error);
        }
        BranchStatus::Discarded => {
            let now = Value::from(format_timestamp(context.now));
            branch.insert("discarded_at".to_owned(), now);
        }
        BranchStatus::Pending | BranchStatus::Ready => {}
    }
}

/// Returns `true` if an operation or the library created an agent credential with this id.
fn has_credential(store: &Store, project_id: &str, id: &str) -> bool {
    let agents = store.activity(project_id).into_iter();
    let mut agents = agents.flat_map(|activity| activity.agents.values());
    store
        .get(&project_collection(project_id, "agents"), id)
        .is_some()
        || agents.any(|agent| agent.credentials.contains_key(id))
}

fn parse_status(body: &Map<String, Value>) -> Result<Option<BranchStatus>, Problem> {
    let Some(name) = str_value(body, "status")? else {
        return Ok(None);
    };
    let names = BranchStatus::ALL.map(BranchStatus::as_str).join(", ");
    let invalid = || Problem::invalid_field("status", format!("must be one of: {names}"));
    BranchStatus::parse(name).map(Some).ok_or_else(invalid)
}

/// Returns a string field; `None` if it is absent or `null`. Returns 400 if it has another type.
fn str_value<'b>(body: &'b Map<String, Value>, name: &str) -> Result<Option<&'b str>, Problem> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(value)) => Ok(Some(value)),
        Some(_) => Err(Problem::invalid_field(name, "must be a string")),
    }
}
