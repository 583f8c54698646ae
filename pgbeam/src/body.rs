//! Checks bodies against the contract's bounds before they are sent.

use std::iter::Peekable;

use pgbeam_api::{FieldError, Validate, Violations};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

/// Members of a JSON object, those that the contract does not know included.
pub(crate) type Members = Map<String, Value>;

/// What is wrong with `members` as a `T`: wrong types, a missing member, values out of bounds.
///
/// `T` is the generated type, so the bounds are the contract's own.
pub(crate) fn check<T: DeserializeOwned + Validate>(members: &Members) -> Vec<FieldError> {
    let mut violations = Violations::new();
    if let Ok(value) = T::deserialize(members) {
        value.validate(&mut violations);
        return violations.errors().to_vec();
    }
    // What a builder put together has the right shape; this is for JSON from outside. A member that
    // cannot be read hides what is wrong with the others, so they are read again without it.
    let mut rest = members.clone();
    let mut taken_out: Vec<String> = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize::<_, T>(Value::Object(rest.clone())) {
            Ok(value) => {
                value.validate(&mut violations);
                break;
            }
            Err(error) => error,
        };
        let why = error.inner().to_string();
        // What is missing only because it was taken out has been named.
        if !taken_out
            .iter()
            .any(|name| why == format!("missing field `{name}`"))
        {
            let path = match error.path().to_string() {
                // The path of a member that is missing is the object it is missing from.
                path if path == "." => "body".to_owned(),
                path => path,
            };
            violations.field(&path, |violations| violations.add(why));
        }
        match take_out(&mut rest, &mut error.path().iter().peekable()) {
            Some(member) => taken_out.push(member),
            None => break,
        }
    }
    violations.errors().to_vec()
}

/// Takes out the innermost member that the path leads to through objects alone; gives its name.
fn take_out<'a>(
    members: &mut Members,
    path: &mut Peekable<impl Iterator<Item = &'a Segment>>,
) -> Option<String> {
    let Some(Segment::Map { key }) = path.next() else {
        return None;
    };
    match (members.get_mut(key), path.peek()) {
        (Some(Value::Object(inner)), Some(Segment::Map { .. })) => take_out(inner, path),
        _ => members.remove_entry(key).map(|(name, _)| name),
    }
}

#[cfg(test)]
mod tests {
    use pgbeam_api::types::{DryEvalInput, PolicyProfileInput, QueryTemplateInput};
    use serde_json::json;

    use super::*;

    fn found<T: DeserializeOwned + Validate>(body: Value) -> Vec<String> {
        let errors = check::<T>(body.as_object().unwrap());
        errors
            .iter()
            .map(|error| error.field().to_owned())
            .collect()
    }

    #[test]
    fn a_member_that_cannot_be_read_does_not_hide_the_others() {
        for (body, want) in [
            (json!({"name": "x"}), vec![]),
            (json!({}), vec!["body"]),
            (json!({"name": 1}), vec!["name"]),
            (
                json!({"name": 1, "max_rows": "1"}),
                vec!["max_rows", "name"],
            ),
            (json!({"max_rows": "1"}), vec!["max_rows", "body"]),
            (
                json!({"name": "", "max_rows": "1"}),
                vec!["max_rows", "name"],
            ),
            (
                json!({"name": "", "max_rows": [1], "row_filters": [{"table": 1}]}),
                vec!["max_rows", "row_filters[0].table", "name"],
            ),
        ] {
            assert_eq!(found::<PolicyProfileInput>(body.clone()), want, "{body}");
        }
        let policy = json!({"name": 1, "max_rows": "1", "write_mode": 7});
        assert_eq!(
            found::<DryEvalInput>(json!({"policy": policy, "sql": ""})),
            ["policy.max_rows", "policy.name", "policy.write_mode", "sql"]
        );
        let body = json!({"sql": 1, "enabled": "no"});
        assert_eq!(
            found::<QueryTemplateInput>(body),
            ["enabled", "sql", "body"]
        );
    }
}
