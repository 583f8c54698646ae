//! The conformance driver from outside: its binary is given lines, and its lines are read, against
//! the emulator, against prepared answers, and against a server that breaks HTTP.
//!
//! - `lines`: what a line is, and in what order lines are answered
//! - `refusals`: what is no command, and what the SDK refuses to send
//! - `setup`: options, `env`, and who shares a client
//! - `policies`: each operation of the policies area
//! - `edit`: the safe partial update
//! - `untyped`: operations by their name
//! - `pages`: all items of a list
//! - `errors`: what is said of a call that failed
//! - `parallel`: commands that run at once
//! - `processes`: edits of one profile from many processes
//! - `many`: ten thousand commands in one process

mod edit;
mod errors;
mod lines;
mod many;
mod pages;
mod parallel;
mod policies;
mod processes;
mod refusals;
mod setup;
mod support;
mod untyped;
