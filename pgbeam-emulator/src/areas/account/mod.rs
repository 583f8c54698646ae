//! The area account: organizations, their members, invitations and onboarding, and the export of the user's data.

mod export;
mod invitations;
mod members;
mod onboarding;
mod organizations;

pub(crate) use self::invitations::accept as accept_invitation;
pub(crate) use self::organizations::ensure as ensure_organization;
use crate::resource::{Handler, Kind};

/// The id of the user who sends all requests.
pub(super) const USER_ID: &str = "usr_emulator";
/// The name of the user who sends all requests.
pub(super) const USER_NAME: &str = "Emulator User";
/// The email address of the user who sends all requests.
const USER_EMAIL: &str = "user@example.com";

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("exportAccountData", export::export),
    ("listOrganizations", organizations::list),
    ("revokeOrgInvitation", invitations::revoke),
    ("getOnboardingProgress", onboarding::get),
    ("updateOnboardingProgress", onboarding::update),
];

pub(super) const KINDS: &[&dyn Kind] = &[&members::Members, &invitations::Invitations];
