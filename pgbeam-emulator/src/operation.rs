//! `Operation`: the operations that the emulator serves, with their methods and paths.

use std::fmt;
use std::str::FromStr;

use http::Method;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $method:ident $path:literal;)*) => {
        /// An operation that the emulator serves.
        ///
        /// `FromStr` and `Display` use its `operationId`:
        ///
        /// ```
        /// use pgbeam_emulator::Operation;
        ///
        /// let operation: Operation = "updatePolicyProfile".parse()?;
        /// assert_eq!(operation, Operation::UpdatePolicyProfile);
        /// assert_eq!(operation.to_string(), "updatePolicyProfile");
        /// # Ok::<(), pgbeam_emulator::UnknownOperation>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $($(#[$doc])* $name,)*
        }

        impl Operation {
            /// All operations that the emulator serves.
            pub const ALL: &'static [Operation] = &[$(Operation::$name,)*];

            /// Returns the `operationId`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Operation::$name => $id,)* }
            }

            /// Returns the HTTP method.
            #[must_use]
            pub const fn method(self) -> Method {
                match self { $(Operation::$name => Method::$method,)* }
            }

            /// Returns the path with its parameters in braces.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self { $(Operation::$name => $path,)* }
            }
        }
    };
}

operations! {
    /// Reads the project.
    GetProject = "getProject", GET "/v1/projects/{project_id}";
    /// Changes fields of the project.
    UpdateProject = "updateProject", PATCH "/v1/projects/{project_id}";
    /// Creates an agent credential.
    CreateAgentCredential = "createAgentCredential", POST "/v1/projects/{project_id}/agents";
    /// Lists agent credentials, one page per request.
    ListAgentCredentials = "listAgentCredentials", GET "/v1/projects/{project_id}/agents";
    /// Reads one agent credential.
    GetAgentCredential = "getAgentCredential", GET "/v1/projects/{project_id}/agents/{agent_id}";
    /// Disables an agent credential or activates it again.
    UpdateAgentCredentialStatus = "updateAgentCredentialStatus",
        PATCH "/v1/projects/{project_id}/agents/{agent_id}";
    /// Revokes an agent credential.
    RevokeAgentCredential = "revokeAgentCredential",
        DELETE "/v1/projects/{project_id}/agents/{agent_id}";
    /// Replaces the secrets of an agent credential.
    RotateAgentCredential = "rotateAgentCredential",
        POST "/v1/projects/{project_id}/agents/{agent_id}/rotate";
    /// Recommends a policy for an agent from its recorded traffic.
    RecommendAgentPolicy = "recommendAgentPolicy",
        POST "/v1/projects/{project_id}/agents/{agent_id}/policy-recommendation";
    /// Creates a policy profile.
    CreatePolicyProfile = "createPolicyProfile", POST "/v1/projects/{project_id}/policies";
    /// Lists policy profiles, one page per request.
    ListPolicyProfiles = "listPolicyProfiles", GET "/v1/projects/{project_id}/policies";
    /// Reads one policy profile.
    GetPolicyProfile = "getPolicyProfile", GET "/v1/projects/{project_id}/policies/{policy_id}";
    /// Replaces a policy profile.
    UpdatePolicyProfile = "updatePolicyProfile",
        PUT "/v1/projects/{project_id}/policies/{policy_id}";
    /// Deletes a policy profile.
    DeletePolicyProfile = "deletePolicyProfile",
        DELETE "/v1/projects/{project_id}/policies/{policy_id}";
    /// Returns which kinds of statements a policy profile allows.
    GetPolicyStatementKinds = "getPolicyStatementKinds",
        GET "/v1/projects/{project_id}/policies/{policy_id}/statement-kinds";
    /// Evaluates an SQL string against a policy without running it.
    DryEvalPolicy = "dryEvalPolicy", POST "/v1/projects/{project_id}/policy-evaluations";
    /// Evaluates recorded traffic against a policy.
    ReplayPolicy = "replayPolicy", POST "/v1/projects/{project_id}/policy-replays";
    /// Creates a query template.
    CreateQueryTemplate = "createQueryTemplate", POST "/v1/projects/{project_id}/query-templates";
    /// Lists query templates, one page per request.
    ListQueryTemplates = "listQueryTemplates", GET "/v1/projects/{project_id}/query-templates";
    /// Reads one query template.
    GetQueryTemplate = "getQueryTemplate",
        GET "/v1/projects/{project_id}/query-templates/{query_template_id}";
    /// Replaces a query template.
    UpdateQueryTemplate = "updateQueryTemplate",
        PUT "/v1/projects/{project_id}/query-templates/{query_template_id}";
    /// Deletes a query template.
    DeleteQueryTemplate = "deleteQueryTemplate",
        DELETE "/v1/projects/{project_id}/query-templates/{query_template_id}";
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(id: &str) -> Result<Self, UnknownOperation> {
        Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.id() == id)
            .ok_or_else(|| UnknownOperation(id.to_owned()))
    }
}

/// The error for an `operationId` that the emulator does not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOperation(String);

impl fmt::Display for UnknownOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the emulator does not serve the operation {:?}", self.0)
    }
}

impl std::error::Error for UnknownOperation {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_routes_are_unique_and_ids_round_trip() {
        let ids: BTreeSet<_> = Operation::ALL
            .iter()
            .map(|operation| operation.id())
            .collect();
        let routes: BTreeSet<_> = Operation::ALL
            .iter()
            .map(|operation| format!("{} {}", operation.method(), operation.path()))
            .collect();
        assert_eq!(ids.len(), Operation::ALL.len());
        assert_eq!(routes.len(), Operation::ALL.len());
        for operation in Operation::ALL {
            assert_eq!(operation.id().parse(), Ok(*operation));
        }
        assert!("UpdatePolicyProfile".parse::<Operation>().is_err());
    }
}
