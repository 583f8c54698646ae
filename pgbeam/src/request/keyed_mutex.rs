//! One lock for each key, kept only while somebody uses it.
//!
//! Edits of one resource through one client take it, so that they do not overtake each other between
//! their read and their write.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// A set of locks by key.
#[derive(Default)]
pub(crate) struct KeyedMutex {
    locks: Mutex<HashMap<String, Weak<AsyncMutex<()>>>>,
}

impl KeyedMutex {
    /// Waits for the lock of `key`. Dropping the guard, or the future that waits, releases it.
    pub(crate) async fn lock(&self, key: String) -> OwnedMutexGuard<()> {
        self.get(key).lock_owned().await
    }

    fn get(&self, key: String) -> Arc<AsyncMutex<()>> {
        // A poisoned map is still a map.
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

    /// Returns `true` if a future is ready when it is first polled.
    async fn is_ready(future: impl Future) -> bool {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn one_at_a_time_for_each_key() {
        let locks = KeyedMutex::default();
        let first = locks.lock("a".to_owned()).await;
        assert!(!is_ready(locks.lock("a".to_owned())).await);
        assert!(is_ready(locks.lock("b".to_owned())).await);
        drop(first);
        assert!(is_ready(locks.lock("a".to_owned())).await);
    }

    #[tokio::test]
    async fn a_released_lock_is_forgotten() {
        let locks = KeyedMutex::default();
        for n in 0..100 {
            drop(locks.lock(n.to_string()).await);
        }
        let _last = locks.lock("last".to_owned()).await;
        assert_eq!(locks.locks.lock().unwrap().len(), 1);
    }
}
