//! A project: what most resources belong to.

use std::{fmt, sync::Arc};

use pgbeam_api::ids::ProjectId;

use crate::Client;

/// A client's view of one project, from [`Client::project`]. Cheap to clone.
///
/// Making one sends nothing; whether the project exists shows in the first call.
#[derive(Clone)]
pub struct Project {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    id: ProjectId,
}

impl Project {
    pub(crate) fn new(client: Client, id: ProjectId) -> Self {
        Self {
            inner: Arc::new(Inner { client, id }),
        }
    }

    /// The project's identifier.
    pub fn id(&self) -> &ProjectId {
        &self.inner.id
    }

    /// The client that the project's calls go through.
    pub fn client(&self) -> &Client {
        &self.inner.client
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project")
            .field("id", &self.inner.id)
            .finish_non_exhaustive()
    }
}
