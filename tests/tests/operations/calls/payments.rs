//! The area `payments`.

use pgbeam::payments::BudgetTopupInput;

use super::Calls;
use crate::support::{
    outcome::{low, value},
    values::SECRET,
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listPaymentResources",
            full: |to| value(to.client.payments().list_resources()),
            least: |to| value(to.client.payments().list_resources()),
            low_full: |to| value(low!(to.api().list_payment_resources())),
            low_least: |to| value(low!(to.api().list_payment_resources())),
        },
        Calls {
            id: "createBudgetTopup",
            full: |to| {
                value(
                    to.client
                        .payments()
                        .create_budget_topup()
                        .body(full_budget_topup())
                        .payment_authorization(SECRET)
                        .accept_payment("x402, mpp"),
                )
            },
            least: |to| value(to.client.payments().create_budget_topup()),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_budget_topup()
                        .body(full_budget_topup())
                        .payment_authorization(SECRET)
                        .accept_payment("x402, mpp")
                ))
            },
            low_least: |to| value(low!(to.api().create_budget_topup())),
        },
    ]
}

fn full_budget_topup() -> BudgetTopupInput {
    BudgetTopupInput::builder().packs(2)
}
