//! Helpers that the test suites in `tests/` share.
//!
//! - [`recorder`]: a transport that records requests and returns prepared responses
//! - [`raw`]: an HTTP server that runs a script on each connection, so that tests choose every byte it sends
//! - [`progenitor_output`]: the code that progenitor generates without the normalization passes of codegen
//! - [`checkout`]: a temporary folder with an API contract, in which code can be generated
//! - [`fuzz`]: the fuzz targets, which the `fuzz` suite and libFuzzer run
//! - [`soak`]: many concurrent calls to an emulator with injected faults
//! - [`contract`]: the API contract as JSON, for tests that change and compare it

pub mod checkout;
pub mod contract;
pub mod fuzz;
pub mod progenitor_output;
pub mod raw;
pub mod recorder;
pub mod soak;
