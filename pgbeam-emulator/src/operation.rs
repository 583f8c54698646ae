//! The operations that the emulator serves, with their methods and paths: the one
//! table from which routing, faults and recorded requests take their names.

use std::fmt;
use std::str::FromStr;

use http::Method;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $method:ident $path:literal;)*) => {
        /// An operation of the API, named by its `operationId`.
        ///
        /// Reads and writes as that name:
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
            /// Every operation that is served.
            pub const ALL: &'static [Operation] = &[$(Operation::$name,)*];

            /// The `operationId`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Operation::$name => $id,)* }
            }

            /// The HTTP method.
            #[must_use]
            pub const fn method(self) -> Method {
                match self { $(Operation::$name => Method::$method,)* }
            }

            /// The path, with its parameters in braces.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self { $(Operation::$name => $path,)* }
            }
        }
    };
}

operations! {
    /// Proposes a policy for an agent from what the agent has been seen to do.
    RecommendAgentPolicy = "recommendAgentPolicy",
        POST "/v1/projects/{project_id}/agents/{agent_id}/policy-recommendation";
    /// Creates a policy profile.
    CreatePolicyProfile = "createPolicyProfile", POST "/v1/projects/{project_id}/policies";
    /// Lists policy profiles, a page at a time.
    ListPolicyProfiles = "listPolicyProfiles", GET "/v1/projects/{project_id}/policies";
    /// Reads one policy profile.
    GetPolicyProfile = "getPolicyProfile", GET "/v1/projects/{project_id}/policies/{policy_id}";
    /// Replaces a policy profile.
    UpdatePolicyProfile = "updatePolicyProfile",
        PUT "/v1/projects/{project_id}/policies/{policy_id}";
    /// Deletes a policy profile.
    DeletePolicyProfile = "deletePolicyProfile",
        DELETE "/v1/projects/{project_id}/policies/{policy_id}";
    /// Says which kinds of statement a policy profile admits.
    GetPolicyStatementKinds = "getPolicyStatementKinds",
        GET "/v1/projects/{project_id}/policies/{policy_id}/statement-kinds";
    /// Judges one statement by a policy without running it.
    DryEvalPolicy = "dryEvalPolicy", POST "/v1/projects/{project_id}/policy-evaluations";
    /// Judges recorded traffic by a policy.
    ReplayPolicy = "replayPolicy", POST "/v1/projects/{project_id}/policy-replays";
    /// Creates a query template.
    CreateQueryTemplate = "createQueryTemplate", POST "/v1/projects/{project_id}/query-templates";
    /// Lists query templates, a page at a time.
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

/// A name that is none of the operations the emulator serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOperation(String);

impl fmt::Display for UnknownOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the emulator serves no operation named {:?}", self.0)
    }
}

impl std::error::Error for UnknownOperation {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_routes_are_unique_and_read_back() {
        let ids: BTreeSet<_> = Operation::ALL.iter().map(|o| o.id()).collect();
        let routes: BTreeSet<_> = Operation::ALL
            .iter()
            .map(|o| format!("{} {}", o.method(), o.path()))
            .collect();
        assert_eq!(ids.len(), Operation::ALL.len());
        assert_eq!(routes.len(), Operation::ALL.len());
        for operation in Operation::ALL {
            assert_eq!(operation.id().parse(), Ok(*operation));
        }
        assert!("UpdatePolicyProfile".parse::<Operation>().is_err());
    }
}
