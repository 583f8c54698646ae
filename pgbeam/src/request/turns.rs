//! Edits of one resource through one client take turns.
//!
//! Each of them would otherwise overtake the others between their read and their write, again and
//! again: of many that begin at the same moment, only one a round would get through.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard},
    time::timeout,
};

/// How long somebody waits for a turn.
const LONGEST: Duration = Duration::from_secs(30);

/// Who is at it, by what is edited. Nothing is kept of what nobody edits.
#[derive(Default)]
pub(crate) struct Turns {
    running: Mutex<HashMap<String, Weak<Turn<()>>>>,
}

impl Turns {
    /// Waits until all that asked before are done with `what`, but not for ever: whoever has the
    /// turn may take long, or never be polled again. `None` is to go on without one; turns only
    /// spare rounds. A turn ends when the guard, or the future that waits for it, is dropped.
    pub(crate) async fn take(&self, what: String) -> Option<OwnedMutexGuard<()>> {
        let turn = self.turn(what);
        timeout(LONGEST, turn.lock_owned()).await.ok()
    }

    fn turn(&self, what: String) -> Arc<Turn<()>> {
        // A poisoned map is still a map.
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = running.get(&what).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::new(Turn::new(()));
        running.insert(what, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, task::Poll};

    use super::*;

    /// Whether a future is done the first time that it is asked.
    async fn is_ready(future: impl Future) -> bool {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn one_at_a_time_for_each_thing() {
        let turns = Turns::default();
        let first = turns.take("a".to_owned()).await;
        assert!(!is_ready(turns.take("a".to_owned())).await);
        assert!(is_ready(turns.take("b".to_owned())).await);
        drop(first);
        assert!(is_ready(turns.take("a".to_owned())).await);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let turns = Turns::default();
        let first = turns.take("a".to_owned()).await;
        assert!(first.is_some());
        let start = tokio::time::Instant::now();
        assert!(turns.take("a".to_owned()).await.is_none());
        assert_eq!(start.elapsed(), LONGEST);
    }

    #[tokio::test]
    async fn what_is_done_is_forgotten() {
        let turns = Turns::default();
        for n in 0..100 {
            drop(turns.take(n.to_string()).await);
        }
        let _last = turns.take("last".to_owned()).await;
        assert_eq!(turns.running.lock().unwrap().len(), 1);
    }
}
