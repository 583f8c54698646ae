//! The area `webhooks`.

use pgbeam::{
    Secret,
    webhooks::{WebhookEndpointInput, WebhookEventType, WebhookFormat},
};

use super::Calls;
use crate::support::{
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT, SECRET},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createWebhookEndpoint",
            full: |to| {
                value(
                    to.project
                        .webhooks()
                        .create(full_webhook_endpoint())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.webhooks().create(least_webhook_endpoint())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_webhook_endpoint()
                        .project_id(PROJECT)
                        .body(full_webhook_endpoint())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_webhook_endpoint()
                        .project_id(PROJECT)
                        .body(least_webhook_endpoint())
                ))
            },
        },
        Calls {
            id: "listWebhookEndpoints",
            full: |to| {
                page_if(
                    to.project
                        .webhooks()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.webhooks().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_webhook_endpoints()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_webhook_endpoints().project_id(PROJECT))),
        },
        Calls {
            id: "getWebhookEndpoint",
            full: |to| value_if(to.project.webhooks().get("whk_1").if_none_match(ETAG)),
            least: |to| value(to.project.webhooks().get("whk_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                ))
            },
        },
        Calls {
            id: "updateWebhookEndpoint",
            full: |to| {
                value(
                    to.project
                        .webhooks()
                        .update("whk_1", full_webhook_endpoint())
                        .if_match(ETAG),
                )
            },
            least: |to| {
                value(
                    to.project
                        .webhooks()
                        .update("whk_1", least_webhook_endpoint()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                        .body(full_webhook_endpoint())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                        .body(least_webhook_endpoint())
                ))
            },
        },
        Calls {
            id: "deleteWebhookEndpoint",
            full: |to| nothing(to.project.webhooks().delete("whk_1")),
            least: |to| nothing(to.project.webhooks().delete("whk_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .delete_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                ))
            },
        },
        Calls {
            id: "testWebhookEndpoint",
            full: |to| value(to.project.webhooks().test("whk_1")),
            least: |to| value(to.project.webhooks().test("whk_1")),
            low_full: |to| {
                value(low!(
                    to.api()
                        .test_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .test_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                ))
            },
        },
    ]
}

fn full_webhook_endpoint() -> WebhookEndpointInput {
    WebhookEndpointInput::builder()
        .url("https://hooks.example.com/pgbeam")
        .secret(Secret::new(SECRET))
        .format(WebhookFormat::Elastic)
        .event_types(vec![WebhookEventType::WebhookTest])
        .enabled(false)
        .description("Tells the operators about refusals and approvals.".to_owned())
}

fn least_webhook_endpoint() -> WebhookEndpointInput {
    WebhookEndpointInput::builder().url("https://hooks.example.com/pgbeam")
}
