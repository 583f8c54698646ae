//! Every operation of the contract, none left out, against a server that holds each request against
//! the contract and answers with what the contract declares.
//!
//! - `calls`: the calls of all operations, as a user writes them
//! - `typed`: requests and answers of success, conditional ones included
//! - `untyped`: the same by the operation's name
//! - `errors`: every error status, with every kind of body
//! - `repeats`: answers that ask for a repetition
//! - `secrets`: what must not be printed
//! - `bodies`: bodies in which the wrong word would do harm
//! - `checks`: that the check of requests finds what is wrong

mod bodies;
mod calls;
mod checks;
mod errors;
mod repeats;
mod secrets;
mod support;
mod typed;
mod untyped;
