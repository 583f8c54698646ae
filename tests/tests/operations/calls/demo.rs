//! The area `demo`.

use pgbeam::{
    Secret,
    demo::{CreateDemoCredentialRequest, DemoTierName, ReleaseDemoCredentialRequest},
};

use super::Calls;
use crate::support::{
    outcome::{low, value},
    values::SECRET,
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "getDemo",
            full: |to| value(to.client.demo().get()),
            least: |to| value(to.client.demo().get()),
            low_full: |to| value(low!(to.api().get_demo())),
            low_least: |to| value(low!(to.api().get_demo())),
        },
        Calls {
            id: "createDemoCredential",
            full: |to| {
                value(
                    to.client
                        .demo()
                        .create_credential()
                        .body(full_new_demo_credential()),
                )
            },
            least: |to| value(to.client.demo().create_credential()),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_demo_credential()
                        .body(full_new_demo_credential())
                ))
            },
            low_least: |to| value(low!(to.api().create_demo_credential())),
        },
        Calls {
            id: "releaseDemoCredential",
            full: |to| {
                value(
                    to.client
                        .demo()
                        .release_credential("ses_1", full_release_demo_credential()),
                )
            },
            least: |to| {
                value(
                    to.client
                        .demo()
                        .release_credential("ses_1", least_release_demo_credential()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .release_demo_credential()
                        .session_id("ses_1")
                        .body(full_release_demo_credential())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .release_demo_credential()
                        .session_id("ses_1")
                        .body(least_release_demo_credential())
                ))
            },
        },
    ]
}

fn full_new_demo_credential() -> CreateDemoCredentialRequest {
    CreateDemoCredentialRequest::builder()
        .tier(DemoTierName::Extended)
        .label("docs-example".to_owned())
        .payment_proof(Secret::new(SECRET))
}

fn full_release_demo_credential() -> ReleaseDemoCredentialRequest {
    ReleaseDemoCredentialRequest::builder().mcp_token(SECRET)
}

fn least_release_demo_credential() -> ReleaseDemoCredentialRequest {
    ReleaseDemoCredentialRequest::builder().mcp_token(SECRET)
}
