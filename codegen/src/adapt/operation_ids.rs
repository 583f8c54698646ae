//! Gives every operation an id that can be a name.
//!
//! Fault: OpenAPI asks for no id, and admits any text as one. `users.list` is no name in Rust, a
//! request called `Option` would stand in the place of Rust's own, and an operation without an id
//! has no name at all: its method and path have to do.

use heck::{ToLowerCamelCase, ToPascalCase};

use super::words;
use crate::{
    document::each_operation_mut,
    lint::is_name,
    source::{Node, Value},
};

/// What generated code calls by its short name.
pub const SHORT: [&str; 12] = [
    "Box", "Default", "Err", "None", "Ok", "Option", "Result", "Self", "Some", "String",
    "ToString", "Vec",
];

pub fn run(document: &mut Node) {
    each_operation_mut(document, &mut |path, method, operation| {
        let id = match operation.get("operationId") {
            Some(id) => id.text().map(str::to_owned),
            None => Some(format!("{method} {path}")),
        };
        if let Some(id) = id
            && let Some(name) = name(&id)
        {
            operation.set("operationId", Value::Text(name));
        }
    });
}

/// The name in place of an id; `None` where the id can be one itself.
fn name(id: &str) -> Option<String> {
    let name = if is_name(id) {
        id.to_owned()
    } else {
        words(id).to_lower_camel_case()
    };
    let name = match name {
        name if SHORT.contains(&name.to_pascal_case().as_str()) => format!("{name}Operation"),
        name if !is_name(&name) => format!("operation{}", name.to_pascal_case()),
        name => name,
    };
    (name != id).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{super::tests::after, name};

    #[test]
    fn an_id_that_can_be_a_name_stays() {
        for (id, want) in [
            ("listThings", None),
            ("list-things_2", None),
            ("match", None),
            ("users.list", Some("usersList")),
            ("List all things", Some("listAllThings")),
            ("2fa", Some("operation2fa")),
            ("option", Some("optionOperation")),
            ("self", Some("selfOperation")),
            ("日本", Some("operation")),
        ] {
            assert_eq!(name(id).as_deref(), want, "{id}");
        }
    }

    #[test]
    fn an_operation_without_one_is_called_by_method_and_path() {
        let text = "paths: {'/v1/things/{thing_id}:lint': {parameters: [], put: {}, get: {operationId: 7}}}";
        assert_eq!(
            after(super::run, text),
            "{'paths':{'/v1/things/{thing_id}:lint':{'parameters':[],'put':{'operationId':'putV1ThingsThingIdLint'},'get':{'operationId':7}}}}"
        );
    }
}
