//! Tests of `pgbeam::policies::check` and `pgbeam::policies::preview`.
//!
//! - `files`: test files, and the errors for every mistake in them
//! - `check`: test suites that the engine or the API of the emulator evaluates
//! - `preview`: previews of statements that the emulator recorded, their gaps and gates

mod check;
mod files;
mod preview;
