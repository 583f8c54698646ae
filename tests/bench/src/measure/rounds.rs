//! How fast calls are: in rounds, in each of which every contender has its turn, so that what else
//! the machine does meets all of them alike.

use std::{
    error::Error as StdError,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::contender::{Bare, Contender, Hand, Name, Sdk};

/// What the turns of one round took, in seconds.
#[derive(Default, Serialize)]
pub struct Round {
    hand: f64,
    bare: f64,
    pgbeam: f64,
}

impl Round {
    fn set(&mut self, of: Name, took: Duration) {
        let turn = match of {
            Name::Hand => &mut self.hand,
            Name::Bare => &mut self.bare,
            Name::Pgbeam => &mut self.pgbeam,
        };
        *turn = took.as_secs_f64();
    }
}

/// Makes `calls` calls a turn, `concurrency` at a time; one round more than `rounds`, the first of
/// which opens connections and is not counted.
pub async fn rounds(
    address: &str,
    rounds: usize,
    calls: usize,
    concurrency: usize,
) -> Result<Vec<Round>, Box<dyn StdError>> {
    let (hand, bare, sdk) = (Hand::new(address)?, Bare::new(address)?, Sdk::new(address)?);
    let mut taken = Vec::new();
    for number in 0..=rounds {
        let mut round = Round::default();
        // Each is first, second and last equally often.
        let mut order = [Name::Hand, Name::Bare, Name::Pgbeam];
        let first = number % order.len();
        order.rotate_left(first);
        for name in order {
            let took = match name {
                Name::Hand => turn(&hand, calls, concurrency).await?,
                Name::Bare => turn(&bare, calls, concurrency).await?,
                Name::Pgbeam => turn(&sdk, calls, concurrency).await?,
            };
            round.set(name, took);
        }
        taken.push(round);
    }
    Ok(taken.split_off(1))
}

async fn turn<C: Contender>(
    contender: &C,
    calls: usize,
    concurrency: usize,
) -> Result<Duration, Box<dyn StdError>> {
    let left = Arc::new(AtomicUsize::new(calls));
    let mut workers = JoinSet::new();
    let start = Instant::now();
    for _ in 0..concurrency {
        let (contender, left) = (contender.clone(), left.clone());
        workers.spawn(async move {
            while take_one(&left) {
                black_box(contender.update().await?);
            }
            Ok::<_, C::Error>(())
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker??;
    }
    Ok(start.elapsed())
}

fn take_one(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(1)
    })
    .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server;

    #[tokio::test]
    async fn every_contender_has_a_turn_in_every_round() {
        let listener = server::listen().unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(server::serve(listener, 1));
        let taken = rounds(&address, 4, 5, 2).await.unwrap();
        assert_eq!(taken.len(), 4);
        for round in taken {
            assert!(round.hand > 0.0 && round.bare > 0.0 && round.pgbeam > 0.0);
        }
    }

    #[test]
    fn as_many_calls_are_made_as_were_asked_for() {
        let left = AtomicUsize::new(3);
        assert_eq!((0..9).filter(|_| take_one(&left)).count(), 3);
    }
}
