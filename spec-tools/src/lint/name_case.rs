//! Checks the letter case of names: camel case for operation ids, Pascal case for components, snake
//! case for fields, and one case for all values of an enum.

use crate::{
    error::ValidationErrors,
    read::document::operations,
    read::object_types::visit_schemas,
    read::{Entry, Node},
};

/// Adds an error for every operation id, component, field and enum value whose name has the wrong
/// letter case.
///
/// `x-irregular-name` exempts a field from the check, and `x-irregular-values` exempts the enum
/// values that it lists.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    for operation in operations(document) {
        let Some(node) = operation.node.get("operationId") else {
            continue;
        };
        if node
            .as_str()
            .is_some_and(|id| !is_camel(id, char::is_lowercase))
        {
            let message = format!(
                "{} is not in camel case, such as `getThing`",
                operation.label
            );
            errors.push(&node.location, message);
        }
    }
    for kind in document.get_entries("components") {
        for component in kind.node.entries() {
            if !is_camel(&component.key, char::is_uppercase) {
                let message = format!(
                    "`{}` is not in Pascal case, such as `ThingInput`",
                    component.key
                );
                errors.push(&component.location, message);
            }
        }
    }
    visit_schemas(document, &mut |schema| {
        for field in schema.get_entries("properties") {
            check_field(field, errors);
        }
        if let Some(list) = schema.get("enum") {
            check_values(schema, list, errors);
        }
    });
}

/// Returns `true` if the name consists of ASCII letters and digits and its first character
/// satisfies `is_first`.
fn is_camel(name: &str, is_first: fn(char) -> bool) -> bool {
    name.starts_with(is_first) && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn check_field(field: &Entry, errors: &mut ValidationErrors) {
    let is_snake = field.key.starts_with(|c: char| c.is_ascii_lowercase())
        && has_case(&field.key, Case::Snake)
        && !field.key.contains('.');
    if !is_snake && field.node.get("x-irregular-name").is_none() {
        let message = format!("the field `{}` is not in snake case", field.key);
        errors.push(&field.location, message);
    }
}

/// The letter cases that enum values can have. `Words` is lowercase words with spaces, and
/// `Screaming` is uppercase words with `_`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Snake,
    Kebab,
    Words,
    Screaming,
}

const CASES: [Case; 4] = [Case::Snake, Case::Kebab, Case::Words, Case::Screaming];

/// Returns `true` if the string has the given case. If the string contains dots, every part between
/// the dots must have this case.
fn has_case(string: &str, case: Case) -> bool {
    let separator = match case {
        Case::Snake | Case::Screaming => '_',
        Case::Kebab => '-',
        Case::Words => ' ',
    };
    let is_letter = |b: u8| match case {
        Case::Screaming => b.is_ascii_uppercase() || b.is_ascii_digit(),
        _ => b.is_ascii_lowercase() || b.is_ascii_digit(),
    };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_letter);
    string
        .split('.')
        .all(|name| name.split(separator).all(is_word))
}

/// Adds an error for every value of an enum that has none of the [`CASES`], or a different case than
/// the values before it. Skips the values in `x-irregular-values`.
fn check_values(schema: &Node, list: &Node, errors: &mut ValidationErrors) {
    let irregular = schema.get_items("x-irregular-values");
    let irregular: Vec<&str> = irregular.iter().filter_map(Node::as_str).collect();
    let mut possible = CASES.to_vec();
    for value in list.items() {
        let Some(string) = value.as_str().filter(|string| !irregular.contains(string)) else {
            continue;
        };
        let cases: Vec<Case> = possible
            .iter()
            .copied()
            .filter(|case| has_case(string, *case))
            .collect();
        let message = match () {
            () if !cases.is_empty() => {
                possible = cases;
                continue;
            }
            () if CASES.iter().any(|case| has_case(string, *case)) => {
                "has a different case than the values before it"
            }
            () => "must be in snake case, kebab case, screaming snake case or lowercase words",
        };
        errors.push(&value.location, format!("the value `{string}` {message}"));
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{messages, readability, run},
        *,
    };

    /// Lints an enum with the given values and returns the messages.
    fn lint_values(values: &str) -> Vec<String> {
        let text = format!("enum: [{values}]\nx-irregular-values: [policy-author]");
        let check = |schema: &Node, errors: &mut ValidationErrors| {
            check_values(schema, schema.get("enum").unwrap(), errors);
        };
        messages(run(check), &text)
    }

    #[test]
    fn rejects_enum_values_of_different_cases() {
        for values in [
            "read_only, off",
            "allow, row-filter, scram-sha-256, aws-us-east-1",
            "NOT_FOUND, TIMEOUT",
            "text, double precision",
            "query_blocked, webhook.test",
            "agent.created, agent.key_rotated",
            "1h, 24h, 7d",
            "owner, security_admin, policy-author",
            "a, null",
        ] {
            assert_eq!(lint_values(values), [""; 0], "{values}");
        }
        let no_case = "must be in snake case, kebab case, screaming snake case or lowercase words";
        let another = "has a different case than the values before it";
        for (values, expected) in [
            (
                "readOnly",
                format!("a.yaml:1:8: the value `readOnly` {no_case}"),
            ),
            ("Off", format!("a.yaml:1:8: the value `Off` {no_case}")),
            ("a__b", format!("a.yaml:1:8: the value `a__b` {no_case}")),
            ("a.", format!("a.yaml:1:8: the value `a.` {no_case}")),
            ("''", format!("a.yaml:1:8: the value `` {no_case}")),
            ("a_b-c", format!("a.yaml:1:8: the value `a_b-c` {no_case}")),
            (
                "a_b, c-d",
                format!("a.yaml:1:13: the value `c-d` {another}"),
            ),
            ("a, B", format!("a.yaml:1:11: the value `B` {another}")),
            (
                "verify-full, double precision",
                format!("a.yaml:1:21: the value `double precision` {another}"),
            ),
        ] {
            assert_eq!(lint_values(values), [expected], "{values}");
        }
    }

    #[test]
    fn rejects_names_of_the_wrong_case() {
        let text = "paths:\n  /p:\n    get: {operationId: GetThing}\n    put: {operationId: put_thing}\ncomponents:\n  headers:\n    E-Tag: {description: d}\n  schemas:\n    thing: {description: d}\n    Thing_B: {description: d, properties: {good_1: {description: d}, Bad: {description: d}, a-b: {description: d}, _c: {description: d}, itIs: {description: d, x-irregular-name: true}}}\n    SSLMode: {description: d}\n";
        let actual: Vec<String> = messages(readability, text)
            .into_iter()
            .filter(|message| message.contains("case"))
            .collect();
        assert_eq!(
            actual,
            [
                "a.yaml:3:24: `GetThing` is not in camel case, such as `getThing`",
                "a.yaml:4:24: `put_thing` is not in camel case, such as `getThing`",
                "a.yaml:7:5: `E-Tag` is not in Pascal case, such as `ThingInput`",
                "a.yaml:9:5: `thing` is not in Pascal case, such as `ThingInput`",
                "a.yaml:10:5: `Thing_B` is not in Pascal case, such as `ThingInput`",
                "a.yaml:10:70: the field `Bad` is not in snake case",
                "a.yaml:10:93: the field `a-b` is not in snake case",
                "a.yaml:10:116: the field `_c` is not in snake case",
            ]
        );
    }
}
