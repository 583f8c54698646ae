//! An organization: who projects belong to.

use std::fmt;

use pgbeam_api::ids::OrgId;

use crate::Client;

/// A client's view of one organization, from [`Client::organization`]. Cheap to clone.
///
/// Making one sends nothing; whether the organization exists shows in the first call.
#[derive(Clone)]
pub struct Organization {
    client: Client,
    id: OrgId,
}

impl Organization {
    pub(crate) fn new(client: Client, id: OrgId) -> Self {
        Self { client, id }
    }

    /// The organization's identifier.
    pub fn id(&self) -> &OrgId {
        &self.id
    }

    /// The client that the organization's calls go through.
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
