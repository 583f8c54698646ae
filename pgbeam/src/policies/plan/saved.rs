//! Saves a plan as JSON, and loads it.

use pgbeam_api::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Plan,
    resource::{Desired, ResourceKind},
    step::{Action, Dependents, Pin, ReachedCredential, Step},
};
use crate::request::RawObject;

/// The version of the format of saved plans. A change of the format that older versions of this crate would misread
/// increments this number.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedPlan {
    pgbeam_plan: u32,
    project: String,
    warnings: Vec<String>,
    steps: Vec<SavedStep>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedStep {
    kind: SavedKind,
    action: SavedAction,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    /// The stored fields before the change, with the bytes that the server sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<RawObject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    kept: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    credentials: Vec<ReachedCredential>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_project_default: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedKind {
    PolicyProfile,
    QueryTemplate,
}

#[derive(Clone, Copy, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum SavedAction {
    Create,
    Update,
    Unchanged,
    Delete,
}

impl Plan {
    /// Returns the plan as JSON. To apply the plan later, store the JSON and [load](Self::load) it.
    ///
    /// The JSON contains the identifier of the project, and the identifier and entity tag of every resource that the
    /// plan updates or deletes. When the loaded plan is applied, the apply first checks that none of these resources
    /// has changed and that no resource that the plan creates already exists. If this check fails, nothing is changed.
    ///
    /// The JSON also contains the fields of the resources before and after the change, and the identifiers and names of
    /// the [reached credentials](Step::credentials). It contains no API key and no secret of a credential.
    pub fn save(&self) -> String {
        let plan = SavedPlan {
            pgbeam_plan: VERSION,
            project: self.project.clone(),
            warnings: self.warnings.clone(),
            steps: self.steps.iter().map(SavedStep::from).collect(),
        };
        serde_json::to_string_pretty(&plan).expect("a plan is serializable")
    }

    /// Loads a plan from the JSON that [`save`](Self::save) returned.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid) if `json` is not a saved plan, if somebody modified the saved plan
    /// so that it contradicts itself, or if an incompatible version of this crate saved the plan. Make a new plan.
    pub fn load(json: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Version {
            pgbeam_plan: u32,
        }
        let version: Version = serde_json::from_str(json).map_err(not_a_plan)?;
        if version.pgbeam_plan != VERSION {
            return Err(invalid(format!(
                "has the format version {}, not {VERSION}: make a new plan with this version",
                version.pgbeam_plan
            )));
        }
        let plan: SavedPlan = serde_json::from_str(json).map_err(not_a_plan)?;
        let steps = plan.steps.into_iter().map(SavedStep::into_step);
        Ok(Self {
            project: plan.project,
            warnings: plan.warnings,
            steps: steps.collect::<Result<_, _>>()?,
            is_saved: true,
        })
    }
}

fn not_a_plan(error: serde_json::Error) -> Error {
    invalid(format!("is not a saved plan: {error}: make a new plan"))
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::invalid_field("plan", detail)
}

impl From<&Step> for SavedStep {
    fn from(step: &Step) -> Self {
        Self {
            kind: match step.kind {
                ResourceKind::PolicyProfile => SavedKind::PolicyProfile,
                ResourceKind::QueryTemplate => SavedKind::QueryTemplate,
            },
            action: match step.action {
                Action::Create => SavedAction::Create,
                Action::Update => SavedAction::Update,
                Action::Unchanged => SavedAction::Unchanged,
                Action::Delete => SavedAction::Delete,
            },
            name: step.name.clone(),
            id: step.id.clone(),
            etag: step.pin.as_ref().map(|pin| pin.etag.clone()),
            before: step.pin.as_ref().map(|pin| pin.stored.clone()),
            after: step.desired.as_ref().map(Desired::to_json),
            kept: step.kept.iter().cloned().collect(),
            credentials: step.dependents.credentials.clone(),
            is_project_default: step.dependents.is_project_default,
        }
    }
}

impl SavedStep {
    /// Converts a saved step into a step. The diff and the effect are not saved. This function computes them again from
    /// the fields before and after the change, so they match the request that is sent.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid) if a part of the step is missing, or if its action or name
    /// contradicts its fields.
    fn into_step(self) -> Result<Step, Error> {
        let kind = match self.kind {
            SavedKind::PolicyProfile => ResourceKind::PolicyProfile,
            SavedKind::QueryTemplate => ResourceKind::QueryTemplate,
        };
        let name = self.name;
        let incomplete = || invalid(format!("is incomplete at {name:?}: make a new plan"));
        let desired = self.after.map(|json| Desired::from_json(kind, json));
        let dependents = Dependents {
            credentials: self.credentials,
            is_project_default: self.is_project_default,
        };
        if self.action == SavedAction::Unchanged {
            let desired = desired.ok_or_else(incomplete)?;
            let mut step = Step::new(kind, None, Some(desired), dependents);
            step.action = Action::Unchanged;
            step.diff = Default::default();
            step.effect = crate::policies::diff::Effect::Neutral;
            step.id = self.id;
            step.kept = self.kept.into_iter().collect();
            return Ok(step);
        }
        let step = match (self.id, self.etag, self.before) {
            (None, None, None) => Step::new(
                kind,
                None,
                Some(desired.ok_or_else(incomplete)?),
                dependents,
            ),
            (Some(id), Some(etag), Some(stored)) => {
                let json =
                    serde_json::to_string(&stored).and_then(|json| serde_json::from_str(&json));
                let json: Map<String, Value> = json.map_err(not_a_plan)?;
                let step = Step::new(kind, Some((&id, json)), desired, dependents);
                Step {
                    pin: Some(Pin { etag, stored }),
                    ..step
                }
            }
            _ => return Err(incomplete()),
        };
        let action = SavedStep::from(&step).action;
        if step.name != name || action != self.action {
            return Err(incomplete());
        }
        Ok(step)
    }
}
