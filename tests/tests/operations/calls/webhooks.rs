//! Calls of the `webhooks` area.

use pgbeam::{
    Secret,
    webhooks::{WebhookEndpointInput, WebhookEventType, WebhookFormat},
};

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE_TOKEN, PROJECT, SECRET},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createWebhookEndpoint",
            full: |sdk| {
                value(
                    sdk.project
                        .webhooks()
                        .create(full_webhook_endpoint())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.webhooks().create(minimal_webhook_endpoint())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_webhook_endpoint()
                        .project_id(PROJECT)
                        .body(full_webhook_endpoint())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_webhook_endpoint()
                        .project_id(PROJECT)
                        .body(minimal_webhook_endpoint())
                ))
            },
        },
        Calls {
            id: "listWebhookEndpoints",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .webhooks()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.webhooks().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_webhook_endpoints()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_webhook_endpoints().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "getWebhookEndpoint",
            full: |sdk| conditional_value(sdk.project.webhooks().get("whk_1").if_none_match(ETAG)),
            minimal: |sdk| value(sdk.project.webhooks().get("whk_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                ))
            },
        },
        Calls {
            id: "updateWebhookEndpoint",
            full: |sdk| {
                value(
                    sdk.project
                        .webhooks()
                        .update("whk_1", full_webhook_endpoint())
                        .if_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .webhooks()
                        .update("whk_1", minimal_webhook_endpoint()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                        .body(full_webhook_endpoint())
                        .if_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                        .body(minimal_webhook_endpoint())
                ))
            },
        },
        Calls {
            id: "deleteWebhookEndpoint",
            full: |sdk| empty(sdk.project.webhooks().delete("whk_1")),
            minimal: |sdk| empty(sdk.project.webhooks().delete("whk_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                ))
            },
        },
        Calls {
            id: "testWebhookEndpoint",
            full: |sdk| value(sdk.project.webhooks().test("whk_1")),
            minimal: |sdk| value(sdk.project.webhooks().test("whk_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .test_webhook_endpoint()
                        .project_id(PROJECT)
                        .webhook_id("whk_1")
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
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
        .description("Notifies the operators about blocked statements and approvals.".to_owned())
}

fn minimal_webhook_endpoint() -> WebhookEndpointInput {
    WebhookEndpointInput::builder().url("https://hooks.example.com/pgbeam")
}
