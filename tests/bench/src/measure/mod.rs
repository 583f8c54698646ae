//! Measures time and memory in the client's process. `cargo xtask bench` counts the instructions, allocations
//! and system calls of [`calls`] from outside the process.

mod concurrent;
mod pages;
mod rounds;

use std::hint::black_box;

pub use self::{
    concurrent::{concurrent, raise_descriptor_limit},
    pages::pages,
    rounds::rounds,
};
use crate::contender::Contender;

/// Makes calls one after the other.
pub async fn calls<C: Contender>(contender: &C, calls: usize) -> Result<(), C::Error> {
    for _ in 0..calls {
        black_box(contender.update().await?);
    }
    Ok(())
}
