//! `KeyedMutex`: one lock for each key. Unused locks are removed.
//!
//! An edit locks the key of its resource, so that edits through one client rarely conflict with each other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// A map from keys to locks. Each key has its own lock.
#[derive(Default)]
pub(crate) struct KeyedMutex {
    locks: Mutex<HashMap<String, Weak<AsyncMutex<()>>>>,
}

impl KeyedMutex {
    /// Locks `key`. Dropping the guard releases the lock; dropping the future cancels the wait.
    pub(crate) async fn lock(&self, key: String) -> OwnedMutexGuard<()> {
        self.get(key).lock_owned().await
    }

    fn get(&self, key: String) -> Arc<AsyncMutex<()>> {
        // A panic cannot leave the map in an invalid state.
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        if let Some(lock) = locks.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::new(AsyncMutex::new(()));
        locks.insert(key, Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, task::Poll};

    use super::*;

    /// Returns `true` if the future is ready on the first poll.
    async fn is_ready(future: impl Future) -> bool {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn locks_each_key_separately() {
        let locks = KeyedMutex::default();
        let first = locks.lock("a".to_owned()).await;
        assert!(!is_ready(locks.lock("a".to_owned())).await);
        assert!(is_ready(locks.lock("b".to_owned())).await);
        drop(first);
        assert!(is_ready(locks.lock("a".to_owned())).await);
    }

    #[tokio::test]
    async fn removes_released_locks() {
        let locks = KeyedMutex::default();
        for n in 0..100 {
            drop(locks.lock(n.to_string()).await);
        }
        let _last = locks.lock("last".to_owned()).await;
        assert_eq!(locks.locks.lock().unwrap().len(), 1);
    }
}
