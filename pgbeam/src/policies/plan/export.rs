//! `export`: reads the policy profiles and query templates of a project into a policy set.

use pgbeam_api::Error;

use super::{
    decide::{Stored, by_name},
    read,
    resource::ResourceKind,
};
use crate::policies::{
    Policies,
    document::PolicySet,
    normalized::{NormalizedProfile, NormalizedTemplate},
};

impl Policies {
    /// Reads all policy profiles and query templates of the project and returns them as a set, sorted by name.
    ///
    /// The set contains every stored field except the fields that only the server sets, such as `id`. It also contains
    /// `query_mode` and fields that this version of the crate does not know. A plan for the set is empty, unless the
    /// project is changed in the meantime.
    ///
    /// # Errors
    ///
    /// - Kind [`Decode`](crate::ErrorKind::Decode) if two profiles or two templates have the same name. The message
    ///   contains both identifiers. Rename or delete one of the two.
    /// - The errors of the list requests.
    ///
    /// ```
    /// # use pgbeam::policies::PolicyProfileInput;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// # policies.create(PolicyProfileInput::new("Support")).await?;
    /// let set = policies.export().await?;
    /// assert_eq!(set.profiles()[0].name(), "Support");
    /// assert!(policies.plan(&set).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn export(&self) -> Result<PolicySet, Error> {
        let profiles = read::list(&self.scope, ResourceKind::PolicyProfile).await?;
        let templates = read::list(&self.scope, ResourceKind::QueryTemplate).await?;
        to_set(&profiles, &templates)
    }
}

fn to_set(profiles: &[Stored], templates: &[Stored]) -> Result<PolicySet, Error> {
    let profiles = by_name(ResourceKind::PolicyProfile, profiles)?.into_values();
    let templates = by_name(ResourceKind::QueryTemplate, templates)?.into_values();
    let set = profiles.fold(PolicySet::new(), |set, stored| {
        set.profile(NormalizedProfile::from_json(stored.json.clone()))
    });
    Ok(templates.fold(set, |set, stored| {
        set.query_template(NormalizedTemplate::from_json(stored.json.clone()))
    }))
}
