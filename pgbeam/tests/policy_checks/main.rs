//! Tests of policies and previews, offline and with the emulator.
//!
//! - `files`: test files, and every mistake in them
//! - `check`: evaluation with the engine and with the API
//! - `preview`: replays as evidence

mod check;
mod files;
mod preview;
