//! Checks what is sent against the contract's bounds, and reports all that is wrong at once.
//!
//! The types themselves accept anything of the right shape, since what the server sends is never
//! held to bounds. The generated [`Validate`] implementations run before a request is sent.

pub(crate) mod pattern;
pub(crate) mod setter_errors;

use std::{collections::HashMap, fmt, ops::Bound};

use crate::{Error, FieldError};

/// A value of a request that the contract bounds.
pub trait Validate {
    /// Reports every field that is out of bounds to `violations`.
    fn validate(&self, violations: &mut Violations);
}

impl<T: Validate> Validate for &T {
    fn validate(&self, violations: &mut Violations) {
        (**self).validate(violations);
    }
}

impl<T: Validate> Validate for Box<T> {
    fn validate(&self, violations: &mut Violations) {
        (**self).validate(violations);
    }
}

impl<T: Validate> Validate for Option<T> {
    fn validate(&self, violations: &mut Violations) {
        if let Some(value) = self {
            value.validate(violations);
        }
    }
}

impl<T: Validate> Validate for Vec<T> {
    fn validate(&self, violations: &mut Violations) {
        for (index, item) in self.iter().enumerate() {
            violations.item(index, |violations| item.validate(violations));
        }
    }
}

impl<K: fmt::Display, T: Validate> Validate for HashMap<K, T> {
    fn validate(&self, violations: &mut Violations) {
        let mut entries: Vec<_> = self
            .iter()
            .map(|(key, value)| (key.to_string(), value))
            .collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (key, value) in entries {
            violations.field(&key, |violations| value.validate(violations));
        }
    }
}

/// What a body may be that is no object of its own; nothing bounds it.
macro_rules! unbounded {
    ($($type:ty),+) => {
        $(impl Validate for $type {
            fn validate(&self, _: &mut Violations) {}
        })+
    };
}

unbounded!(
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

/// Collects the fields of a request that are not as they must be.
///
/// While an object is checked, its errors have places relative to it. When the check ends, the place of
/// the object is put before them. So no text is built for a value without errors.
#[derive(Debug, Default)]
pub struct Violations {
    errors: Vec<FieldError>,
    /// How many errors there were when the check of the current object began.
    before: usize,
}

impl Violations {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `check` for the field `name` of what is being checked now.
    pub fn field(&mut self, name: &str, check: impl FnOnce(&mut Self)) {
        let before = self.errors.len();
        let outer = std::mem::replace(&mut self.before, before);
        check(self);
        self.before = outer;
        if self.errors.len() > before {
            self.place(before, name);
        }
    }

    /// Runs `check` for the field `name`, where it is set and its setter accepted the value.
    pub fn bound<T>(&mut self, name: &str, value: Option<&T>, check: impl FnOnce(&mut Self, &T)) {
        let mut reported = self.errors.iter().skip(self.before);
        if let Some(value) = value
            && !reported.any(|error| error.field() == name)
        {
            self.field(name, |violations| check(violations, value));
        }
    }

    /// Runs `check` for an item of the list that is being checked now.
    pub fn item(&mut self, index: usize, check: impl FnOnce(&mut Self)) {
        let before = self.errors.len();
        let outer = std::mem::replace(&mut self.before, before);
        check(self);
        self.before = outer;
        if self.errors.len() > before {
            self.place(before, &format!("[{index}]"));
        }
    }

    /// Puts the place of an object before those of its errors.
    #[cold]
    fn place(&mut self, before: usize, place: &str) {
        for error in self.errors.iter_mut().skip(before) {
            error.inside(place);
        }
    }

    /// Says what is wrong with the field that is being checked now.
    pub fn add(&mut self, detail: impl Into<String>) {
        self.errors.push(FieldError::new("", detail));
    }

    /// Takes over what another check has found, as it stands.
    pub fn extend(&mut self, errors: impl IntoIterator<Item = FieldError>) {
        self.errors.extend(errors);
    }

    /// The text must have this many characters.
    pub fn length(&mut self, value: &str, least: usize, most: Option<usize>) {
        // A character has one to four bytes, so that most texts need not be counted.
        if value.len() / 4 >= least && most.is_none_or(|most| value.len() <= most) {
            return;
        }
        let count = value.chars().count();
        if count >= least && most.is_none_or(|most| count <= most) {
            return;
        }
        self.add(match most {
            Some(most) => format!("must have {least} to {most} characters, has {count}"),
            None => format!("must have at least {least} characters, has {count}"),
        });
    }

    /// The number must lie between these bounds, both included.
    pub fn range(&mut self, value: i64, least: Option<i64>, most: Option<i64>) {
        if least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most) {
            self.add(match (least, most) {
                (Some(least), Some(most)) => format!("must be {least} to {most}, is {value}"),
                (Some(least), None) => format!("must be at least {least}, is {value}"),
                (_, most) => format!("must be at most {}, is {value}", most.unwrap_or(i64::MAX)),
            });
        }
    }

    /// The number must lie between these bounds, and be one at all: JSON would write infinity and
    /// what is no number as null.
    pub fn number(&mut self, value: f64, least: Bound<f64>, most: Bound<f64>) {
        if !value.is_finite() {
            return self.add(format!("must be finite, is {value}"));
        }
        let low = match least {
            Bound::Included(least) if value < least => Some(format!("at least {least}")),
            Bound::Excluded(least) if value <= least => Some(format!("more than {least}")),
            _ => None,
        };
        let wanted = low.or_else(|| match most {
            Bound::Included(most) if value > most => Some(format!("at most {most}")),
            Bound::Excluded(most) if value >= most => Some(format!("less than {most}")),
            _ => None,
        });
        if let Some(wanted) = wanted {
            self.add(format!("must be {wanted}, is {value}"));
        }
    }

    /// The list must have this many items.
    pub fn items(&mut self, count: usize, least: usize, most: Option<usize>) {
        if count >= least && most.is_none_or(|most| count <= most) {
            return;
        }
        self.add(match most {
            Some(most) => format!("must have {least} to {most} items, has {count}"),
            None => format!("must have at least {least} items, has {count}"),
        });
    }

    /// The text must match the contract's pattern, which `matches` stands for.
    pub fn pattern(&mut self, value: &str, pattern: &str, matches: impl FnOnce(&str) -> bool) {
        if !matches(value) {
            self.add(format!("must match `{pattern}`"));
        }
    }

    /// Checks that a string has at most this many bytes. One with too many characters is reported as
    /// such already.
    pub fn bytes(&mut self, value: &str, most: usize) {
        let bytes = value.len();
        if bytes > most && value.chars().count() <= most {
            self.add(format!("has {bytes} bytes, and may have at most {most}"));
        }
    }

    /// Checks that a string can be an identifier. An empty one might be taken for an absent one.
    pub fn identifier(&mut self, value: &str) {
        if let Err(error) = crate::values::id::check("", value) {
            self.add(error.reason());
        }
    }

    /// Checks that at most one of these fields is set, or exactly one if one is `required`.
    pub fn exclusive(&mut self, fields: &[(&str, bool)], required: bool) {
        let quoted = |name: &str| format!("`{name}`");
        let mut set = fields.iter().filter(|(_, is_set)| *is_set);
        match (set.next(), set.next()) {
            (None, _) if required => {
                let names: Vec<_> = fields.iter().map(|(name, _)| quoted(name)).collect();
                let detail = format!("give exactly one of {}", names.join(" and "));
                let first = fields.first().map_or("body", |(name, _)| *name);
                self.field(first, |violations| violations.add(detail));
            }
            (Some((first, _)), Some((second, _))) => {
                let detail = format!("excludes {}: give one of the two", quoted(first));
                self.field(second, |violations| violations.add(detail));
            }
            _ => {}
        }
    }

    /// Whether anything is wrong.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// What is wrong so far.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Ends the check.
    ///
    /// # Errors
    ///
    /// One error of kind [`Invalid`](crate::ErrorKind::Invalid) with every field that is wrong.
    pub fn finish(self) -> Result<(), Error> {
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
    fn reports_every_field_with_its_path() {
        let mut violations = Violations::new();
        violations.field("name", |v| v.length("", 1, Some(128)));
        violations.field("policy", |v| {
            v.field("masking_rules", |v| {
                v.item(2, |v| v.field("table", |v| v.add("is empty")))
            });
            v.field("max_rows", |v| v.range(-1, Some(0), None));
            v.field("fine", |v| v.range(0, Some(0), None));
        });
        let error = violations.finish().unwrap_err();
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
    fn a_field_whose_setter_failed_is_reported_once_and_one_of_its_name_elsewhere_too() {
        let check = |v: &mut Violations| {
            v.field("name", |v| v.add("is no number"));
            v.bound("name", Some(&-1), |v, value| v.range(*value, Some(0), None));
        };
        let mut violations = Violations::new();
        check(&mut violations);
        violations.field("inner", |v| {
            v.bound("name", Some(&-1), |v, value| v.range(*value, Some(0), None));
            v.item(0, check);
        });
        violations.bound("name", Some(&-1), |v, value| v.range(*value, Some(0), None));
        let lines: Vec<_> = violations
            .errors()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            lines,
            [
                "name: is no number",
                "inner.name: must be at least 0, is -1",
                "inner[0].name: is no number",
            ]
        );
    }

    #[test]
    fn a_map_is_checked_by_key() {
        struct Bad;
        impl Validate for Bad {
            fn validate(&self, violations: &mut Violations) {
                violations.add("is bad");
            }
        }
        let mut violations = Violations::new();
        HashMap::from([("b", vec![Bad]), ("a", vec![Bad, Bad])]).validate(&mut violations);
        HashMap::from([("c", 1_i64)]).validate(&mut violations);
        let fields: Vec<_> = violations
            .errors()
            .iter()
            .map(|error| error.field())
            .collect();
        assert_eq!(fields, ["a[0]", "a[1]", "b[0]"]);
    }

    #[test]
    fn bounds_include_their_ends_and_count_characters_not_bytes() {
        let found = |check: &dyn Fn(&mut Violations)| {
            let mut violations = Violations::new();
            check(&mut violations);
            violations.errors().len()
        };
        assert_eq!(found(&|v| v.length(&"é".repeat(128), 1, Some(128))), 0);
        assert_eq!(found(&|v| v.length(&"é".repeat(129), 1, Some(128))), 1);
        assert_eq!(found(&|v| v.range(1, Some(1), Some(100))), 0);
        assert_eq!(found(&|v| v.range(100, Some(1), Some(100))), 0);
        assert_eq!(found(&|v| v.range(101, Some(1), Some(100))), 1);
        assert_eq!(found(&|v| v.range(i64::MIN, None, None)), 0);
        assert_eq!(found(&|v| v.items(0, 1, None)), 1);
        assert_eq!(found(&|v| v.items(3, 1, Some(2))), 1);
        assert_eq!(found(&|v| v.items(2, 1, Some(2))), 0);
    }

    #[test]
    fn a_number_is_finite_and_within_its_ends() {
        use Bound::{Excluded, Included, Unbounded};
        for (value, least, most, want) in [
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
            let mut violations = Violations::new();
            violations.number(value, least, most);
            assert_eq!(
                violations.errors().first().map(FieldError::detail),
                want,
                "{value}"
            );
        }
    }

    #[test]
    fn a_minimum_counts_characters_of_any_width() {
        for character in ["a", "é", "€", "🦀"] {
            for least in 1..=9 {
                for count in 0..=10 {
                    let mut violations = Violations::new();
                    violations.length(&character.repeat(count), least, Some(10));
                    violations.length(&character.repeat(count), least, None);
                    let want = if count < least { 2 } else { 0 };
                    let found = violations.errors().len();
                    assert_eq!(found, want, "{count} of {character}, {least}");
                }
            }
        }
    }
}
