//! Open enumerations.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;

use super::{MARK, comment, homes::Homes};
use crate::{
    contract::{OpenEnum, Places},
    error::Result,
};

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

/// A Rust name for each value, none twice.
pub fn variants<'a>(
    values: impl Iterator<Item = &'a str>,
) -> std::result::Result<Vec<String>, String> {
    let mut seen = BTreeSet::new();
    values
        .map(|value| {
            let mut variant = value.to_upper_camel_case();
            if !variant.starts_with(|c: char| c.is_alphabetic()) {
                variant.insert(0, 'V');
            }
            // The variant for values that are not known, and a word that Rust keeps for itself.
            if variant == "Unknown" || variant == "Self" {
                variant.push_str("Value");
            }
            if syn::parse_str::<syn::Ident>(&variant).is_err() {
                Err(format!("no name can be made of the value `{value}`"))
            } else if seen.insert(variant.clone()) {
                Ok(variant)
            } else {
                Err(format!("two values are named `{variant}`"))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(values: &[&str]) -> std::result::Result<Vec<String>, String> {
        variants(values.iter().copied())
    }

    #[test]
    fn every_value_has_a_name_of_its_own() {
        assert_eq!(
            names(&[
                "read_only",
                "row-filter",
                "NOT_FOUND",
                "1h",
                "double precision",
                "unknown",
                "self"
            ])
            .unwrap(),
            [
                "ReadOnly",
                "RowFilter",
                "NotFound",
                "V1h",
                "DoublePrecision",
                "UnknownValue",
                "SelfValue"
            ]
        );
        assert_eq!(
            names(&["a_b", "a-b"]).unwrap_err(),
            "two values are named `AB`"
        );
        assert_eq!(
            names(&["²"]).unwrap_err(),
            "no name can be made of the value `²`"
        );
    }
}
