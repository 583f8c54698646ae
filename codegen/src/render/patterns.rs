//! Renders the string patterns of the contract: one static per pattern, which lists the pattern's steps. Fields and
//! parameters with the same pattern use the same static.

use std::collections::BTreeMap;

use pgbeam_spec::error::Result;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

use super::format_file;
use crate::{
    contract::{Constraint, Contract},
    docs,
    pattern::Pattern,
    syntax::parse_path,
};

/// Returns the name of a pattern's static. The name contains a hash of the regular expression, so that adding
/// a pattern does not rename other statics.
pub fn static_name(pattern: &Pattern) -> Ident {
    // FNV-1a.
    let hash = pattern.regex.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format_ident!("P_{hash:08X}")
}

/// Renders the file with all patterns.
pub fn render(contract: &Contract, runtime: &str) -> Result<String> {
    let runtime = parse_path(runtime)?;
    let mut patterns = BTreeMap::new();
    let fields = contract.constraints.values().flat_map(BTreeMap::values);
    let parameters = contract.operations.iter();
    let parameters = parameters.flat_map(|operation| &operation.parameters);
    for constraints in fields.chain(parameters.map(|parameter| &parameter.constraints)) {
        collect(constraints, &mut patterns);
    }
    let patterns = patterns.values().map(|pattern| pattern_static(pattern));
    let tokens = quote! {
        #![allow(dead_code, reason = "the patterns of disabled areas are unused")]
        use #runtime;
        #(#patterns)*
    };
    format_file(
        "The string patterns of the API contract, as sequences of character classes. They are matched without a regex engine.",
        tokens,
    )
}

fn collect<'a>(constraints: &'a [Constraint], patterns: &mut BTreeMap<&'a str, &'a Pattern>) {
    for constraint in constraints {
        match constraint {
            Constraint::Pattern(pattern) => {
                patterns.insert(&pattern.regex, pattern);
            }
            Constraint::Each(inner) | Constraint::Secret(inner) | Constraint::Nullable(inner) => {
                collect(inner, patterns);
            }
            _ => {}
        }
    }
}

fn pattern_static(pattern: &Pattern) -> TokenStream {
    let name = static_name(pattern);
    let doc = docs::attributes(&format!("The steps of the pattern `{}`.", pattern.regex));
    let steps = pattern.steps.iter().map(|step| {
        let ranges = step.ranges.iter();
        let ranges = ranges.map(|(first, last)| quote!((#first, #last)));
        let min = Literal::usize_unsuffixed(step.min);
        let max = match step.max.map(Literal::usize_unsuffixed) {
            Some(max) => quote!(Some(#max)),
            None => quote!(None),
        };
        quote!(runtime::PatternStep { ranges: &[#(#ranges),*], min: #min, max: #max })
    });
    quote! {
        #(#doc)*
        pub static #name: &[runtime::PatternStep] = &[#(#steps),*];
    }
}
