//! Reading a JSON object field by field, collecting every fault instead of stopping
//! at the first.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::problem::{FieldError, Problem};

/// A closed set of words, as the contract writes them.
pub(crate) trait Choice: Copy + 'static {
    const ALL: &'static [Self];

    fn as_str(self) -> &'static str;

    fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|choice| choice.as_str() == word)
    }
}

/// Declares an enum that reads and writes as the contract's words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $name { $($variant,)* }

        impl $crate::fields::Choice for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::fields::Choice::as_str(*self))
            }
        }
    };
}
pub(crate) use choice;

/// The body of a request as a JSON object.
pub(crate) fn object(body: &Bytes) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() {
        return Err(Problem::malformed(
            "The request needs a body: a JSON object",
        ));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Problem::invalid_field("body", "must be a JSON object")),
        Err(error) => Err(Problem::malformed(format!("The body is not JSON: {error}"))),
    }
}

/// `value`, unless something was found wrong with it.
pub(crate) fn finish<T>(value: Option<T>, errors: Vec<FieldError>) -> Result<T, Problem> {
    match value {
        Some(value) if errors.is_empty() => Ok(value),
        _ => Err(Problem::invalid(errors)),
    }
}

/// Reads the fields of one object. What is missing or wrong is noted in `errors`
/// under its path and reads as `None`.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
    errors: &'a mut Vec<FieldError>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of `map`, which is found at `path`; empty for the body itself.
    pub(crate) fn new(
        map: &'a Map<String, Value>,
        path: impl Into<String>,
        errors: &'a mut Vec<FieldError>,
    ) -> Self {
        Self {
            map,
            path: path.into(),
            errors,
            known: Vec::new(),
        }
    }

    /// The full path of a field.
    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Notes that a field is wrong.
    pub(crate) fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        let path = self.path_of(name);
        self.errors.push(FieldError::new(path, detail));
    }

    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.map.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    pub(crate) fn string(&mut self, name: &'static str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong(name, "must be a string");
                None
            }
        }
    }

    pub(crate) fn required_string(&mut self, name: &'static str) -> Option<String> {
        if !self.has(name) {
            self.known.push(name);
            self.wrong(name, "is required");
            return None;
        }
        self.string(name)
    }

    pub(crate) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(value) => Some(*value),
            _ => {
                self.wrong(name, "must be true or false");
                None
            }
        }
    }

    /// An integer of at least 0 that fits 64 bits.
    pub(crate) fn natural(&mut self, name: &'static str) -> Option<i64> {
        self.integer_in(name, 0, i64::MAX)
    }

    pub(crate) fn integer_in(&mut self, name: &'static str, min: i64, max: i64) -> Option<i64> {
        let value = self.value(name)?;
        let is_integer = value.is_i64() || value.is_u64();
        match value.as_i64().filter(|number| (min..=max).contains(number)) {
            Some(number) => Some(number),
            None if !is_integer => {
                self.wrong(name, "must be an integer");
                None
            }
            None if max == i64::MAX => {
                self.wrong(name, format!("must be at least {min} and fit 64 bits"));
                None
            }
            None => {
                self.wrong(name, format!("must be from {min} to {max}"));
                None
            }
        }
    }

    pub(crate) fn choice<T: Choice>(&mut self, name: &'static str) -> Option<T> {
        let chosen = self.value(name)?.as_str().and_then(T::parse);
        if chosen.is_none() {
            let words: Vec<_> = T::ALL.iter().map(|choice| choice.as_str()).collect();
            self.wrong(name, format!("must be one of: {}", words.join(", ")));
        }
        chosen
    }

    pub(crate) fn required_choice<T: Choice>(&mut self, name: &'static str) -> Option<T> {
        if !self.has(name) {
            self.known.push(name);
            self.wrong(name, "is required");
            return None;
        }
        self.choice(name)
    }

    pub(crate) fn strings(&mut self, name: &'static str) -> Option<Vec<String>> {
        let Value::Array(items) = self.value(name)? else {
            self.wrong(name, "must be an array of strings");
            return None;
        };
        let mut strings = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::String(text) => strings.push(text.clone()),
                _ => self.wrong(&format!("{name}[{index}]"), "must be a string"),
            }
        }
        Some(strings)
    }

    pub(crate) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let Value::Object(map) = self.value(name)? else {
            self.wrong(name, "must be an object");
            return None;
        };
        let path = self.path_of(name);
        read(&mut Fields::new(map, path, self.errors))
    }

    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Fields<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Value::Array(items) = self.value(name)? else {
            self.wrong(name, "must be an array of objects");
            return None;
        };
        let mut objects = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let element = format!("{name}[{index}]");
            let Value::Object(map) = item else {
                self.wrong(&element, "must be an object");
                continue;
            };
            let path = self.path_of(&element);
            objects.extend(read(&mut Fields::new(map, path, self.errors)));
        }
        Some(objects)
    }

    /// The fields that nobody asked for: those that this emulator does not know.
    /// `owned` are known, and dropped.
    pub(crate) fn rest(&self, owned: &[&str]) -> BTreeMap<String, Value> {
        self.map
            .iter()
            .filter(|(name, _)| {
                !self.known.contains(&name.as_str()) && !owned.contains(&name.as_str())
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    choice! {
        /// Two words.
        Mode { On = "on", Off = "off", }
    }

    fn paths(value: &Value, read: impl FnOnce(&mut Fields<'_>)) -> Vec<String> {
        let mut errors = Vec::new();
        read(&mut Fields::new(
            value.as_object().expect("an object"),
            "",
            &mut errors,
        ));
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn every_wrong_field_is_named_by_its_path() {
        let body = json!({
            "text": 1, "flag": "yes", "many": ["a", 2], "mode": "dim", "extra": 1,
            "list": [{"kind": "x"}, 3], "one": {"flag": 0}, "empty": null,
        });
        let wrong = paths(&body, |fields| {
            assert_eq!(fields.string("text"), None);
            assert_eq!(fields.boolean("flag"), None);
            assert_eq!(fields.strings("many"), Some(vec!["a".to_owned()]));
            assert!(fields.choice::<Mode>("mode").is_none());
            fields.objects("list", |item| item.required_choice::<Mode>("kind"));
            fields.object("one", |one| one.boolean("flag"));
            assert_eq!(fields.required_string("missing"), None);
            assert_eq!(fields.string("empty"), None);
            assert_eq!(fields.string("absent"), None);
            assert_eq!(fields.rest(&[]).keys().collect::<Vec<_>>(), ["extra"]);
        });
        assert_eq!(
            wrong,
            [
                "text",
                "flag",
                "many[1]",
                "mode",
                "list[0].kind",
                "list[1]",
                "one.flag",
                "missing",
                "empty"
            ]
        );
    }

    #[test]
    fn integers_are_integral_and_not_negative() {
        let cases = [
            (json!(0), true),
            (json!(9_223_372_036_854_775_807_i64), true),
            (json!(-1), false),
            (json!(1.0), false),
            (json!(1.5), false),
            (json!("1"), false),
            (json!(null), false),
            (json!(true), false),
            (json!(u64::MAX), false),
        ];
        for (value, good) in cases {
            let body = json!({ "n": value });
            let wrong = paths(&body, |fields| {
                assert_eq!(fields.natural("n").is_some(), good, "{value}");
            });
            assert_eq!(wrong.is_empty(), good, "{value}");
        }
    }

    #[test]
    fn a_body_is_a_json_object() {
        for body in ["", "{", "[]", "1", "null", "\"{}\""] {
            let problem = object(&Bytes::from_static(body.as_bytes())).expect_err(body);
            assert_eq!(problem.status.as_u16(), 400, "{body}");
        }
        assert!(object(&Bytes::from_static(b"{}")).is_ok());
    }
}
