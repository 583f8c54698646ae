//! The area platform: health, regions, self-host enrollments and text scans.

mod enrollments;
mod scan;
mod text;

use serde_json::{Value, json};

pub(crate) use self::enrollments::{check_self_hosting, has_live_enrollment};
use crate::audit::entry::object;
use crate::resource::{Handler, HandlerResult, Kind, OperationRequest, read_with_default};

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("getHealth", get_health),
    ("listRegions", list_regions),
    ("createSelfHostEnrollment", enrollments::create),
    ("revokeSelfHostEnrollment", enrollments::revoke),
    ("rotateSelfHostEnrollment", enrollments::rotate),
    ("scanText", scan::scan),
];

pub(super) const KINDS: &[&dyn Kind] = &[&enrollments::Enrollments];

/// Returns the health without a `timestamp`, so that the `ETag` stays the same.
fn get_health(request: &mut OperationRequest<'_>) -> HandlerResult {
    let version = env!("CARGO_PKG_VERSION");
    let health = json!({"status": "ok", "version": version, "image_sha": "emulator"});
    read_with_default(request, object(health))
}

/// Lists the region in the examples of the contract.
fn list_regions(request: &mut OperationRequest<'_>) -> HandlerResult {
    let mut region = request.contract.examples("Region");
    region.insert("available".to_owned(), Value::Bool(true));
    read_with_default(request, object(json!({"regions": [region]})))
}
