//! Renders the identifier types of path parameters, such as `ProjectId`.

use std::collections::BTreeMap;

use super::{HEADER, doc_comment, module_placement::ModulePlacement};
use crate::contract::PathId;

/// Renders the file of identifier types.
pub fn render(
    runtime: &str,
    ids: &BTreeMap<String, PathId>,
    placement: &ModulePlacement,
) -> String {
    let mut out = format!("{HEADER}//! Identifier types, one per kind of resource.\n");
    for (name, id) in ids {
        out.push_str(&format!(
            "\n{}{runtime}::path_id! {{\n",
            placement.root_component_cfg(name)
        ));
        let description = match id.description.trim() {
            "" => format!("Identifier for the path parameter `{}`.", id.parameter),
            description => description.to_owned(),
        };
        out.push_str(&doc_comment(&description, 4));
        out.push_str(&format!("    {name}, {:?}\n}}\n", id.parameter));
    }
    out
}
