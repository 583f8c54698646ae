//! The patterns of the contract, each once: the checks of many fields and parameters share them.

use std::collections::BTreeMap;

use pgbeam_spec::error::Result;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

use super::file;
use crate::{
    contract::{Bound, Contract},
    docs,
    pattern::Pattern,
    syntax::path,
};

/// The name of a pattern's steps. It depends on the pattern alone, so that a new one renames no other.
pub fn name(pattern: &Pattern) -> Ident {
    // FNV-1a.
    let hash = pattern.text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format_ident!("P_{hash:08X}")
}

/// The file of all patterns.
pub fn render(contract: &Contract, runtime: &str) -> Result<String> {
    let runtime = path(runtime)?;
    let mut patterns = BTreeMap::new();
    let fields = contract.bounds.values().flat_map(BTreeMap::values);
    let parameters = contract.operations.iter().flat_map(|of| &of.parameters);
    for bounds in fields.chain(parameters.map(|of| &of.bounds)) {
        collect(bounds, &mut patterns);
    }
    let patterns = patterns.values().map(|pattern| steps(pattern));
    let tokens = quote! {
        #![allow(dead_code, reason = "an area that is not built uses none")]
        use #runtime;
        #(#patterns)*
    };
    file(
        "Patterns of strings, as steps that are matched without a regex engine.",
        tokens,
    )
}

fn collect<'a>(bounds: &'a [Bound], patterns: &mut BTreeMap<&'a str, &'a Pattern>) {
    for bound in bounds {
        match bound {
            Bound::Matches(pattern) => {
                patterns.insert(&pattern.text, pattern);
            }
            Bound::Each(inner) | Bound::Secret(inner) | Bound::Nullable(inner) => {
                collect(inner, patterns);
            }
            _ => {}
        }
    }
}

fn steps(pattern: &Pattern) -> TokenStream {
    let name = name(pattern);
    let doc = docs::attributes(&format!("`{}`", pattern.text));
    let steps = pattern.steps.iter().map(|step| {
        let ranges = step.ranges.iter();
        let ranges = ranges.map(|(first, last)| quote!((#first, #last)));
        let least = Literal::usize_unsuffixed(step.least);
        let most = match step.most.map(Literal::usize_unsuffixed) {
            Some(most) => quote!(Some(#most)),
            None => quote!(None),
        };
        quote!(runtime::PatternStep { ranges: &[#(#ranges),*], min: #least, max: #most })
    });
    quote! {
        #(#doc)*
        pub static #name: &[runtime::PatternStep] = &[#(#steps),*];
    }
}
