//! The area of policies from end to end: the typed methods of `pgbeam` against the emulator, against
//! single answers where one exact answer is wanted, and against a raw server where bytes count.
//!
//! - `profiles`: create, read, replace and delete, conditions included
//! - `list`: pages, items, and when they are asked for
//! - `wire`: what stands on the wire, to the byte
//! - `edit`, `conflicts`, `verbatim`: the safe partial update, and what it must not touch
//! - `values`: profiles in other formats, and in a unit test
//! - `evaluation`: statement kinds, dry evaluation, replay, recommendation
//! - `validation`: what is refused before anything is sent
//! - `errors`: what a caller sees of an answer that is none
//! - `repeats`: idempotency keys, and writes whose answer was lost
//! - `forward`: answers of a newer API

mod conflicts;
mod edit;
mod errors;
mod evaluation;
mod forward;
mod list;
mod profiles;
mod repeats;
mod support;
mod validation;
mod values;
mod verbatim;
mod wire;
