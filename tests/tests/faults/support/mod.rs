//! Helpers of the fault tests: the rows of the tables, and the checks that run them.

mod call;
mod endpoint;
mod fault;
mod outcome;
mod runner;

pub use self::{
    call::{Call, Call::*, PROFILE},
    endpoint::{DnsResult, Endpoint},
    fault::{ConnectionState, ExpectedRetry::*, Fault, fault, response_fault},
    outcome::{
        ANY_DISCONNECT, CLOSED, RESET, api_error, attempt_timeout, body_timeout,
        body_total_timeout, connect_error, connect_timeout, connection_error, decode_error,
        incompatible, incompatible_write, incomplete_body, success,
    },
    runner::{MAX_RESPONSE_BYTES, with_every_call, with_one_retry, without_retries},
};
