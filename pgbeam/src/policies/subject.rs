//! The rules that a trial is made with: stored ones, or ones that are not stored yet.

use pgbeam_api::FieldError;
use pgbeam_api::ids::PolicyId;
use serde_json::Value;

use super::PolicyProfileInput;
use crate::body::Members;

/// The rules to try: a stored profile by its identifier, or a draft. Exactly one of the two, as the
/// API asks.
///
/// Anything that is one of them converts into it, so that the calls that take it can be given
/// `"pol_xxx"` as well as a [`PolicyProfileInput`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PolicySubject {
    /// The profile with this identifier.
    Stored(String),
    /// Rules that need not be stored.
    Draft(PolicyProfileInput),
}

impl PolicySubject {
    /// Puts it into a body, and says what is wrong with it.
    pub(super) fn put(&self, body: &mut Members) -> Vec<FieldError> {
        match self {
            Self::Stored(id) => {
                body.insert("policy_id".to_owned(), Value::from(id.as_str()));
                let id = PolicyId::new(id.as_str());
                id.err()
                    .map(|error| FieldError::new(error.field(), error.reason()))
                    .into_iter()
                    .collect()
            }
            Self::Draft(policy) => {
                body.insert("policy".to_owned(), Value::Object(policy.members().clone()));
                let inner = |error: &FieldError| {
                    FieldError::new(format!("policy.{}", error.field()), error.detail())
                };
                policy.faults().iter().map(inner).collect()
            }
        }
    }
}

impl From<&str> for PolicySubject {
    fn from(id: &str) -> Self {
        Self::Stored(id.to_owned())
    }
}

impl From<String> for PolicySubject {
    fn from(id: String) -> Self {
        Self::Stored(id)
    }
}

impl From<&String> for PolicySubject {
    fn from(id: &String) -> Self {
        Self::Stored(id.clone())
    }
}

impl From<PolicyId> for PolicySubject {
    fn from(id: PolicyId) -> Self {
        Self::Stored(id.into())
    }
}

impl From<&PolicyId> for PolicySubject {
    fn from(id: &PolicyId) -> Self {
        Self::Stored(id.to_string())
    }
}

impl From<PolicyProfileInput> for PolicySubject {
    fn from(policy: PolicyProfileInput) -> Self {
        Self::Draft(policy)
    }
}

impl From<&PolicyProfileInput> for PolicySubject {
    fn from(policy: &PolicyProfileInput) -> Self {
        Self::Draft(policy.clone())
    }
}
