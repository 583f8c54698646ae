//! Checks requests against the constraints of the API contract, and returns all validation errors together.
//!
//! Requests and responses share types, and a response may violate the constraints. The types therefore accept
//! any value of the right JSON type. The generated [`Validate`] implementations check the constraints before a
//! request is sent.

pub(crate) mod pattern;
pub(crate) mod setter_errors;

use std::{collections::HashMap, fmt, ops::Bound};

use crate::{Error, FieldError};

/// A value of a request that can be checked against the constraints of the API contract.
pub trait Validate {
    /// Adds an error for each field that violates a constraint, at any depth.
    fn validate(&self, errors: &mut ValidationErrors);
}

impl<T: Validate> Validate for &T {
    fn validate(&self, errors: &mut ValidationErrors) {
        (**self).validate(errors);
    }
}

impl<T: Validate> Validate for Box<T> {
    fn validate(&self, errors: &mut ValidationErrors) {
        (**self).validate(errors);
    }
}

impl<T: Validate> Validate for Option<T> {
    fn validate(&self, errors: &mut ValidationErrors) {
        if let Some(value) = self {
            value.validate(errors);
        }
    }
}

impl<T: Validate> Validate for Vec<T> {
    fn validate(&self, errors: &mut ValidationErrors) {
        for (index, item) in self.iter().enumerate() {
            errors.check_item(index, |errors| item.validate(errors));
        }
    }
}

impl<K: fmt::Display, T: Validate> Validate for HashMap<K, T> {
    fn validate(&self, errors: &mut ValidationErrors) {
        let mut entries: Vec<_> = self
            .iter()
            .map(|(key, value)| (key.to_string(), value))
            .collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (key, value) in entries {
            errors.check_field(&key, |errors| value.validate(errors));
        }
    }
}

/// Implements [`Validate`] for types without constraints.
macro_rules! impl_unconstrained {
    ($($type:ty),+) => {
        $(impl Validate for $type {
            fn validate(&self, _: &mut ValidationErrors) {}
        })+
    };
}

impl_unconstrained!(
    bool,
    i32,
    i64,
    f32,
    f64,
    String,
    crate::Secret,
    serde_json::Value,
    serde_json::Map<String, serde_json::Value>,
    chrono::NaiveDate,
    chrono::DateTime<chrono::Utc>
);

/// Collects the validation errors of a request.
///
/// While a field or item is checked, the paths of new errors are relative to that field or item. When the
/// check ends, the name of the field or the index of the item is prepended to these paths.
///
/// ```
/// let mut errors = pgbeam_api::ValidationErrors::new();
/// errors.check_field("rules", |errors| {
///     errors.check_item(0, |errors| errors.add("is empty"));
/// });
/// assert_eq!(errors.field_errors()[0].to_string(), "rules[0]: is empty");
/// assert!(errors.into_result().unwrap_err().is_invalid());
/// ```
#[derive(Debug, Default)]
pub struct ValidationErrors {
    errors: Vec<FieldError>,
    /// The number of errors at the start of the check of the current field or item.
    before: usize,
}

impl ValidationErrors {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `check` and prepends `name` to the paths of the errors that it adds.
    pub fn check_field(&mut self, name: &str, check: impl FnOnce(&mut Self)) {
        let before = self.errors.len();
        let outer = std::mem::replace(&mut self.before, before);
        check(self);
        self.before = outer;
        if self.errors.len() > before {
            self.prepend_path(before, name);
        }
    }

    /// Runs `check` on the value of the field `name`. Does nothing if `value` is `None`, or if the field
    /// already has an error, for example from its setter.
    pub fn check_field_value<T>(
        &mut self,
        name: &str,
        value: Option<&T>,
        check: impl FnOnce(&mut Self, &T),
    ) {
        let mut reported = self.errors.iter().skip(self.before);
        if let Some(value) = value
            && !reported.any(|error| error.field() == name)
        {
            self.check_field(name, |errors| check(errors, value));
        }
    }

    /// Runs `check` and prepends `[index]` to the paths of the errors that it adds.
    pub fn check_item(&mut self, index: usize, check: impl FnOnce(&mut Self)) {
        let before = self.errors.len();
        let outer = std::mem::replace(&mut self.before, before);
        check(self);
        self.before = outer;
        if self.errors.len() > before {
            self.prepend_path(before, &format!("[{index}]"));
        }
    }

    /// Prepends `path` to the paths of all errors except the first `before` ones.
    #[cold]
    fn prepend_path(&mut self, before: usize, path: &str) {
        for error in self.errors.iter_mut().skip(before) {
            error.prepend_path(path);
        }
    }

    /// Adds an error for the field or item that is being checked.
    pub fn add(&mut self, detail: impl Into<String>) {
        self.errors.push(FieldError::new("", detail));
    }

    /// Adds errors. Their paths are relative to the field or item that is being checked.
    pub fn extend(&mut self, errors: impl IntoIterator<Item = FieldError>) {
        self.errors.extend(errors);
    }

    /// Checks the length of a string in characters. Both limits are inclusive. `None` means no maximum.
    pub fn check_length(&mut self, value: &str, min: usize, max: Option<usize>) {
        // Fast path: a character has one to four bytes.
        if value.len() / 4 >= min && max.is_none_or(|max| value.len() <= max) {
            return;
        }
        let count = value.chars().count();
        if count >= min && max.is_none_or(|max| count <= max) {
            return;
        }
        self.add(match max {
            Some(max) => format!("must have {min} to {max} characters, has {count}"),
            None => format!("must have at least {min} characters, has {count}"),
        });
    }

    /// Checks an integer against an inclusive range. `None` means no limit.
    pub fn check_range(&mut self, value: i64, min: Option<i64>, max: Option<i64>) {
        if min.is_some_and(|min| value < min) || max.is_some_and(|max| value > max) {
            self.add(match (min, max) {
                (Some(min), Some(max)) => format!("must be {min} to {max}, is {value}"),
                (Some(min), None) => format!("must be at least {min}, is {value}"),
                (_, max) => format!("must be at most {}, is {value}", max.unwrap_or(i64::MAX)),
            });
        }
    }

    /// Checks that a number is finite and within a range.
    ///
    /// JSON has no infinity and no NaN: both would be serialized as `null`.
    pub fn check_number(&mut self, value: f64, min: Bound<f64>, max: Bound<f64>) {
        if !value.is_finite() {
            return self.add(format!("must be finite, is {value}"));
        }
        let too_small = match min {
            Bound::Included(min) if value < min => Some(format!("at least {min}")),
            Bound::Excluded(min) if value <= min => Some(format!("more than {min}")),
            _ => None,
        };
        let expected = too_small.or_else(|| match max {
            Bound::Included(max) if value > max => Some(format!("at most {max}")),
            Bound::Excluded(max) if value >= max => Some(format!("less than {max}")),
            _ => None,
        });
        if let Some(expected) = expected {
            self.add(format!("must be {expected}, is {value}"));
        }
    }

    /// Checks the number of items of a list. Both limits are inclusive. `None` means no maximum.
    pub fn check_item_count(&mut self, count: usize, min: usize, max: Option<usize>) {
        if count >= min && max.is_none_or(|max| count <= max) {
            return;
        }
        self.add(match max {
            Some(max) => format!("must have {min} to {max} items, has {count}"),
            None => format!("must have at least {min} items, has {count}"),
        });
    }

    /// Checks a string with `matches`, which implements `pattern`. The error message quotes `pattern`.
    pub fn check_pattern(
        &mut self,
        value: &str,
        pattern: &str,
        matches: impl FnOnce(&str) -> bool,
    ) {
        if !matches(value) {
            self.add(format!("must match `{pattern}`"));
        }
    }

    /// Checks that a string has at most `max` bytes in UTF-8.
    ///
    /// A string with more than `max` characters adds no error here, because
    /// [`check_length`](Self::check_length) reports it.
    pub fn check_byte_count(&mut self, value: &str, max: usize) {
        let bytes = value.len();
        if bytes > max && value.chars().count() <= max {
            self.add(format!("must have at most {max} bytes, has {bytes}"));
        }
    }

    /// Checks that a string is a valid path identifier: not empty, not `.` or `..`, and only ASCII letters,
    /// digits, `_`, `.` and `-`.
    pub fn check_identifier(&mut self, value: &str) {
        if let Err(error) = crate::values::id::check("", value) {
            self.add(error.reason());
        }
    }

    /// Checks that at most one of the fields is set, or exactly one if `required` is `true`.
    ///
    /// Each entry of `fields` is the name of a field and whether it is set.
    pub fn check_exclusive(&mut self, fields: &[(&str, bool)], required: bool) {
        let quoted = |name: &str| format!("`{name}`");
        let mut set = fields.iter().filter(|(_, is_set)| *is_set);
        match (set.next(), set.next()) {
            (None, _) if required => {
                let names: Vec<_> = fields.iter().map(|(name, _)| quoted(name)).collect();
                let detail = format!("set exactly one of {}", names.join(" and "));
                let first = fields.first().map_or("body", |(name, _)| *name);
                self.check_field(first, |errors| errors.add(detail));
            }
            (Some((first, _)), Some((second, _))) => {
                let detail = format!(
                    "cannot be set together with {}: set one of the two",
                    quoted(first)
                );
                self.check_field(second, |errors| errors.add(detail));
            }
            _ => {}
        }
    }

    /// Returns `true` if no error was added.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Returns the errors in the order in which they were added.
    pub fn field_errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Converts the collection to a result.
    ///
    /// # Errors
    ///
    /// One error of kind [`Invalid`](crate::ErrorKind::Invalid) with all validation errors, if any.
    pub fn into_result(self) -> Result<(), Error> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(self.errors))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_each_error_with_its_path() {
        let mut errors = ValidationErrors::new();
        errors.check_field("name", |v| v.check_length("", 1, Some(128)));
        errors.check_field("policy", |v| {
            v.check_field("masking_rules", |v| {
                v.check_item(2, |v| v.check_field("table", |v| v.add("is empty")))
            });
            v.check_field("max_rows", |v| v.check_range(-1, Some(0), None));
            v.check_field("valid", |v| v.check_range(0, Some(0), None));
        });
        let error = errors.into_result().unwrap_err();
        let lines: Vec<_> = error
            .field_errors()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            lines,
            [
                "name: must have 1 to 128 characters, has 0",
                "policy.masking_rules[2].table: is empty",
                "policy.max_rows: must be at least 0, is -1",
            ]
        );
    }

    #[test]
    fn reports_a_field_once_if_its_setter_failed() {
        let check = |v: &mut ValidationErrors| {
            v.check_field("name", |v| v.add("is not a number"));
            v.check_field_value("name", Some(&-1), |v, value| {
                v.check_range(*value, Some(0), None)
            });
        };
        let mut errors = ValidationErrors::new();
        check(&mut errors);
        errors.check_field("inner", |v| {
            v.check_field_value("name", Some(&-1), |v, value| {
                v.check_range(*value, Some(0), None)
            });
            v.check_item(0, check);
        });
        errors.check_field_value("name", Some(&-1), |v, value| {
            v.check_range(*value, Some(0), None)
        });
        let lines: Vec<_> = errors
            .field_errors()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            lines,
            [
                "name: is not a number",
                "inner.name: must be at least 0, is -1",
                "inner[0].name: is not a number",
            ]
        );
    }

    #[test]
    fn checks_maps_in_the_order_of_their_keys() {
        struct Invalid;
        impl Validate for Invalid {
            fn validate(&self, errors: &mut ValidationErrors) {
                errors.add("is invalid");
            }
        }
        let mut errors = ValidationErrors::new();
        HashMap::from([("b", vec![Invalid]), ("a", vec![Invalid, Invalid])]).validate(&mut errors);
        HashMap::from([("c", 1_i64)]).validate(&mut errors);
        let fields: Vec<_> = errors
            .field_errors()
            .iter()
            .map(|error| error.field())
            .collect();
        assert_eq!(fields, ["a[0]", "a[1]", "b[0]"]);
    }

    #[test]
    fn limits_are_inclusive_and_count_characters() {
        let error_count = |check: &dyn Fn(&mut ValidationErrors)| {
            let mut errors = ValidationErrors::new();
            check(&mut errors);
            errors.field_errors().len()
        };
        assert_eq!(
            error_count(&|v| v.check_length(&"é".repeat(128), 1, Some(128))),
            0
        );
        assert_eq!(
            error_count(&|v| v.check_length(&"é".repeat(129), 1, Some(128))),
            1
        );
        assert_eq!(error_count(&|v| v.check_range(1, Some(1), Some(100))), 0);
        assert_eq!(error_count(&|v| v.check_range(100, Some(1), Some(100))), 0);
        assert_eq!(error_count(&|v| v.check_range(101, Some(1), Some(100))), 1);
        assert_eq!(error_count(&|v| v.check_range(i64::MIN, None, None)), 0);
        assert_eq!(error_count(&|v| v.check_item_count(0, 1, None)), 1);
        assert_eq!(error_count(&|v| v.check_item_count(3, 1, Some(2))), 1);
        assert_eq!(error_count(&|v| v.check_item_count(2, 1, Some(2))), 0);
    }

    #[test]
    fn checks_that_a_number_is_finite_and_in_range() {
        use Bound::{Excluded, Included, Unbounded};
        for (value, min, max, expected) in [
            (0.0, Included(0.0), Included(1.0), None),
            (1.0, Included(0.0), Included(1.0), None),
            (
                -0.5,
                Included(0.0),
                Unbounded,
                Some("must be at least 0, is -0.5"),
            ),
            (
                1.5,
                Unbounded,
                Included(1.0),
                Some("must be at most 1, is 1.5"),
            ),
            (
                0.0,
                Excluded(0.0),
                Unbounded,
                Some("must be more than 0, is 0"),
            ),
            (
                1.0,
                Unbounded,
                Excluded(1.0),
                Some("must be less than 1, is 1"),
            ),
            (f64::MAX, Unbounded, Unbounded, None),
            (
                f64::NAN,
                Unbounded,
                Unbounded,
                Some("must be finite, is NaN"),
            ),
            (
                f64::INFINITY,
                Included(0.0),
                Unbounded,
                Some("must be finite, is inf"),
            ),
        ] {
            let mut errors = ValidationErrors::new();
            errors.check_number(value, min, max);
            assert_eq!(
                errors.field_errors().first().map(FieldError::detail),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn a_minimum_length_counts_characters_of_any_width() {
        for character in ["a", "é", "€", "🦀"] {
            for min in 1..=9 {
                for count in 0..=10 {
                    let mut errors = ValidationErrors::new();
                    errors.check_length(&character.repeat(count), min, Some(10));
                    errors.check_length(&character.repeat(count), min, None);
                    let expected = if count < min { 2 } else { 0 };
                    let actual = errors.field_errors().len();
                    assert_eq!(actual, expected, "{count} of {character}, {min}");
                }
            }
        }
    }
}
