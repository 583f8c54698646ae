//! `ensure`: creates or updates a single policy profile.

use pgbeam_api::Error;

use super::report::Status;
use crate::policies::{
    Policies,
    document::{PolicySet, ProfileEntry},
    plan::{
        Plan, Step,
        decide::{self, Deletion, Remote},
        read,
        resource::ResourceKind,
    },
};

impl Policies {
    /// Makes sure that the project has this policy profile: creates it, updates it, or leaves it unchanged.
    ///
    /// Finds the profile by its name. Returns a [`Step`] with the action that was taken and the identifier of the
    /// profile. Reads neither the agent credentials nor the project, so [`Step::credentials`] is empty and
    /// [`Step::is_project_default`] returns `false`. See the [module](crate::policies::apply) for concurrent changes.
    ///
    /// # Errors
    ///
    /// - Kind [`Invalid`](crate::ErrorKind::Invalid) if the profile is invalid. Nothing is sent.
    /// - Kind [`Invalid`](crate::ErrorKind::Invalid) if another client created a profile with this name and other
    ///   fields at the same time. Try again.
    /// - Kind [`Decode`](crate::ErrorKind::Decode) if two profiles have this name. The message contains both
    ///   identifiers. Rename or delete one of the two.
    /// - 412 if the profile was changed at the same time. Try again.
    /// - The errors of the requests.
    ///
    /// ```
    /// # use pgbeam::policies::{PolicyProfileInput, plan::Action};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// let profile = PolicyProfileInput::new("Support").max_rows(500);
    /// let created = policies.ensure(&profile).await?;
    /// assert_eq!(created.action(), Action::Create);
    ///
    /// let unchanged = policies.ensure(&profile).await?;
    /// assert_eq!(unchanged.action(), Action::Unchanged);
    /// assert_eq!(unchanged.id(), created.id());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ensure(&self, profile: impl Into<ProfileEntry>) -> Result<Step, Error> {
        let entry = profile.into();
        let name = entry.name().to_owned();
        let set = PolicySet::new().profile(entry);
        decide::decide(&Remote::default(), &set, &Deletion::None)?;
        let mut profiles = read::list(&self.scope, ResourceKind::PolicyProfile).await?;
        profiles.retain(|stored| stored.name() == name);
        let remote = Remote {
            profiles,
            ..Remote::default()
        };
        let steps = decide::decide(&remote, &set, &Deletion::None)?;
        let steps = read::pin(&self.scope, steps).await?;
        let plan = Plan {
            project: self.scope.id().to_string(),
            warnings: Vec::new(),
            steps,
            is_saved: false,
        };
        let report = self.apply(&plan).await?;
        match report.outcomes.into_iter().next() {
            None => Ok(plan
                .steps
                .into_iter()
                .next()
                .expect("one step for one profile")),
            Some(outcome) => match outcome.status {
                Status::Failed(error) => Err(error),
                _ => Ok(outcome.step),
            },
        }
    }
}
