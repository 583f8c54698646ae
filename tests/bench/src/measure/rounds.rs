//! Measures the time of calls in rounds. In each round, the contenders make their calls one after the other,
//! so that a load on the machine slows all contenders equally.

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

/// The seconds that each contender took in one round.
#[derive(Default, Serialize)]
pub struct Round {
    hand: f64,
    bare: f64,
    pgbeam: f64,
}

impl Round {
    fn set(&mut self, contender: Name, elapsed: Duration) {
        let turn = match contender {
            Name::Hand => &mut self.hand,
            Name::Bare => &mut self.bare,
            Name::Pgbeam => &mut self.pgbeam,
        };
        *turn = elapsed.as_secs_f64();
    }
}

/// Runs `rounds` rounds and returns their times. In each round, each contender makes `calls` calls,
/// `concurrency` at a time. An additional first round opens the connections. Its times are not returned.
pub async fn rounds(
    address: &str,
    rounds: usize,
    calls: usize,
    concurrency: usize,
) -> Result<Vec<Round>, Box<dyn StdError>> {
    let (hand, bare, sdk) = (Hand::new(address)?, Bare::new(address)?, Sdk::new(address)?);
    let mut measured = Vec::new();
    for number in 0..=rounds {
        let mut round = Round::default();
        // The order rotates: in three rounds, each contender is first, second and last once.
        let mut order = [Name::Hand, Name::Bare, Name::Pgbeam];
        let first = number % order.len();
        order.rotate_left(first);
        for name in order {
            let elapsed = match name {
                Name::Hand => turn(&hand, calls, concurrency).await?,
                Name::Bare => turn(&bare, calls, concurrency).await?,
                Name::Pgbeam => turn(&sdk, calls, concurrency).await?,
            };
            round.set(name, elapsed);
        }
        measured.push(round);
    }
    Ok(measured.split_off(1))
}

async fn turn<C: Contender>(
    contender: &C,
    calls: usize,
    concurrency: usize,
) -> Result<Duration, Box<dyn StdError>> {
    let remaining = Arc::new(AtomicUsize::new(calls));
    let mut workers = JoinSet::new();
    let start = Instant::now();
    for _ in 0..concurrency {
        let (contender, remaining) = (contender.clone(), remaining.clone());
        workers.spawn(async move {
            while take_one(&remaining) {
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

fn take_one(remaining: &AtomicUsize) -> bool {
    remaining
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |remaining| {
            remaining.checked_sub(1)
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
        let measured = rounds(&address, 4, 5, 2).await.unwrap();
        assert_eq!(measured.len(), 4);
        for round in measured {
            assert!(round.hand > 0.0 && round.bare > 0.0 && round.pgbeam > 0.0);
        }
    }

    #[test]
    fn takes_each_call_once() {
        let remaining = AtomicUsize::new(3);
        assert_eq!((0..9).filter(|_| take_one(&remaining)).count(), 3);
    }
}
