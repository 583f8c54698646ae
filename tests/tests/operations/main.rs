//! Every operation of the contract, none left out, against a server that holds each request against
//! the contract and answers with what the contract declares.
//!
//! - `calls`: the calls of all operations, as a user writes them
//! - `typed`: requests and answers of success, conditional ones included

mod calls;
mod support;
mod typed;
