//! `Operation`: an operation of the API contract, with its method and path.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use http::Method;

use crate::contract::{Contract, OperationContract};

/// An operation of the API contract.
///
/// `FromStr` and `Display` use its `operationId`:
///
/// ```
/// use pgbeam_emulator::Operation;
///
/// let operation: Operation = "updatePolicyProfile".parse()?;
/// assert_eq!(operation.method(), http::Method::PUT);
/// assert_eq!(operation.to_string(), "updatePolicyProfile");
/// # Ok::<(), pgbeam_emulator::UnknownOperation>(())
/// ```
#[derive(Clone, Copy)]
pub struct Operation(&'static OperationContract);

impl Operation {
    pub(crate) fn new(contract: &'static OperationContract) -> Self {
        Self(contract)
    }

    pub(crate) fn contract(self) -> &'static OperationContract {
        self.0
    }

    /// Returns all operations, in the order of the API contract.
    pub fn all() -> impl Iterator<Item = Self> {
        let operations = Contract::built_in().map_or(&[][..], Contract::operations);
        operations.iter().map(Self)
    }

    /// Returns the `operationId`.
    #[must_use]
    pub fn id(self) -> &'static str {
        &self.0.id
    }

    /// Returns the HTTP method.
    #[must_use]
    pub fn method(self) -> Method {
        self.0.method.clone()
    }

    /// Returns the path with its parameters in braces.
    #[must_use]
    pub fn path(self) -> &'static str {
        &self.0.path
    }

    /// Returns the tag: the name of the operation's area, such as `Policies`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        &self.0.tag
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Operation {}

impl Hash for Operation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Operation").field(&self.id()).finish()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(id: &str) -> Result<Self, UnknownOperation> {
        Self::all()
            .find(|operation| operation.id() == id)
            .ok_or_else(|| UnknownOperation(id.to_owned()))
    }
}

/// The error for an `operationId` that the API contract does not declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOperation(String);

impl fmt::Display for UnknownOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the API contract has no operation {:?}", self.0)
    }
}

impl std::error::Error for UnknownOperation {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_and_routes_are_unique_and_ids_round_trip() {
        let ids: HashSet<_> = Operation::all().collect();
        let routes: HashSet<_> = Operation::all()
            .map(|operation| format!("{} {}", operation.method(), operation.path()))
            .collect();
        let count = Operation::all().count();
        assert_eq!((ids.len(), routes.len()), (count, count));
        for operation in Operation::all() {
            assert_eq!(operation.id().parse(), Ok(operation));
            assert!(!operation.tag().is_empty());
        }
        assert!("UpdatePolicyProfile".parse::<Operation>().is_err());
    }
}
