//! Calls of the `demo` area.

use pgbeam::{
    Secret,
    demo::{CreateDemoCredentialRequest, DemoTierName, ReleaseDemoCredentialRequest},
};

use super::Calls;
use crate::support::{
    call::{low_level, value},
    values::SECRET,
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "getDemo",
            full: |sdk| value(sdk.client.demo().get()),
            minimal: |sdk| value(sdk.client.demo().get()),
            low_level_full: |sdk| value(low_level!(sdk.api().get_demo())),
            low_level_minimal: |sdk| value(low_level!(sdk.api().get_demo())),
        },
        Calls {
            id: "createDemoCredential",
            full: |sdk| {
                value(
                    sdk.client
                        .demo()
                        .create_credential()
                        .body(full_new_demo_credential()),
                )
            },
            minimal: |sdk| value(sdk.client.demo().create_credential()),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_demo_credential()
                        .body(full_new_demo_credential())
                ))
            },
            low_level_minimal: |sdk| value(low_level!(sdk.api().create_demo_credential())),
        },
        Calls {
            id: "releaseDemoCredential",
            full: |sdk| {
                value(
                    sdk.client
                        .demo()
                        .release_credential("ses_1", full_demo_credential_release()),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.client
                        .demo()
                        .release_credential("ses_1", minimal_demo_credential_release()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .release_demo_credential()
                        .session_id("ses_1")
                        .body(full_demo_credential_release())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .release_demo_credential()
                        .session_id("ses_1")
                        .body(minimal_demo_credential_release())
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

fn full_demo_credential_release() -> ReleaseDemoCredentialRequest {
    ReleaseDemoCredentialRequest::builder().mcp_token(SECRET)
}

fn minimal_demo_credential_release() -> ReleaseDemoCredentialRequest {
    ReleaseDemoCredentialRequest::builder().mcp_token(SECRET)
}
