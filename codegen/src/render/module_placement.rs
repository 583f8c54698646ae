//! Decides to which generated module each component belongs, and with which Cargo features it is compiled.
//!
//! A component that only one area uses is in the module of that area. A component that several areas use is
//! in the module [`SHARED`], and is compiled if at least one of these areas is enabled. So a build with one area
//! contains no types that only other areas use.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use syn::{Attribute, parse_quote};

use crate::{contract::Contract, normalize::reachable, target::Target};
use pgbeam_spec::error::Result;

/// The module of the components that several areas use.
pub const SHARED: &str = "shared";

/// The areas that use each component. The areas determine the module and the `cfg` attribute of the component.
pub struct ModulePlacement {
    components: BTreeMap<String, BTreeSet<String>>,
    /// The same areas as in `components`. The key is the name of the component's Rust type.
    types: BTreeMap<String, BTreeSet<String>>,
    /// The area of each operation, as a set with one item. The key is the operation id in upper camel case, with
    /// which the names of the operation's inline types start.
    inline: BTreeMap<String, BTreeSet<String>>,
    has_features: bool,
}

impl ModulePlacement {
    /// Finds the areas that use each component.
    pub fn new(contract: &Contract, target: &Target) -> Result<Self> {
        let mut components: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, method, operation) in contract.api.operations() {
            let details = contract.operations.iter().find(|details| {
                details.path == path && details.method.eq_ignore_ascii_case(method)
            });
            let Some(details) = details else { continue };
            let mut roots = reachable::references(operation)?;
            roots.extend(
                contract
                    .error_payloads
                    .get(&details.id)
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
            for component in reachable::reachable_from(&contract.api, roots)? {
                components
                    .entry(component)
                    .or_default()
                    .insert(details.area.clone());
            }
        }
        let types = components
            .iter()
            .map(|(name, areas)| (name.to_upper_camel_case(), areas.clone()));
        let operations = contract.operations.iter();
        Ok(Self {
            types: types.collect(),
            inline: operations
                .map(|operation| {
                    let prefix = operation.id.to_upper_camel_case();
                    (prefix, [operation.area.clone()].into())
                })
                .collect(),
            components,
            has_features: target.sdk,
        })
    }

    /// Returns the module of a component: the area that uses the component, or [`SHARED`] if several areas or no
    /// area use it.
    pub fn component_module(&self, name: &str) -> &str {
        self.components.get(name).map_or(SHARED, module_name)
    }

    /// Returns the module of a Rust type. `None` if the type belongs to no component and to no operation.
    pub fn type_module(&self, name: &str) -> Option<&str> {
        self.type_areas(name).map(module_name)
    }

    /// Returns the areas that use a Rust type. `None` if the type belongs to no component and to no operation.
    ///
    /// The type of an inline schema has no component. Its name starts with the name of its operation or of the type
    /// that contains it. If several names match, the longest one is used: `ListThingsResponse` belongs to
    /// `ListThings`, not to `List`.
    fn type_areas(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.types.get(name).or_else(|| {
            let all = self.types.iter().chain(&self.inline);
            let matching = all.filter(|(prefix, _)| name.starts_with(prefix.as_str()));
            matching
                .max_by_key(|(prefix, _)| prefix.len())
                .map(|(_, areas)| areas)
        })
    }

    /// Returns the names of the Rust types of all components that an area uses.
    pub fn area_types(&self, area: &str) -> Vec<String> {
        let used = self.types.iter().filter(|(_, areas)| areas.contains(area));
        used.map(|(name, _)| name.clone()).collect()
    }

    /// Returns `true` if `area` and at least one other area use a Rust type.
    pub fn is_shared_type(&self, type_name: &str, area: &str) -> bool {
        let areas = self.types.get(type_name);
        areas.is_some_and(|areas| areas.len() > 1 && areas.contains(area))
    }

    /// Returns the predicate for `cfg(…)` that is true if at least one of the areas is enabled. `None` if the
    /// target has no features, or if `areas` is `None`.
    fn cfg_predicate(&self, areas: Option<&BTreeSet<String>>) -> Option<String> {
        let areas = areas.filter(|_| self.has_features)?;
        let features: Vec<_> = areas
            .iter()
            .map(|area| format!("feature = {area:?}"))
            .collect();
        match features.as_slice() {
            [one] => Some(one.clone()),
            _ => Some(format!("any({})", features.join(", "))),
        }
    }

    /// Returns the `cfg` attribute of an item that belongs to a Rust type. `None` unless several areas use the type
    /// and the target has features. The module of a single area has its own `cfg` attribute.
    pub fn type_cfg(&self, name: &str) -> Option<Attribute> {
        let condition =
            self.cfg_predicate(self.type_areas(name).filter(|areas| areas.len() > 1))?;
        let condition: proc_macro2::TokenStream = condition.parse().ok()?;
        Some(parse_quote!(#[cfg(#condition)]))
    }

    /// Returns the line with the `cfg` attribute of a component. Empty unless several areas use the component and
    /// the target has features.
    pub fn component_cfg(&self, name: &str) -> String {
        self.cfg_line(self.components.get(name).filter(|areas| areas.len() > 1))
    }

    /// Returns the line with the `cfg` attribute of a component that is in neither an area module nor [`SHARED`],
    /// such as an identifier type. Empty if the target has no features, or if no area uses the component.
    pub fn root_component_cfg(&self, name: &str) -> String {
        self.cfg_line(self.components.get(name))
    }

    fn cfg_line(&self, areas: Option<&BTreeSet<String>>) -> String {
        self.cfg_predicate(areas)
            .map(|predicate| format!("#[cfg({predicate})]\n"))
            .unwrap_or_default()
    }
}

/// Returns the area if there is exactly one. Returns [`SHARED`] for several areas and for no area.
fn module_name(areas: &BTreeSet<String>) -> &str {
    match areas.first() {
        Some(area) if areas.len() == 1 => area,
        _ => SHARED,
    }
}
