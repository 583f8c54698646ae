//! Measures time and memory in the client's process. Instructions, allocations and system calls of [`calls`]
//! are counted from outside.

mod concurrent;
mod rounds;

use std::hint::black_box;

pub use self::{
    concurrent::{concurrent, raise_descriptor_limit},
    rounds::rounds,
};
use crate::contender::Contender;

/// Makes sequential calls.
pub async fn calls<C: Contender>(contender: &C, calls: usize) -> Result<(), C::Error> {
    for _ in 0..calls {
        black_box(contender.update().await?);
    }
    Ok(())
}
