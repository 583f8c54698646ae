//! Webhook endpoints: the event types that they can select, and test deliveries.

use serde::Serialize;
use serde_json::Value;

use crate::http::response::Response;
use crate::resource::{self, Body, Handler, HandlerResult, Kind, OperationRequest};
use crate::store::Resource;
use crate::webhooks::event::{EventKind, WebhookEvent};
use crate::webhooks::log::DeliveryState;

pub(super) const HANDLERS: &[(&str, Handler)] = &[("testWebhookEndpoint", send_test)];

pub(super) const KINDS: &[&dyn Kind] = &[&WebhookEndpoints];

struct WebhookEndpoints;

impl Kind for WebhookEndpoints {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/webhooks"
    }

    fn prefix(&self) -> &'static str {
        "whk"
    }

    fn noun(&self) -> &'static str {
        "webhook endpoint"
    }

    /// Rejects the event type `webhook.test`. Does not check the URL: deliveries to an unusable URL are skipped.
    fn check(
        &self,
        _request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        let test = EventKind::WebhookTest.as_str();
        let types = body.get("event_types").and_then(Value::as_array);
        let index = types.and_then(|types| types.iter().position(|name| name == test));
        if let Some(index) = index {
            let detail = format!("must not be {test}: testWebhookEndpoint sends this event");
            body.reject(format!("event_types[{index}]"), detail);
        }
        Resource::new()
    }
}

/// Sends `webhook.test` to the endpoint, even if it is disabled. The response does not wait for the receiver.
fn send_test(request: &mut OperationRequest<'_>) -> HandlerResult {
    #[derive(Serialize)]
    struct TestDelivery {
        delivery_id: String,
        status: DeliveryState,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    }
    let collection = request.project_collection("webhooks");
    let endpoint = resource::find(&WebhookEndpoints, request, &collection)?;
    let write_only = request.store.write_only(&collection, request.id());
    let secret = write_only.and_then(|fields| fields.get("secret")?.as_str());
    let event = WebhookEvent::test(request.project_id(), endpoint, request.now);
    let delivery = request.deliverer.deliver(endpoint, secret, &event);
    let body = TestDelivery {
        delivery_id: delivery.id,
        status: delivery.state,
        error: delivery.error,
    };
    Ok(Response::json(request.operation.success, &body))
}
