//! `Context`: the state of the emulator that operations, admin routes and handles read and change.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::contract::Contract;
use crate::store::{Store, project_collection};
use crate::webhooks::delivery::Deliverer;
use crate::webhooks::event::{WebhookEvent, is_subscribed};

/// The state of the emulator during one change, with the time of the change.
pub(crate) struct Context<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) store: &'a mut Store,
    pub(crate) deliverer: &'a Deliverer,
    pub(crate) now: DateTime<Utc>,
}

impl Context<'_> {
    /// Sends an event to each webhook endpoint of the project that is subscribed to it. Does not wait for responses.
    pub(crate) fn publish(&self, event: &WebhookEvent) {
        let collection = project_collection(&event.project_id, "webhooks");
        for endpoint in self.store.resources(&collection) {
            if is_subscribed(endpoint, event.kind) {
                let id = endpoint.get("id").and_then(Value::as_str);
                let write_only = id.and_then(|id| self.store.write_only(&collection, id));
                let secret = write_only.and_then(|fields| fields.get("secret")?.as_str());
                self.deliverer.deliver(endpoint, secret, event);
            }
        }
    }
}
