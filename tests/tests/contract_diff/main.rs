//! Tests of the comparison of contracts, whose results `cargo xtask spec diff` prints. The tests mutate the
//! policies area of the API contract and expect an exact list of changes, each with its verdicts for users of
//! the SDK and of the API.

mod fields;
mod operations;
mod support;
mod unreported;
mod usages;
