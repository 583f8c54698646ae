//! Test helper: runs operations on a store without HTTP.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde_json::Value;

use super::{dispatch, ensure_project};
use crate::clock::SystemClock;
use crate::contract::Contract;
use crate::http::problem::Problem;
use crate::resource::{Context, OperationRequest};
use crate::store::Store;
use crate::webhooks::delivery::Deliverer;

/// A store with the project `prj_1`. A fixture can only be created in a tokio runtime.
pub(super) struct Fixture {
    pub(super) store: Store,
    pub(super) deliverer: Deliverer,
    contract: &'static Contract,
    now: DateTime<Utc>,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let contract = Contract::built_in().expect("a contract");
        let mut store = Store::default();
        let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
        ensure_project(contract, &mut store, "prj_1", false, now).expect("a project");
        Self {
            store,
            deliverer: Deliverer::new(Arc::new(SystemClock::new())),
            contract,
            now,
        }
    }

    pub(super) fn context(&mut self) -> Context<'_> {
        Context {
            contract: self.contract,
            store: &mut self.store,
            deliverer: &self.deliverer,
            now: self.now,
        }
    }

    /// Runs an operation and returns the body of its response; `null` if the body is empty. `ids` are the values of
    /// the path parameters in the order of the path.
    pub(super) fn call(
        &mut self,
        operation: &str,
        ids: &[&str],
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<Value, Problem> {
        let operation = self.contract.operation(operation).expect("an operation");
        let names = operation.path.split('/').filter_map(|segment| {
            let name = segment.strip_prefix('{')?.split('}').next()?;
            Some(name.to_owned())
        });
        let path: Vec<_> = names.zip(ids.iter().map(|id| (*id).to_owned())).collect();
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let headers = HeaderMap::new();
        let (query, errors) = self
            .contract
            .validate_parameters(operation, &path, &query, &headers);
        assert!(errors.is_empty(), "{errors:?}");
        let response = dispatch(&mut OperationRequest {
            contract: self.contract,
            operation,
            store: &mut self.store,
            path_params: &path,
            query: &query,
            headers: &headers,
            body: &Bytes::from(body.to_string()),
            now: self.now,
            deliverer: &self.deliverer,
            seed_id: None,
        })?;
        Ok(serde_json::from_slice(&response.body).unwrap_or_default())
    }
}
