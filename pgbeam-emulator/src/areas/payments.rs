//! Payment resources, and the purchase of queries for an agent credential. The emulator makes no payment: it accepts
//! any proof of payment. A purchase does not change the budgets of the credential.

use chrono::TimeDelta;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::agents::credential_for_token;
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::http::response::Response;
use crate::resource::{Handler, HandlerResult, Kind, OperationRequest, read_with_default};
use crate::store::{Resource, new_id, str_field};

/// The path of the list of payment resources.
const RESOURCES: &str = "/v1/payments/resources";
const PAYMENT_RECEIPT: HeaderName = HeaderName::from_static("payment-receipt");
const PAYMENT_AUTHORIZATION: HeaderName = HeaderName::from_static("payment-authorization");
/// The time from a purchase to the expiry of its queries.
const LIFETIME: TimeDelta = TimeDelta::days(30);

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("listPaymentResources", list_resources),
    ("createBudgetTopup", create_budget_topup),
];

pub(super) const KINDS: &[&dyn Kind] = &[];

fn list_resources(request: &mut OperationRequest<'_>) -> HandlerResult {
    let resource = query_pack(request);
    read_with_default(request, object(json!({"resources": [resource]})))
}

/// Returns the payment resource that a top-up buys. It is made of the examples in the contract. The fields of the first
/// resource that a test or a seed has set replace them.
fn query_pack(request: &OperationRequest<'_>) -> Resource {
    let mut pack = request.contract.examples("PaymentResource");
    let object = request.store.object(RESOURCES);
    let resources = object.and_then(|object| object.get("resources")?.as_array());
    let first = resources.and_then(|resources| resources.first()?.as_object());
    pack.extend(first.cloned().unwrap_or_default());
    pack
}

/// Returns a grant of queries for the agent credential whose token authenticates the request. Returns 402 with a
/// challenge if the request has no proof of payment.
fn create_budget_topup(request: &mut OperationRequest<'_>) -> HandlerResult {
    let mut body = request.parse_body()?;
    let pack = query_pack(request);
    let number = |name: &str| pack.get(name).and_then(Value::as_i64).unwrap_or_default();
    let packs = body.get("packs");
    let packs = packs.map_or(1, |packs| packs.as_i64().unwrap_or(i64::MAX));
    let (min_packs, max_packs) = (number("min_packs"), number("max_packs"));
    if !(min_packs..=max_packs).contains(&packs) {
        body.reject("packs", format!("must be from {min_packs} to {max_packs}"));
    }
    body.finish()?;
    let proof = request.headers.get(PAYMENT_AUTHORIZATION);
    let amount = packs.saturating_mul(number("amount_per_pack"));
    let currency = str_field(&pack, "currency");
    if proof.is_none_or(HeaderValue::is_empty) {
        return Ok(payment_required(amount, currency));
    }
    let credential_id = credential_for_token(request)?;
    let expires_at = request.now.checked_add_signed(LIFETIME);
    let receipt = new_id("rcpt");
    let topup = json!({
        "grant_id": new_id("grant"),
        "credential_id": credential_id,
        "queries": packs.saturating_mul(number("units_per_pack")),
        "expires_at": format_timestamp(expires_at.unwrap_or(request.now)),
        "amount": amount,
        "currency": currency,
        "payment_reference": new_id("pay"),
        "receipt": receipt,
    });
    let mut response = Response::json(StatusCode::CREATED, &topup);
    response.set_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(receipt) = HeaderValue::from_str(&receipt) {
        response.set_header(PAYMENT_RECEIPT, receipt);
    }
    Ok(response)
}

/// Creates the response 402 to a purchase. The body has the schema `PaymentProblem`, which has no field `code`.
fn payment_required(amount: i64, currency: &str) -> Response {
    let id = new_id("chal");
    let problem = json!({
        "type": "about:blank", "title": "Payment required", "status": 402,
        "detail": "The request has no proof of payment", "challengeId": id,
    });
    let mut response = Response::json(StatusCode::PAYMENT_REQUIRED, &problem);
    let headers = [
        (CONTENT_TYPE, "application/problem+json".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (
            WWW_AUTHENTICATE,
            format!(
                "{}, amount=\"{amount}\", currency=\"{currency}\"",
                challenge(&id)
            ),
        ),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.set_header(name, value);
        }
    }
    response
}

/// Returns the value of the header `WWW-Authenticate` for the challenge with this id, without a price.
pub(super) fn challenge(id: &str) -> String {
    format!("Payment id=\"{id}\", realm=\"pgbeam-emulator\", method=\"emulator\"")
}
