//! `DeliveryLog`: the latest attempts to deliver events to webhook endpoints.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::clock;
use crate::store::{Resource, new_id};
use crate::webhooks::event::{EventKind, WebhookEvent};

/// The number of attempts that the log keeps.
const CAPACITY: usize = 1000;

/// The state of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    /// The attempt is scheduled, or the receiver has not responded yet.
    Pending,
    /// The receiver responded with a 2xx status.
    Delivered,
    /// The receiver responded with another status or not at all. If there is a next attempt, it has its own entry.
    Failed,
    /// Nothing was sent, and nothing will be sent.
    Skipped,
}

/// An attempt to deliver an event. It does not contain the secret of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Delivery {
    /// The id of the attempt, which starts with `dlv_`: the value of the header `X-PgBeam-Delivery`.
    pub(crate) id: String,
    pub(crate) event_id: String,
    #[serde(rename = "type")]
    pub(crate) kind: EventKind,
    pub(crate) project_id: String,
    pub(crate) endpoint_id: String,
    pub(crate) url: String,
    /// 1 for the first attempt.
    pub(crate) attempt: u32,
    /// The time at which the request was sent or, before that, at which the attempt was scheduled.
    #[serde(serialize_with = "clock::serialize")]
    pub(crate) at: DateTime<Utc>,
    pub(crate) state: DeliveryState,
    /// The HTTP status of the response, if the receiver responded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status_code: Option<u16>,
    /// The reason if there is no response, or if nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Delivery {
    /// Creates the log entry of the first attempt.
    pub(crate) fn new(endpoint: &Resource, event: &WebhookEvent, now: DateTime<Utc>) -> Self {
        let str_field = |name: &str| {
            let value = endpoint.get(name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        Self {
            id: new_id("dlv"),
            event_id: event.id.clone(),
            kind: event.kind,
            project_id: event.project_id.clone(),
            endpoint_id: str_field("id"),
            url: str_field("url"),
            attempt: 1,
            at: now,
            state: DeliveryState::Pending,
            status_code: None,
            error: None,
        }
    }

    /// Creates the log entry of the next attempt.
    pub(crate) fn next(&self, now: DateTime<Utc>) -> Self {
        Self {
            id: new_id("dlv"),
            attempt: self.attempt.saturating_add(1),
            at: now,
            state: DeliveryState::Pending,
            status_code: None,
            error: None,
            ..self.clone()
        }
    }
}

/// The latest attempts, oldest first.
#[derive(Debug, Default)]
pub(crate) struct DeliveryLog(Mutex<VecDeque<Delivery>>);

impl DeliveryLog {
    /// Adds an entry, or replaces the entry with the same id. Removes the oldest entry if the log is full.
    pub(crate) fn record(&self, delivery: &Delivery) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Searches from the end, because the entry is one of the latest.
        let stored = entries
            .iter_mut()
            .rev()
            .find(|entry| entry.id == delivery.id);
        if let Some(stored) = stored {
            *stored = delivery.clone();
            return;
        }
        if entries.len() >= CAPACITY {
            entries.pop_front();
        }
        entries.push_back(delivery.clone());
    }

    pub(crate) fn entries(&self) -> Vec<Delivery> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first_attempt() -> Delivery {
        let time = DateTime::<Utc>::UNIX_EPOCH;
        let endpoint = json!({"id": "whk_1", "url": "http://localhost/", "secret": "s3cret"});
        let event = WebhookEvent::kill_switch("prj_1", time);
        Delivery::new(endpoint.as_object().expect("an object"), &event, time)
    }

    #[test]
    fn entries_are_json_without_the_secret() {
        let mut delivery = first_attempt();
        delivery.state = DeliveryState::Delivered;
        delivery.status_code = Some(204);
        assert_eq!(
            serde_json::to_value(&delivery).expect("JSON"),
            json!({
                "id": delivery.id,
                "event_id": delivery.event_id,
                "type": "kill_switch",
                "project_id": "prj_1",
                "endpoint_id": "whk_1",
                "url": "http://localhost/",
                "attempt": 1,
                "at": "1970-01-01T00:00:00.000000Z",
                "state": "delivered",
                "status_code": 204,
            })
        );
    }

    #[test]
    fn keeps_the_latest_entries() {
        let log = DeliveryLog::default();
        let mut delivery = first_attempt();
        for _ in 0..CAPACITY {
            delivery = delivery.next(delivery.at);
            log.record(&delivery);
        }
        delivery.state = DeliveryState::Failed;
        log.record(&delivery);
        assert_eq!(log.entries().len(), CAPACITY);
        assert_eq!(log.entries().last(), Some(&delivery));

        log.record(&delivery.next(delivery.at));
        let attempts: Vec<u32> = log.entries().iter().map(|entry| entry.attempt).collect();
        assert_eq!(attempts, (3..=1002).collect::<Vec<u32>>());
    }
}
