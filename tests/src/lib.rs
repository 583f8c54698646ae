//! Shared helpers of the test suites in `tests/`.
//!
//! - [`recorder`]: a transport that records requests and returns prepared responses
//! - [`raw`]: a server that runs a script on each connection, byte for byte
//! - [`progenitor_output`]: the code that progenitor generates without this workspace's passes
//! - [`checkout`]: a temporary copy of the files that codegen reads and writes
//! - [`fuzz`]: the properties that the `fuzz` suite and libFuzzer check
//! - [`soak`]: many concurrent calls on an emulator with injected faults
//! - [`contract`]: the API contract as JSON, for tests that change and compare it

pub mod checkout;
pub mod contract;
pub mod fuzz;
pub mod progenitor_output;
pub mod raw;
pub mod recorder;
pub mod soak;
