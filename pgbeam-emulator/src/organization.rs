//! `OrganizationHandle`, with which tests accept invitations. No operation of the API contract does that.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::areas;
use crate::server::SharedState;

/// A handle to one organization of an [`Emulator`](crate::Emulator).
#[derive(Clone)]
pub struct OrganizationHandle {
    shared: Arc<SharedState>,
    id: String,
}

impl OrganizationHandle {
    pub(crate) fn new(shared: Arc<SharedState>, id: String) -> Self {
        Self { shared, id }
    }

    /// Returns the id of the organization.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Accepts an invitation on behalf of the invited person. Returns the new member as `listOrgMembers` returns it.
    ///
    /// Returns `None` if the invitation does not exist, is not pending, or has expired.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let emulator = pgbeam_emulator::Emulator::start().await?;
    /// let organization = emulator.organization("org_1");
    /// // `createOrgInvitation` returns the id of an invitation.
    /// assert_eq!(organization.accept_invitation("inv_unknown"), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn accept_invitation(&self, id: &str) -> Option<Value> {
        let now = self.shared.clock.now();
        let member = areas::accept_invitation(&mut self.shared.store(), &self.id, id, now);
        member.map(Value::Object)
    }
}

impl fmt::Debug for OrganizationHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrganizationHandle")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
