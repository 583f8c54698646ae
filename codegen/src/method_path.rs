//! Parses `x-method`, which names the SDK method of an operation, such as `project.agents.list`.

use heck::ToSnakeCase;

/// The scope, handle and method of an operation in the SDK, such as `project.agents.list`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MethodPath {
    pub scope: Scope,
    pub handle: String,
    pub method: String,
}

/// The SDK type from which a caller gets a handle, such as `Project` for `project.agents()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Client,
    Organization,
    Project,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Client, Self::Organization, Self::Project];

    /// Returns the name of the scope in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Organization => "organization",
            Self::Project => "project",
        }
    }

    /// Returns the path parameter whose value a handle takes from its scope. `None` for the client.
    pub fn parameter(self) -> Option<&'static str> {
        match self {
            Self::Client => None,
            Self::Organization => Some("org_id"),
            Self::Project => Some("project_id"),
        }
    }
}

impl MethodPath {
    /// Parses `scope.handle.method`. `path_parameters` are the path parameters of the operation. They must
    /// include [`Scope::parameter`], if the scope has one.
    ///
    /// # Errors
    ///
    /// The reason why `value` is invalid, without a location.
    pub fn parse(value: &str, path_parameters: &[&str]) -> Result<Self, String> {
        let is_name =
            |name: &str| name == name.to_snake_case() && syn::parse_str::<syn::Ident>(name).is_ok();
        let [scope, handle, method] = value.split('.').collect::<Vec<_>>()[..] else {
            return Err("it must have three parts, such as `project.agents.list`".to_owned());
        };
        let scopes = Scope::ALL.map(Scope::name).join("`, `");
        let scope = Scope::ALL
            .into_iter()
            .find(|candidate| candidate.name() == scope);
        let scope = scope.ok_or_else(|| format!("it must begin with one of `{scopes}`"))?;
        if let Some(name) = scope.parameter()
            && !path_parameters.contains(&name)
        {
            return Err(format!("the path has no `{name}`"));
        }
        if !is_name(handle) || !is_name(method) {
            return Err("handle and method must be names in snake case".to_owned());
        }
        Ok(Self {
            scope,
            handle: handle.to_owned(),
            method: method.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::contract::Contract;
    use pgbeam_spec::read::Node;

    /// Returns the error message of a contract in which `path` has two operations, whose `x-method`s are
    /// `first` and `second`. Returns an empty string if the contract is valid.
    fn error_message(path: &str, first: &str, second: &str) -> String {
        let operation = |id: &str, method: &str| {
            format!(
                "{{operationId: {id}, x-method: {method}, responses: {{'204': {{description: d}}}}}}"
            )
        };
        let document = format!(
            "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:\n  {path}:\n    parameters:\n      - {{name: project_id, in: path, required: true, schema: {{type: string}}}}\n    get: {}\n    put: {}\n",
            operation("a", first),
            operation("b", second)
        );
        match Contract::read(&Node::parse(&document, "a.yaml").unwrap()) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn rejects_invalid_and_duplicate_method_paths() {
        let path = "'/p/{project_id}'";
        assert_eq!(error_message(path, "project.a.get", "project.a.put"), "");
        assert_eq!(error_message(path, "client.a.get", "project.a.get"), "");
        for (method, expected) in [
            ("project.a.put", "`b` and `a` have the same `x-method`"),
            ("project.a", "it must have three parts"),
            (
                "team.a.get",
                "it must begin with one of `client`, `organization`, `project`",
            ),
            ("organization.a.get", "the path has no `org_id`"),
            ("project.A.get", "must be names in snake case"),
            ("project.a.match", "must be names in snake case"),
        ] {
            let actual = error_message(path, method, "project.a.put");
            assert!(
                actual.starts_with("a.yaml:") && actual.contains(expected),
                "{method}: {actual}"
            );
        }
    }
}
