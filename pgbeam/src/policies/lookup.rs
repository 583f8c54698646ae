//! Finds a policy profile by its name.

use std::fmt::Write;

use pgbeam_api::{Error, ErrorKind};

use super::{Policies, PolicyProfile};

/// The page size of list requests: the maximum of the API, so that few requests are needed.
const PAGE_SIZE: i64 = 100;

impl Policies {
    /// Finds the policy profile with this name. Returns `None` if no profile of the project has it.
    ///
    /// Compares names exactly: letter case and spaces matter. Reads all pages of the list, because the API has no
    /// search and does not require unique names. To change the profile, use [`edit`](Self::edit) with its
    /// identifier.
    ///
    /// # Errors
    ///
    /// - Kind [`Decode`](ErrorKind::Decode) if several profiles have the name. The message contains their
    ///   identifiers. Rename or delete all but one, or use an identifier instead of the name.
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
    /// if let Some(profile) = policies.find_by_name("Support").await? {
    ///     policies.edit(profile.id()).max_rows(500).await?;
    /// }
    /// assert!(policies.find_by_name("support").await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find_by_name(
        &self,
        name: impl AsRef<str>,
    ) -> Result<Option<PolicyProfile>, Error> {
        let name = name.as_ref();
        let mut found = Vec::new();
        let mut profiles = self.list().page_size(PAGE_SIZE).items();
        while let Some(profile) = profiles.try_next().await? {
            if profile.name() == name {
                found.push(profile);
            }
        }
        if found.len() > 1 {
            return Err(duplicate_name_error(name, &found));
        }
        Ok(found.pop())
    }
}

fn duplicate_name_error(name: &str, profiles: &[PolicyProfile]) -> Error {
    let mut message = format!(
        "{} policy profiles have the name {name:?}: ",
        profiles.len()
    );
    for (index, profile) in profiles.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let _ = write!(message, "{separator}{}", profile.id());
    }
    message.push_str("; rename or delete all but one, or use an id");
    Error::new(ErrorKind::Decode, message)
}
