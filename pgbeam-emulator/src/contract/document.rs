//! The parsed contract, and reading its schemas.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use regex::Regex;
use serde_json::{Map, Value};

/// How many references and `allOf` members of one schema are followed: more than any
/// contract has, and an end for one whose references form a cycle.
const MAX_PARTS: usize = 64;

/// An OpenAPI 3.0 document in one piece.
#[derive(Debug)]
pub(crate) struct Document {
    root: Value,
    /// The patterns used so far.
    patterns: Mutex<HashMap<String, Option<Regex>>>,
}

impl Document {
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let root = serde_json::from_str(json).map_err(|error| error.to_string())?;
        Ok(Self {
            root,
            patterns: Mutex::default(),
        })
    }

    /// Every operation object of the document.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Value> {
        let paths = self.root.get("paths").and_then(Value::as_object);
        let items = paths.into_iter().flat_map(Map::values);
        items
            .filter_map(Value::as_object)
            .flat_map(Map::values)
            .filter(|operation| operation.get("operationId").is_some())
    }

    /// Follows `$ref` to what it names. A reference that names nothing stays as it is.
    pub(crate) fn resolve<'a>(&'a self, mut value: &'a Value) -> &'a Value {
        for _ in 0..MAX_PARTS {
            let target = value
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| self.root.pointer(reference.strip_prefix('#')?));
            match target {
                Some(target) => value = target,
                None => break,
            }
        }
        value
    }

    /// The schema and the members of its `allOf`, at any depth: a value has to match
    /// each of them.
    pub(crate) fn parts<'a>(&'a self, schema: &'a Value) -> Vec<&'a Map<String, Value>> {
        let mut parts = Vec::new();
        let mut open = vec![schema];
        while let Some(schema) = open.pop()
            && parts.len() < MAX_PARTS
        {
            if let Some(part) = self.resolve(schema).as_object() {
                parts.push(part);
                let members = part.get("allOf").and_then(Value::as_array);
                open.extend(members.into_iter().flatten().rev());
            }
        }
        parts
    }

    /// The value of a keyword in the first part of the schema that has it.
    pub(crate) fn keyword<'a>(&'a self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        self.parts(schema)
            .into_iter()
            .find_map(|part| part.get(name))
    }

    /// The properties of an object schema, each with its schema.
    pub(crate) fn properties<'a>(
        &'a self,
        schema: &'a Value,
    ) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.parts(schema)
            .into_iter()
            .filter_map(|part| part.get("properties")?.as_object())
            .flatten()
    }

    /// Whether `text` matches a pattern of the contract. `None` if the pattern is not a
    /// regular expression that this crate can run.
    pub(crate) fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        let mut patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if !patterns.contains_key(pattern) {
            patterns.insert(pattern.to_owned(), Regex::new(pattern).ok());
        }
        let regex = patterns.get(pattern)?.as_ref()?;
        Some(regex.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_and_all_of_are_followed_and_cycles_end() {
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
        assert!(document.parts(&schema("Loop")).len() <= MAX_PARTS);
        assert_eq!(document.parts(&schema("Nest")).len(), MAX_PARTS);
    }

    #[test]
    fn a_pattern_that_cannot_be_run_is_told_from_one_that_does_not_match() {
        let document = Document::parse("{}").expect("JSON");
        assert_eq!(document.matches("^a+$", "aa"), Some(true));
        assert_eq!(document.matches("^a+$", "b"), Some(false));
        assert_eq!(document.matches("(?=a)", "a"), None);
    }
}
