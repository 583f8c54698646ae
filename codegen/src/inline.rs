//! Puts what is shared where it is used.

use indexmap::IndexMap;
use openapiv3::{OpenAPI, Parameter, ReferenceOr};

use crate::schemas;
use pgbeam_spec::error::{Error, Result};

/// Puts shared parameters, bodies and answers where they are used, so that a pass that changes one
/// need not follow references, and moves the parameters of a path to its operations.
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
            // The operation's own take the place of those of the path.
            let replaced = |one: &Parameter| own.iter().any(|own| same_parameter(own, one));
            let shared = shared.iter().filter(|one| !replaced(one)).cloned();
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

/// What a slot stands for, by way of as many references as there are.
fn resolve<T: Clone>(slot: &ReferenceOr<T>, among: &IndexMap<String, ReferenceOr<T>>) -> Result<T> {
    let mut slot = slot;
    // Lint has refused circles.
    loop {
        match slot {
            ReferenceOr::Item(item) => return Ok(item.clone()),
            ReferenceOr::Reference { reference } => {
                let name = reference.rsplit('/').next().unwrap_or_default();
                let missing = || Error::new(format!("`{reference}` leads nowhere"));
                slot = among.get(name).ok_or_else(missing)?;
            }
        }
    }
}

fn resolve_all<T: Clone>(
    slots: Vec<ReferenceOr<T>>,
    among: &IndexMap<String, ReferenceOr<T>>,
) -> Result<Vec<T>> {
    slots.iter().map(|slot| resolve(slot, among)).collect()
}

/// Whether two parameters have one name in one place.
fn same_parameter(one: &Parameter, other: &Parameter) -> bool {
    one.parameter_data_ref().name == other.parameter_data_ref().name
        && std::mem::discriminant(one) == std::mem::discriminant(other)
}
