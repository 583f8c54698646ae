//! What the API stores, seen alike: what one of them is called, read from and made of.
//!
//! The requests of [`crate::request`] are written once over this.

use pgbeam_api::{FieldError, Operation};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Page, body::Members, original::Kept};

/// Something that the API stores under an identifier, such as a
/// [`PolicyProfile`](crate::policies::PolicyProfile).
///
/// Sealed: only this crate says what one is.
#[expect(
    private_bounds,
    reason = "what makes a resource is this crate's own business"
)]
pub trait Resource: Described {}

impl<R: Described> Resource for R {}

/// The details of a resource.
pub(crate) trait Described: Sized + Send + 'static {
    /// What is sent to make or replace one.
    type Input: Input;
    /// One as the contract's type.
    type Wire: DeserializeOwned;
    /// A page of them as the contract's type.
    type WirePage: DeserializeOwned + Into<Page<Self>>;

    /// The name of its identifier in paths.
    const ID: &'static str;
    const CREATE: &'static Operation;
    const GET: &'static Operation;
    const UPDATE: &'static Operation;
    const DELETE: &'static Operation;
    const LIST: &'static Operation;

    /// Members that the server sets and a PUT must not carry.
    const SERVER_OWNED: &'static [&'static str];
    /// Members that keep their stored value when a PUT leaves them out, and their defaults.
    const KEPT_WHEN_ABSENT: &'static [(&'static str, &'static str)];
    /// Members that a whole one must have, with values that are fine: a change of some members is
    /// checked together with them.
    const REQUIRED: &'static [(&'static str, &'static str)];

    /// One as it was read.
    fn of(wire: Kept<Self::Wire>) -> Self;

    /// What is wrong with the members of a body.
    fn check(members: &Members) -> Vec<FieldError>;
}

/// What is sent to make or replace a resource.
pub(crate) trait Input: Clone + Serialize + Send + 'static {
    /// What is wrong with it.
    fn check(&self) -> Vec<FieldError>;
}
