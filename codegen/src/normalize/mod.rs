//! The normalization passes, which change the contract to work around defects of progenitor.
//!
//! Each pass is one file. The header of the file names the defect that the unchanged contract would cause in
//! progenitor's output. The passes move data that progenitor cannot express from the OpenAPI document into
//! the other fields of [`Contract`]. [`crate::render`] renders code for that data.

mod constraints;
mod defaults;
mod enums;
mod lists;
mod nulls;
mod objects;
mod path_ids;
pub mod reachable;
mod responses;
mod secrets;

use crate::contract::Contract;
use pgbeam_spec::error::Result;

/// Runs every pass. The order matters, because a pass can depend on the passes before it.
///
/// # Errors
///
/// The error of the first pass that fails.
pub fn normalize(contract: &mut Contract) -> Result<()> {
    enums::run(contract)?;
    path_ids::run(contract)?;
    // Moves inline objects to the components, so that their constraints have a component name.
    objects::run(contract)?;
    constraints::run(contract)?;
    secrets::run(contract)?;
    nulls::run(contract)?;
    defaults::run(contract)?;
    lists::run(contract)?;
    responses::run(contract)?;
    reachable::run(contract)
}

#[cfg(test)]
mod tests {
    //! Test support: runs one pass over a small contract.

    use openapiv3::ReferenceOr;

    use crate::contract::Contract;
    use pgbeam_spec::{error::Result, read::Node};

    /// A contract after one pass.
    pub struct Normalized(pub Contract);

    /// Runs a pass over a contract with these paths and component schemas, both in YAML.
    pub fn run_pass(
        run: fn(&mut Contract) -> Result<()>,
        paths: &str,
        schemas: &str,
    ) -> Result<Normalized> {
        let document = format!(
            "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:\n  {paths}\ncomponents:\n  schemas:\n    {schemas}\n"
        );
        let mut contract = Contract::read(&Node::parse(&document, "a.yaml")?)?;
        run(&mut contract)?;
        Ok(Normalized(contract))
    }

    /// Runs a pass over a contract with these component schemas.
    pub fn run_on_schemas(run: fn(&mut Contract) -> Result<()>, schemas: &str) -> Normalized {
        run_pass(run, "{}", schemas).unwrap()
    }

    impl Normalized {
        /// Returns the names of the components.
        pub fn component_names(&self) -> Vec<&str> {
            self.0.component_names().collect()
        }

        /// Returns a component as JSON, with single quotes and sorted keys.
        pub fn component(&self, name: &str) -> String {
            to_json(&self.0.api.components.as_ref().unwrap().schemas[name])
        }

        /// Returns a field of a component as JSON, with single quotes and sorted keys.
        pub fn field(&self, component: &str, field: &str) -> String {
            let ReferenceOr::Item(schema) =
                &self.0.api.components.as_ref().unwrap().schemas[component]
            else {
                panic!("{component} is a reference")
            };
            let json = serde_json::to_value(schema).unwrap();
            to_json(&json["properties"][field])
        }
    }

    /// Serializes a part of a document as JSON, with single quotes and sorted keys.
    pub fn to_json(part: &impl serde::Serialize) -> String {
        serde_json::to_value(part)
            .unwrap()
            .to_string()
            .replace('"', "'")
    }
}
