//! `Document`: the parsed OpenAPI document, and access to its operations and schemas.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use regex::Regex;
use serde_json::{Map, Value};

/// The maximum number of references, and of `allOf` entries, that are followed for one schema. It ends cycles.
const MAX_SUBSCHEMAS: usize = 64;

/// A bundled OpenAPI 3.0 document.
#[derive(Debug)]
pub(crate) struct Document {
    root: Value,
    /// The values that references refer to, by reference. This is faster than a search from the root.
    targets: HashMap<String, Value>,
    /// The compiled regular expressions by pattern; `None` for a pattern that the crate `regex` does not support.
    patterns: Mutex<HashMap<String, Option<Regex>>>,
}

impl Document {
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let root: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut targets = HashMap::new();
        collect_targets(&root, &root, &mut targets);
        Ok(Self {
            root,
            targets,
            patterns: Mutex::default(),
        })
    }

    /// Returns the path items by path.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (&String, &Value)> {
        let paths = self.root.get("paths").and_then(Value::as_object);
        paths.into_iter().flatten()
    }

    /// Returns the security requirements of operations that declare none of their own.
    pub(crate) fn security(&self) -> Option<&Value> {
        self.root.get("security")
    }

    /// Follows `$ref` and returns its target. Returns other values, and references without a target, unchanged.
    pub(crate) fn resolve<'a>(&'a self, mut value: &'a Value) -> &'a Value {
        for _ in 0..MAX_SUBSCHEMAS {
            let target = value
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| self.target(reference));
            match target {
                Some(target) => value = target,
                None => break,
            }
        }
        value
    }

    fn target(&self, reference: &str) -> Option<&Value> {
        let target = self.targets.get(reference);
        // A schema that is not part of the document can have other references.
        target.or_else(|| self.root.pointer(reference.strip_prefix('#')?))
    }

    /// Returns the schema itself and the schemas in its `allOf`, at any depth. A valid value matches all of them.
    pub(crate) fn subschemas<'a>(&'a self, schema: &'a Value) -> Vec<&'a Map<String, Value>> {
        let mut subschemas = Vec::new();
        let mut pending = vec![schema];
        while let Some(schema) = pending.pop()
            && subschemas.len() < MAX_SUBSCHEMAS
        {
            if let Some(subschema) = self.resolve(schema).as_object() {
                subschemas.push(subschema);
                let all_of = subschema.get("allOf").and_then(Value::as_array);
                pending.extend(all_of.into_iter().flatten().rev());
            }
        }
        subschemas
    }

    /// Returns the value of a keyword such as `type` in the first of the [`subschemas`](Self::subschemas) that has
    /// it.
    pub(crate) fn keyword<'a>(&'a self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        // Most keywords are in the schema itself.
        let own = self.resolve(schema).get(name);
        own.or_else(|| {
            let mut subschemas = self.subschemas(schema).into_iter();
            subschemas.find_map(|subschema| subschema.get(name))
        })
    }

    /// Returns the properties of an object schema with their schemas.
    pub(crate) fn properties<'a>(
        &'a self,
        schema: &'a Value,
    ) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.subschemas(schema)
            .into_iter()
            .filter_map(|subschema| subschema.get("properties")?.as_object())
            .flatten()
    }

    /// Returns the `example` of each property of the schema with this name in `components`.
    pub(crate) fn examples(&self, schema: &str) -> Map<String, Value> {
        let schemas = self.root.pointer("/components/schemas");
        let schema = schemas.and_then(|schemas| schemas.get(schema));
        let properties = schema
            .into_iter()
            .flat_map(|schema| self.properties(schema));
        properties
            .filter_map(|(name, schema)| Some((name.clone(), schema.get("example")?.clone())))
            .collect()
    }

    /// Returns whether `value` matches a pattern; `None` if the crate `regex` does not support the pattern.
    pub(crate) fn matches(&self, pattern: &str, value: &str) -> Option<bool> {
        let mut patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if !patterns.contains_key(pattern) {
            patterns.insert(pattern.to_owned(), Regex::new(pattern).ok());
        }
        let regex = patterns.get(pattern)?.as_ref()?;
        Some(regex.is_match(value))
    }
}

/// Adds the target of each reference in `value`.
fn collect_targets(root: &Value, value: &Value, targets: &mut HashMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            if let Some(reference) = reference
                && !targets.contains_key(reference)
                && let Some(pointer) = reference.strip_prefix('#')
                && let Some(target) = root.pointer(pointer)
            {
                targets.insert(reference.to_owned(), target.clone());
            }
            for value in fields.values() {
                collect_targets(root, value, targets);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect_targets(root, item, targets);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn follows_references_and_all_of_and_ends_cycles() {
        let document = Document::parse(
            &json!({"schemas": {
                "Base": {"type": "object", "properties": {"id": {"type": "string"}}},
                "Whole": {"allOf": [
                    {"$ref": "#/schemas/Base"},
                    {"properties": {"name": {"default": "x"}}, "default": 1},
                ], "description": "d"},
                "Loop": {"$ref": "#/schemas/Loop"},
                "Nest": {"allOf": [{"$ref": "#/schemas/Nest"}, {"$ref": "#/schemas/Nest"}]},
            }})
            .to_string(),
        )
        .expect("JSON");
        let schema = |name: &str| json!({"$ref": format!("#/schemas/{name}")});
        let whole = schema("Whole");
        let names: Vec<_> = document.properties(&whole).map(|(name, _)| name).collect();
        assert_eq!(names, ["id", "name"]);
        assert_eq!(document.keyword(&whole, "type"), Some(&json!("object")));
        assert_eq!(document.keyword(&whole, "default"), Some(&json!(1)));
        assert_eq!(document.keyword(&whole, "enum"), None);
        assert!(document.subschemas(&schema("Loop")).len() <= MAX_SUBSCHEMAS);
        assert_eq!(document.subschemas(&schema("Nest")).len(), MAX_SUBSCHEMAS);
    }

    #[test]
    fn unsupported_patterns_differ_from_mismatches() {
        let document = Document::parse("{}").expect("JSON");
        assert_eq!(document.matches("^a+$", "aa"), Some(true));
        assert_eq!(document.matches("^a+$", "b"), Some(false));
        assert_eq!(document.matches("(?=a)", "a"), None);
    }
}
