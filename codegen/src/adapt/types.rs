//! Makes `type` and keywords agree.
//!
//! Fault: a schema with `properties` and no `type` is an object to everybody but JSON Schema, for
//! which it may be anything; so it is to the generator, which passes the keyword over. A keyword of
//! another type, such as `maxLength` of a number, says nothing.

use crate::{
    document::each_schema_mut,
    lint::OF_TYPE,
    source::{Node, Value},
};

pub fn run(document: &mut Node) {
    each_schema_mut(document, &mut |schema| {
        if schema.get("$ref").is_some() {
            return;
        }
        let alternatives = ["allOf", "anyOf", "oneOf"]
            .iter()
            .any(|of| schema.get(of).is_some());
        if alternatives
            && schema
                .get("properties")
                .is_none_or(|of| of.entries().is_empty())
        {
            // The alternatives have types of their own.
            schema.remove("type");
        } else if schema.get("type").is_none()
            && let Some(kind) = implied(schema)
        {
            schema.set("type", Value::Text(kind.to_owned()));
        }
        let kind = schema.get("type").and_then(Node::text).map(str::to_owned);
        let Value::Map(entries) = &mut schema.value else {
            return;
        };
        entries.retain(|entry| {
            let of = OF_TYPE.iter().find(|(keyword, _)| *keyword == entry.key);
            // The values of other types are another pass's.
            entry.key == "enum"
                || of.is_none_or(|(_, types)| {
                    kind.as_deref().is_some_and(|kind| types.contains(&kind))
                })
        });
    });
}

/// The type that the first keyword which has one speaks of.
fn implied(schema: &Node) -> Option<&'static str> {
    let texts = |list: &Node| {
        let mut values = list
            .items()
            .iter()
            .filter(|of| !matches!(of.value, Value::Null));
        values.all(|value| value.text().is_some())
    };
    schema
        .entries()
        .iter()
        .find_map(|entry| match entry.key.as_str() {
            "enum" if !texts(&entry.node) => None,
            key => OF_TYPE
                .iter()
                .find(|(keyword, _)| *keyword == key)?
                .1
                .last()
                .copied(),
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::schema;

    #[test]
    fn the_type_is_what_the_keywords_speak_of() {
        for (text, want) in [
            (
                "{properties: {a: {}}}",
                "{'properties':{'a':{}},'type':'object'}",
            ),
            ("{items: {}}", "{'items':{},'type':'array'}"),
            ("{enum: [a, null]}", "{'enum':['a',null],'type':'string'}"),
            ("{enum: [1, 2]}", "{'enum':[1,2]}"),
            ("{minimum: 1}", "{'minimum':1,'type':'number'}"),
            ("{description: d}", "{'description':'d'}"),
            ("{$ref: a, properties: {}}", "{'$ref':'a','properties':{}}"),
        ] {
            assert_eq!(schema(super::run, text), want);
        }
    }

    #[test]
    fn a_keyword_of_another_type_is_dropped() {
        for (text, want) in [
            (
                "{type: integer, maxLength: 3, maximum: 4}",
                "{'type':'integer','maximum':4}",
            ),
            (
                "{type: string, items: {}, x-a: 1}",
                "{'type':'string','x-a':1}",
            ),
            ("{type: object, oneOf: [{}, {}]}", "{'oneOf':[{},{}]}"),
        ] {
            assert_eq!(schema(super::run, text), want);
        }
    }
}
