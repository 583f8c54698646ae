//! Where each component lives, and which areas it is built for.
//!
//! What one area alone reaches lives in that area's module and is built with it. What several reach
//! lives in [`SHARED`], and every item of it is built if one of its areas is: who needs one area
//! builds nothing that only others need.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use syn::{Attribute, parse_quote};

use crate::{contract::Contract, normalize::reachable, target::Target};
use pgbeam_spec::error::Result;

/// The module of what no area has to itself.
pub const SHARED: &str = "shared";

/// The areas that reach each component.
pub struct Homes {
    components: BTreeMap<String, BTreeSet<String>>,
    /// By the name of the component's type.
    types: BTreeMap<String, BTreeSet<String>>,
    /// By the prefix that the types have which are written inside an operation.
    inline: BTreeMap<String, BTreeSet<String>>,
    features: bool,
}

impl Homes {
    pub fn find(contract: &Contract, target: &Target) -> Result<Self> {
        let mut components: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, method, operation) in contract.api.operations() {
            let plan = contract
                .operations
                .iter()
                .find(|of| of.path == path && of.method.eq_ignore_ascii_case(method));
            let Some(plan) = plan else { continue };
            let mut open = reachable::references(operation)?;
            open.extend(
                contract
                    .error_payloads
                    .get(&plan.id)
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
            for component in reachable::closure(&contract.api, open)? {
                components
                    .entry(component)
                    .or_default()
                    .insert(plan.area.clone());
            }
        }
        let types = components
            .iter()
            .map(|(name, areas)| (name.to_upper_camel_case(), areas.clone()));
        let operations = contract.operations.iter();
        Ok(Self {
            types: types.collect(),
            inline: operations
                .map(|of| (of.id.to_upper_camel_case(), [of.area.clone()].into()))
                .collect(),
            components,
            features: target.sdk,
        })
    }

    /// The module of a component.
    pub fn of_component(&self, name: &str) -> &str {
        self.components.get(name).map_or(SHARED, module)
    }

    /// The module of a type; `None` for one that comes from no schema.
    pub fn of_type(&self, name: &str) -> Option<&str> {
        self.areas_of_type(name).map(module)
    }

    /// The areas that reach a type. One that is written inside another or inside an operation is
    /// named for it: `ListThingsResponse` is of `ListThings`, and not of `List`.
    fn areas_of_type(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.types.get(name).or_else(|| {
            let all = self.types.iter().chain(&self.inline);
            let of = all.filter(|(prefix, _)| name.starts_with(prefix.as_str()));
            of.max_by_key(|(prefix, _)| prefix.len())
                .map(|(_, areas)| areas)
        })
    }

    /// The names of the types that an area reaches.
    pub fn types_of(&self, area: &str) -> Vec<String> {
        let of = self.types.iter().filter(|(_, areas)| areas.contains(area));
        of.map(|(name, _)| name.clone()).collect()
    }

    /// Whether an area reaches a type that others reach, too.
    pub fn is_shared_by(&self, type_name: &str, area: &str) -> bool {
        let areas = self.types.get(type_name);
        areas.is_some_and(|areas| areas.len() > 1 && areas.contains(area))
    }

    /// What makes an item of a module of several areas be built with them alone, as the text inside
    /// `cfg(…)`; `None` where its module is.
    fn condition(&self, areas: Option<&BTreeSet<String>>) -> Option<String> {
        let areas = areas.filter(|_| self.features)?;
        let features: Vec<_> = areas
            .iter()
            .map(|area| format!("feature = {area:?}"))
            .collect();
        match features.as_slice() {
            [one] => Some(one.clone()),
            _ => Some(format!("any({})", features.join(", "))),
        }
    }

    /// The attribute of an item of [`SHARED`] that belongs to a type.
    pub fn gate_of_type(&self, name: &str) -> Option<Attribute> {
        let condition = self.condition(self.areas_of_type(name).filter(|areas| areas.len() > 1))?;
        let condition: proc_macro2::TokenStream = condition.parse().ok()?;
        Some(parse_quote!(#[cfg(#condition)]))
    }

    /// The line before a component that is written as text in [`SHARED`].
    pub fn gate_of_component(&self, name: &str) -> String {
        self.line(self.components.get(name).filter(|areas| areas.len() > 1))
    }

    /// The line before a component in a file of no area: also if one area alone reaches it.
    pub fn gate_anywhere(&self, name: &str) -> String {
        self.line(self.components.get(name))
    }

    fn line(&self, areas: Option<&BTreeSet<String>>) -> String {
        self.condition(areas)
            .map(|of| format!("#[cfg({of})]\n"))
            .unwrap_or_default()
    }
}

fn module(areas: &BTreeSet<String>) -> &str {
    match areas.first() {
        Some(area) if areas.len() == 1 => area,
        _ => SHARED,
    }
}
