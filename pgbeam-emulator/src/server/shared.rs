//! `SharedState`: the state that all connections and handles of an emulator share.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::fault::Faults;
use super::request_log::RequestLog;
use crate::areas;
use crate::clock::{AdjustableClock, Clock};
use crate::contract::Contract;
use crate::http::problem::Problem;
use crate::resource::{Context, HandlerResult, OperationRequest};
use crate::store::Store;
use crate::webhooks::delivery::Deliverer;

/// The state that all connections and handles of an emulator share.
pub(crate) struct SharedState {
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    received: Mutex<RequestLog>,
    pub(crate) clock: Arc<AdjustableClock>,
    pub(crate) contract: &'static Contract,
    pub(crate) deliverer: Deliverer,
    /// Whether projects must be created before they are used.
    pub(crate) strict: bool,
    /// The store after the seeds were applied. Not set if there are none.
    seeded: OnceLock<Store>,
}

impl SharedState {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        contract: &'static Contract,
        max_received: usize,
        strict: bool,
    ) -> Self {
        let clock = Arc::new(AdjustableClock::new(clock));
        Self {
            store: Mutex::default(),
            faults: Mutex::default(),
            received: Mutex::new(RequestLog::new(max_received)),
            deliverer: Deliverer::new(Arc::<AdjustableClock>::clone(&clock)),
            clock,
            contract,
            strict,
            seeded: OnceLock::new(),
        }
    }

    /// Runs the handler of an operation. Creates the project or organization in the path first if it does not exist.
    /// Returns 404 for a deleted project and, in strict mode, for a project that does not exist.
    pub(crate) fn run(&self, request: &mut OperationRequest<'_>) -> HandlerResult {
        let project_id = request.project_id();
        if !project_id.is_empty() {
            areas::ensure_project(
                self.contract,
                request.store,
                project_id,
                self.strict,
                request.now,
            )?;
        }
        let org_id = request.path_param("org_id");
        if !org_id.is_empty() {
            areas::ensure_organization(request.store, org_id, request.now);
        }
        areas::dispatch(request)
    }

    /// Runs `change` on the state of the emulator. Creates the project first if it does not exist.
    ///
    /// # Errors
    ///
    /// 404 for a deleted project and, in strict mode, for a project that does not exist. The errors of `change`.
    pub(crate) fn change<T>(
        &self,
        project_id: &str,
        change: impl FnOnce(&mut Context<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let now = self.clock.now();
        let mut store = self.store();
        areas::ensure_project(self.contract, &mut store, project_id, self.strict, now)?;
        change(&mut Context {
            contract: self.contract,
            store: &mut store,
            deliverer: &self.deliverer,
            now,
        })
    }

    /// Keeps a copy of the store, which [`reset`](Self::reset) restores. Only the first call has an effect.
    pub(crate) fn keep_seeded(&self) {
        let _ = self.seeded.set(self.store().clone());
    }

    /// Restores the state at the start of the emulator: resources, clock, faults, received requests and deliveries.
    pub(crate) fn reset(&self) {
        self.clock.reset();
        self.faults().clear();
        self.received().clear();
        self.deliverer.reset();
        *self.store() = self.seeded.get().cloned().unwrap_or_default();
    }

    // A lock is poisoned if a handler panicked. The state is still usable.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn received(&self) -> MutexGuard<'_, RequestLog> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
