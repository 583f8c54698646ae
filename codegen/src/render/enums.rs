//! Renders the open enumerations: Rust enums that keep values that this version of the crate does not know.

use pgbeam_spec::{error::Result, rust_names::variant_names};

use super::{HEADER, doc_comment, module_placement::ModulePlacement};
use crate::contract::{OpenEnum, SourceLocations};

/// The last paragraph of the documentation of every open enumeration.
const OPEN: &str = "The server can add values at any time. A value that this version of the crate does not know is \
                    read as `Unknown`.";

/// Renders a file with these open enumerations. `doc` is the documentation of the file, and `runtime` is the Rust
/// path of the runtime, such as `crate::runtime`.
///
/// # Errors
///
/// Two values of an enumeration have the same Rust name, or a value has no valid Rust name.
pub fn render<'a>(
    doc: &str,
    runtime: &str,
    locations: &SourceLocations,
    placement: &ModulePlacement,
    enums: impl Iterator<Item = (&'a String, &'a OpenEnum)>,
) -> Result<String> {
    let mut out = format!("{HEADER}//! {doc}\n");
    for (name, open_enum) in enums {
        out.push_str(&format!(
            "\n{}{runtime}::open_enum! {{\n",
            placement.component_cfg(name)
        ));
        let doc = if open_enum.description.trim().is_empty() {
            format!("Values of `{name}`.\n\n{OPEN}")
        } else {
            format!("{}\n\n{OPEN}", open_enum.description.trim())
        };
        out.push_str(&doc_comment(&doc, 4));
        out.push_str(&format!("    {name} {{\n"));
        let values = open_enum.values.iter().map(|(value, _)| value.as_str());
        let variants = variant_names(values).map_err(|error| {
            locations.schema_error(name, format!("the enumeration `{name}`: {error}"))
        })?;
        for (variant, (value, description)) in variants.into_iter().zip(&open_enum.values) {
            let description = description
                .clone()
                .unwrap_or_else(|| format!("The value `{value}`."));
            out.push_str(&doc_comment(&description, 8));
            out.push_str(&format!("        {variant} = {value:?},\n"));
        }
        out.push_str("    }\n}\n");
    }
    Ok(out)
}
