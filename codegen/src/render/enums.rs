//! Open enumerations.

use pgbeam_spec::{error::Result, rust_names::variants};

use super::{MARK, comment, homes::Homes};
use crate::contract::{OpenEnum, Places};

/// A file of open enumerations.
pub fn file<'a>(
    doc: &str,
    runtime: &str,
    places: &Places,
    homes: &Homes,
    enums: impl Iterator<Item = (&'a String, &'a OpenEnum)>,
) -> Result<String> {
    let mut out = format!("{MARK}//! {doc}\n");
    for (name, one) in enums {
        out.push_str(&format!(
            "\n{}{runtime}::open_enum! {{\n",
            homes.gate_of_component(name)
        ));
        let doc = if one.description.trim().is_empty() {
            format!("Values of `{name}`. The set may grow at any time.")
        } else {
            format!(
                "{}\n\nThe set may grow at any time.",
                one.description.trim()
            )
        };
        out.push_str(&comment(&doc, 4));
        out.push_str(&format!("    {name} {{\n"));
        let values = one.values.iter().map(|(value, _)| value.as_str());
        let variants = variants(values).map_err(|fault| {
            places.at_schema(name, format!("the enumeration `{name}`: {fault}"))
        })?;
        for (variant, (value, meaning)) in variants.into_iter().zip(&one.values) {
            let meaning = meaning.clone().unwrap_or_else(|| format!("`{value}`"));
            out.push_str(&comment(&meaning, 8));
            out.push_str(&format!("        {variant} = {value:?},\n"));
        }
        out.push_str("    }\n}\n");
    }
    Ok(out)
}
