//! Tests of `spec diff` on the real contract. Each mutation has an exact list of reported changes with
//! their impact.

mod fields;
mod operations;
mod support;
mod unreported;
mod usages;
