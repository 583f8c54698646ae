//! Takes what 64 bits with a sign cannot hold out of bounds, and values that are no texts out of
//! enumerations.
//!
//! Fault: `maximum: 18446744073709551615` and `minimum: 0.0` of an integer do not fit OpenAPI's
//! model, and the whole document is refused for a bound that no value can break. An enumeration of
//! numbers is closed, so that one new value fails a whole answer; without its values it is a
//! number. In an enumeration of texts, a value that looks like a number is a text all the same.

use crate::{
    document::each_schema_mut,
    source::{Node, Value},
};

pub fn run(document: &mut Node) {
    each_schema_mut(document, &mut |schema| {
        let kind = schema.get("type").and_then(Node::text).map(str::to_owned);
        for (bound, flag) in [
            ("minimum", "exclusiveMinimum"),
            ("maximum", "exclusiveMaximum"),
        ] {
            if kind.as_deref() == Some("integer") {
                whole(schema, bound);
            }
            let is_flag = schema
                .get(flag)
                .is_some_and(|of| matches!(of.value, Value::Bool(_)));
            if schema.get(bound).is_none() && is_flag {
                schema.remove(flag);
            }
        }
        match kind.as_deref() {
            Some("string") => texts(schema),
            _ => {
                schema.remove("enum");
            }
        }
    });
}

/// Brings a bound of an integer into the one form that is read, or drops it.
fn whole(schema: &mut Node, bound: &str) {
    let Some(Node {
        value: Value::Number(number),
        ..
    }) = schema.get(bound)
    else {
        return;
    };
    let number = match (number.as_i64(), number.as_f64()) {
        (Some(number), _) => Some(number),
        // 2^63 is the first that does not fit.
        (None, Some(number)) if number.fract() == 0.0 && number.abs() < i64::MAX as f64 => {
            Some(number as i64)
        }
        _ => None,
    };
    match number {
        Some(number) => schema.set(bound, Value::Number(number.into())),
        None => {
            schema.remove(bound);
        }
    }
}

fn texts(schema: &mut Node) {
    for value in schema
        .get_mut("enum")
        .map(Node::items_mut)
        .unwrap_or_default()
    {
        value.value = match std::mem::replace(&mut value.value, Value::Null) {
            Value::Number(number) => Value::Text(number.to_string()),
            Value::Bool(flag) => Value::Text(flag.to_string()),
            other => other,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::schema;

    #[test]
    fn bounds_are_whole_numbers_that_can_be_held() {
        for (text, want) in [
            ("{minimum: 0.0, maximum: 1e3}", "'minimum':0,'maximum':1000"),
            ("{minimum: 0.5, maximum: 18446744073709551615}", ""),
            (
                "{minimum: -9223372036854775808}",
                "'minimum':-9223372036854775808",
            ),
            ("{exclusiveMinimum: true, maximum: 1}", "'maximum':1"),
            ("{exclusiveMinimum: 5}", "'exclusiveMinimum':5"),
            ("{enum: [1, 2]}", ""),
        ] {
            let text = text.replacen('{', "{type: integer, ", 1);
            let want = if want.is_empty() {
                String::new()
            } else {
                format!(",{want}")
            };
            assert_eq!(
                schema(super::run, &text),
                format!("{{'type':'integer'{want}}}")
            );
        }
        let ratio = "{'type':'number','minimum':0.5}";
        assert_eq!(schema(super::run, ratio), ratio);
    }

    #[test]
    fn values_of_texts_are_texts() {
        assert_eq!(
            schema(super::run, "{type: string, enum: [a, 1, true, null, 2.5]}"),
            "{'type':'string','enum':['a','1','true',null,'2.5']}"
        );
        assert_eq!(schema(super::run, "{enum: [1, a]}"), "{}");
    }
}
