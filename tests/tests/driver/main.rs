//! Tests of the binary of the conformance driver (see `tests/driver.md`), with the emulator, with a server
//! that sends prepared responses, and with a raw TCP server.
//!
//! - `lines`: parsing of lines, and the order of replies
//! - `invalid_commands`: commands that the driver or the SDK rejects
//! - `client_options`: options of the client, the field `env`, and shared clients
//! - `policies`: each operation of the policies area
//! - `edit`: partial updates
//! - `untyped`: operations that the driver calls by their ids, without typed methods
//! - `pages`: reading all pages of a list
//! - `errors`: the replies to commands whose call fails
//! - `parallel`: concurrent commands
//! - `processes`: edits of one profile by 32 processes
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
