//! What the tests of this workspace share: everything here helps suites in `tests/`, and nothing
//! here is a test.
//!
//! - [`recorder`]: a transport that keeps what is sent and answers as it is told.
//! - [`raw`]: a server that says what a script tells it, byte for byte, and breaks off where it says.
//! - [`bare`]: what the generator makes of a document without our passes.
//! - [`checkout`]: a copy of what codegen reads and writes, to be broken at will.
//! - [`fuzz`]: what must hold whatever is read, for the test `fuzz` and for libFuzzer.
//! - [`soak`]: many calls at once on an emulator that fails, and an account of each.
//! - [`contract`]: the contract as plain JSON, to be changed at will and compared.

pub mod bare;
pub mod checkout;
pub mod contract;
pub mod fuzz;
pub mod raw;
pub mod recorder;
pub mod soak;
