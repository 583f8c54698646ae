//! Calls of the `payments` area.

use pgbeam::payments::BudgetTopupInput;

use super::Calls;
use crate::support::{
    call::{low_level, value},
    values::SECRET,
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listPaymentResources",
            full: |sdk| value(sdk.client.payments().list_resources()),
            minimal: |sdk| value(sdk.client.payments().list_resources()),
            low_level_full: |sdk| value(low_level!(sdk.api().list_payment_resources())),
            low_level_minimal: |sdk| value(low_level!(sdk.api().list_payment_resources())),
        },
        Calls {
            id: "createBudgetTopup",
            full: |sdk| {
                value(
                    sdk.client
                        .payments()
                        .create_budget_topup()
                        .body(full_budget_topup())
                        .payment_authorization(SECRET)
                        .accept_payment("x402, mpp"),
                )
            },
            minimal: |sdk| value(sdk.client.payments().create_budget_topup()),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_budget_topup()
                        .body(full_budget_topup())
                        .payment_authorization(SECRET)
                        .accept_payment("x402, mpp")
                ))
            },
            low_level_minimal: |sdk| value(low_level!(sdk.api().create_budget_topup())),
        },
    ]
}

fn full_budget_topup() -> BudgetTopupInput {
    BudgetTopupInput::builder().packs(2)
}
