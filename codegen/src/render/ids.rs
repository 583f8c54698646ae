//! Identifier types.

use std::collections::BTreeMap;

use super::{MARK, comment, homes::Homes};
use crate::contract::PathId;

/// The file of identifier types.
pub fn file(runtime: &str, ids: &BTreeMap<String, PathId>, homes: &Homes) -> String {
    let mut out = format!("{MARK}//! Identifiers of resources, one type each.\n");
    for (name, id) in ids {
        out.push_str(&format!(
            "\n{}{runtime}::path_id! {{\n",
            homes.gate_anywhere(name)
        ));
        let description = match id.description.trim() {
            "" => format!(
                "The identifier that stands for `{}` in paths.",
                id.parameter
            ),
            text => text.to_owned(),
        };
        out.push_str(&comment(&description, 4));
        out.push_str(&format!("    {name}, {:?}\n}}\n", id.parameter));
    }
    out
}
