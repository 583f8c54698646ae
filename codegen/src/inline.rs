//! Replaces references to parameters, request bodies and responses with copies of their targets.

use indexmap::IndexMap;
use openapiv3::{OpenAPI, Parameter, ReferenceOr};

use crate::schemas;
use pgbeam_spec::error::{Error, Result};

/// Replaces references to parameters, request bodies and responses with copies of their targets. Moves the
/// parameters of a path to its operations. Removes the component parameters, request bodies, responses and headers.
///
/// `default` responses stay unchanged, because normalization removes them.
///
/// # Errors
///
/// A reference has no target, or a path is a reference.
pub fn inline(api: &mut OpenAPI) -> Result<()> {
    let components = api.components.clone().unwrap_or_default();
    for item in api.paths.paths.values_mut() {
        let ReferenceOr::Item(item) = item else {
            return Err(Error::new("a path that is a reference is not supported"));
        };
        let shared = resolve_all(std::mem::take(&mut item.parameters), &components.parameters)?;
        for operation in schemas::item_operations_mut(item) {
            let own = resolve_all(
                std::mem::take(&mut operation.parameters),
                &components.parameters,
            )?;
            // A parameter of the operation overrides the path's parameter with the same name and location.
            let is_overridden =
                |parameter: &Parameter| own.iter().any(|own| is_same_parameter(own, parameter));
            let shared = shared
                .iter()
                .filter(|parameter| !is_overridden(parameter))
                .cloned();
            operation.parameters = shared
                .chain(own.iter().cloned())
                .map(ReferenceOr::Item)
                .collect();
        }
    }
    for operation in schemas::operations_mut(api) {
        if let Some(slot) = &mut operation.request_body {
            *slot = ReferenceOr::Item(resolve(slot, &components.request_bodies)?);
        }
        for slot in operation.responses.responses.values_mut() {
            *slot = ReferenceOr::Item(resolve(slot, &components.responses)?);
        }
    }
    if let Some(components) = &mut api.components {
        components.parameters.clear();
        components.request_bodies.clear();
        components.responses.clear();
        components.headers.clear();
    }
    Ok(())
}

/// Returns a copy of the item in `slot`. If `slot` is a reference, returns a copy of the component at the end of
/// the chain of references.
fn resolve<T: Clone>(
    slot: &ReferenceOr<T>,
    components: &IndexMap<String, ReferenceOr<T>>,
) -> Result<T> {
    let mut slot = slot;
    // The lint rejects cycles, so this terminates.
    loop {
        match slot {
            ReferenceOr::Item(item) => return Ok(item.clone()),
            ReferenceOr::Reference { reference } => {
                let name = reference.rsplit('/').next().unwrap_or_default();
                let missing = || Error::new(format!("the reference `{reference}` has no target"));
                slot = components.get(name).ok_or_else(missing)?;
            }
        }
    }
}

fn resolve_all<T: Clone>(
    slots: Vec<ReferenceOr<T>>,
    components: &IndexMap<String, ReferenceOr<T>>,
) -> Result<Vec<T>> {
    slots.iter().map(|slot| resolve(slot, components)).collect()
}

/// Returns `true` if two parameters have the same name and location.
fn is_same_parameter(a: &Parameter, b: &Parameter) -> bool {
    a.parameter_data_ref().name == b.parameter_data_ref().name
        && std::mem::discriminant(a) == std::mem::discriminant(b)
}
