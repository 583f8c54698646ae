//! The passes that bring a contract into a form from which good code comes out.
//!
//! Each is one file; its header names the defect of plain progenitor output that it removes. What
//! progenitor cannot express moves from the document into the [`Contract`], and [`crate::render`]
//! renders it.

mod answers;
mod bounds;
mod defaults;
mod enums;
mod lists;
mod nulls;
mod objects;
mod path_ids;
pub mod reachable;
mod secrets;

use crate::contract::Contract;
use pgbeam_spec::error::Result;

/// Runs every pass, in the order that they need.
pub fn normalize(contract: &mut Contract) -> Result<()> {
    enums::run(contract)?;
    path_ids::run(contract)?;
    // From here on, every object has a name, by which its bounds are known.
    objects::run(contract)?;
    bounds::run(contract)?;
    secrets::run(contract)?;
    nulls::run(contract)?;
    defaults::run(contract)?;
    lists::run(contract)?;
    answers::run(contract)?;
    reachable::run(contract)
}

#[cfg(test)]
mod tests {
    //! What the passes' own tests need: a small contract, one pass over it, and what is left.

    use openapiv3::ReferenceOr;

    use crate::contract::Contract;
    use pgbeam_spec::{error::Result, read::Node};

    /// A contract after a pass.
    pub struct After(pub Contract);

    /// Reads paths and components and runs a pass.
    pub fn pass(run: fn(&mut Contract) -> Result<()>, paths: &str, schemas: &str) -> Result<After> {
        let text = format!(
            "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:\n  {paths}\ncomponents:\n  schemas:\n    {schemas}\n"
        );
        let mut contract = Contract::read(&Node::parse(&text, "a.yaml")?)?;
        run(&mut contract)?;
        Ok(After(contract))
    }

    /// What a pass makes of components.
    pub fn after(run: fn(&mut Contract) -> Result<()>, schemas: &str) -> After {
        pass(run, "{}", schemas).unwrap()
    }

    impl After {
        /// The names of the components.
        pub fn components(&self) -> Vec<&str> {
            self.0.components().collect()
        }

        /// A component as JSON, with single quotes and sorted keys.
        pub fn component(&self, name: &str) -> String {
            json(&self.0.api.components.as_ref().unwrap().schemas[name])
        }

        /// A field of a component as JSON, with single quotes and sorted keys.
        pub fn field(&self, component: &str, field: &str) -> String {
            let ReferenceOr::Item(schema) =
                &self.0.api.components.as_ref().unwrap().schemas[component]
            else {
                panic!("{component} is a reference")
            };
            let json = serde_json::to_value(schema).unwrap();
            self::json(&json["properties"][field])
        }
    }

    /// Any part of a document as JSON, with single quotes and sorted keys.
    pub fn json(part: &impl serde::Serialize) -> String {
        serde_json::to_value(part)
            .unwrap()
            .to_string()
            .replace('"', "'")
    }
}
