//! What is measured here, in the client's own process: its time and its memory. Instructions and
//! allocations are counted from outside, over [`calls`].

mod flight;
mod rounds;

use std::hint::black_box;

pub use self::{
    flight::{descriptors, flight},
    rounds::rounds,
};
use crate::contender::Contender;

/// Makes this many calls, one after the other.
pub async fn calls<C: Contender>(contender: &C, calls: usize) -> Result<(), C::Error> {
    for _ in 0..calls {
        black_box(contender.update().await?);
    }
    Ok(())
}
