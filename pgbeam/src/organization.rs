//! `Organization`: a handle of one organization, which owns projects.

use std::fmt;

use pgbeam_api::ids::OrgId;

use crate::Client;

/// A handle of one organization. Created by [`Client::organization`]. Cheap to clone.
///
/// Its methods return handles of the organization's resources. Creating the handle sends nothing: if the
/// organization does not exist, the first call fails with 404.
#[derive(Clone)]
pub struct Organization {
    client: Client,
    id: OrgId,
}

impl Organization {
    pub(crate) fn new(client: Client, id: OrgId) -> Self {
        Self { client, id }
    }

    /// Returns the identifier of the organization.
    pub fn id(&self) -> &OrgId {
        &self.id
    }

    /// Returns the client.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl fmt::Debug for Organization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Organization")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
