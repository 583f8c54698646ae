//! Tests of the conformance driver's binary, with the emulator, with prepared responses, and with a
//! server that violates HTTP.
//!
//! - `lines`: parsing of lines, and the order of replies
//! - `invalid_commands`: commands that the driver or the SDK rejects
//! - `client_options`: options, `env`, and shared clients
//! - `policies`: each operation of the policies area
//! - `edit`: partial updates
//! - `untyped`: operations by their id
//! - `pages`: all items of a list
//! - `errors`: the replies of failed calls
//! - `parallel`: concurrent commands
//! - `processes`: edits of one profile by many processes
//! - `many_commands`: ten thousand commands in one process

mod client_options;
mod edit;
mod errors;
mod invalid_commands;
mod lines;
mod many_commands;
mod pages;
mod parallel;
mod policies;
mod processes;
mod support;
mod untyped;
