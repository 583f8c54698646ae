//! `Project`: a handle of one project, which owns most resources.

use std::{fmt, sync::Arc};

use pgbeam_api::ids::ProjectId;

use crate::Client;

/// A handle of one project. Created by [`Client::project`]. Cheap to clone.
///
/// Its methods return handles of the project's resources. Creating the handle sends nothing: if the project
/// does not exist, the first call fails with 404.
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

    /// Returns the identifier of the project.
    pub fn id(&self) -> &ProjectId {
        &self.inner.id
    }

    /// Returns the client.
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
