//! A whole policy profile, as it is created, replaced or tried.

mod json;

use std::{fmt, sync::OnceLock};

use pgbeam_api::{Error, FieldError, Validate, Violations, types};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::fields::{Field, Kinds, policy_fields};
use crate::{
    body::{self, Members},
    resource::Input,
};

/// The rules of a policy profile, to create one, to replace one, or to try them.
///
/// What is not set is not sent, and takes its default: in a replacement too, where `query_mode`
/// alone keeps its stored value. To change some fields of a stored profile and leave the others as
/// they are, use [`Policies::edit`](super::Policies::edit) instead.
///
/// Bounds are checked when a request is sent, and by [`validate`](Self::validate): all fields that
/// are out of bounds are reported at once, and then nothing is sent.
///
/// It reads from and writes to JSON in the contract's own form, so that policies can be kept in
/// files; members that this version of the crate does not know are kept. Writing fails while a
/// value that a setter refused has not been replaced.
///
/// ```
/// use std::time::Duration;
/// use pgbeam::policies::{AccessMode, Mask, PolicyProfileInput, RowFilter};
///
/// let input = PolicyProfileInput::new("Read-only analytics")
///     .access_mode(AccessMode::ReadOnly)
///     .table_allowlist(["public.orders", "public.users"])
///     .masking_rules([Mask::redact("public.users", "email")])
///     .row_filters([RowFilter::new("public.orders", "region = 'eu'")])
///     .max_rows(1_000)
///     .statement_timeout(Duration::from_secs(5));
/// input.validate()?;
/// # Ok::<(), pgbeam::Error>(())
/// ```
#[derive(Clone, Deserialize)]
#[serde(from = "Members")]
#[must_use = "rules do nothing until they are given to a request"]
pub struct PolicyProfileInput {
    /// Boxed, so that a setter hands on a pointer.
    inner: Box<Inner>,
}

#[derive(Clone)]
struct Inner {
    rules: Rules,
    faults: Vec<FieldError>,
    /// The typed rules as JSON, once somebody has asked for it.
    shown: OnceLock<Members>,
}

/// What is set.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "it is boxed already")]
enum Rules {
    /// By setters alone: the contract's type, which is sent and checked as it is.
    Typed(types::PolicyProfileInput),
    /// From JSON, or with a field by its name: it may hold what the type has no place for.
    Json(Members),
}

impl From<Members> for PolicyProfileInput {
    fn from(members: Members) -> Self {
        Self::of(Rules::Json(members))
    }
}

impl Serialize for PolicyProfileInput {
    /// Fails while a setter's value is refused: without it, what is written would be another
    /// policy.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.inner.faults.first() {
            Some(fault) => Err(serde::ser::Error::custom(fault)),
            None => match &self.inner.rules {
                Rules::Typed(rules) => rules.serialize(to),
                Rules::Json(members) => members.serialize(to),
            },
        }
    }
}

impl PartialEq for PolicyProfileInput {
    fn eq(&self, other: &Self) -> bool {
        self.inner.faults == other.inner.faults
            && match (&self.inner.rules, &other.inner.rules) {
                (Rules::Typed(one), Rules::Typed(other)) => one == other,
                _ => self.members() == other.members(),
            }
    }
}

impl fmt::Debug for PolicyProfileInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyProfileInput")
            .field("members", self.members())
            .field("faults", &self.inner.faults)
            .finish()
    }
}

impl PolicyProfileInput {
    /// A profile of this name (1 to 128 characters) with every field at its default: read only,
    /// and otherwise without restriction.
    pub fn new(name: impl Into<String>) -> Self {
        let rules = types::PolicyProfileInput::with_required(name.into());
        Self::of(Rules::Typed(rules))
    }

    /// Sets the name, for people: 1 to 128 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        match self.change("name") {
            Rules::Typed(rules) => rules.name = name,
            Rules::Json(members) => {
                members.insert("name".to_owned(), Value::String(name));
            }
        }
        self
    }

    policy_fields!();

    /// Sets a field by its name in the contract: one that this version of the crate does not know,
    /// perhaps. A field that it does know is checked all the same.
    pub fn field(mut self, name: &str, value: impl Into<crate::JsonValue>) -> Self {
        if let Rules::Typed(rules) = self.change(name) {
            self.inner.rules = Rules::Json(members(rules));
        }
        if let Rules::Json(members) = &mut self.inner.rules {
            members.insert(name.to_owned(), value.into());
        }
        self
    }

    /// What is set of it, by the names of the contract.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.members().get(field)
    }

    /// Checks it against the bounds of the contract, as every request does before it is sent.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid), with every field that is out of bounds.
    pub fn validate(&self) -> Result<(), Error> {
        let errors = Input::check(self);
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(errors))
        }
    }

    /// Values that a setter refused.
    pub(super) fn faults(&self) -> &[FieldError] {
        &self.inner.faults
    }

    /// All that is set of it.
    pub(super) fn members(&self) -> &Members {
        match &self.inner.rules {
            Rules::Typed(rules) => self.inner.shown.get_or_init(|| members(rules)),
            Rules::Json(members) => members,
        }
    }

    fn of(rules: Rules) -> Self {
        Self {
            inner: Box::new(Inner {
                rules,
                faults: Vec::new(),
                shown: OnceLock::new(),
            }),
        }
    }

    /// The rules, for a change of this field that makes up for a value that was refused.
    #[inline]
    fn change(&mut self, field: &str) -> &mut Rules {
        if !self.inner.faults.is_empty() {
            self.forgive(field);
        }
        self.add_to()
    }

    #[cold]
    fn forgive(&mut self, field: &str) {
        self.inner.faults.retain(|fault| fault.field() != field);
    }

    /// The rules, to add to what is set of them.
    #[inline]
    fn add_to(&mut self) -> &mut Rules {
        if self.inner.shown.get().is_some() {
            self.inner.shown.take();
        }
        &mut self.inner.rules
    }

    #[inline]
    fn put<T: Serialize>(mut self, field: Field<T>, value: T) -> Self {
        match self.change(field.name) {
            Rules::Typed(rules) => *(field.of)(rules) = Some(value),
            Rules::Json(members) => {
                let fault = json::put(members, field.name, value).err();
                self.inner.faults.extend(fault);
            }
        }
        self
    }

    /// Keeps why a value is refused. The value before must not be sent in its place.
    #[cold]
    fn refuse<T>(mut self, field: Field<T>, why: String) -> Self {
        match self.change(field.name) {
            Rules::Typed(rules) => *(field.of)(rules) = None,
            Rules::Json(members) => {
                members.remove(field.name);
            }
        }
        self.inner.faults.push(FieldError::new(field.name, why));
        self
    }

    fn add<T: Serialize>(mut self, list: Field<Vec<T>>, item: T) -> Self {
        match self.add_to() {
            Rules::Typed(rules) => (list.of)(rules).get_or_insert_default().push(item),
            Rules::Json(members) => json::add(members, list.name, item),
        }
        self
    }

    fn put_kinds(mut self, list: Kinds, kinds: Vec<String>) -> Self {
        match self.add_to() {
            Rules::Typed(rules) => {
                *(list.of)(rules.statement_rules.get_or_insert_default()) = Some(kinds);
            }
            Rules::Json(members) => json::put_kinds(members, list.name, kinds),
        }
        self
    }
}

/// Typed rules as JSON.
fn members(rules: &types::PolicyProfileInput) -> Members {
    match serde_json::to_value(rules) {
        Ok(Value::Object(members)) => members,
        // They are an object of texts, numbers and lists, which JSON has.
        _ => Members::new(),
    }
}

impl Input for PolicyProfileInput {
    fn check(&self) -> Vec<FieldError> {
        let mut errors = self.inner.faults.clone();
        match &self.inner.rules {
            Rules::Typed(rules) => {
                let mut violations = Violations::new();
                rules.validate(&mut violations);
                errors.extend_from_slice(violations.errors());
            }
            Rules::Json(members) => {
                errors.extend(body::check::<types::PolicyProfileInput>(members));
            }
        }
        errors
    }
}

#[cfg(test)]
mod tests;
