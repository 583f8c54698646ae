//! Runs the generator over the normalised contract and takes its output apart.

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use syn::{Item, ItemMod};

use crate::{
    Target,
    contract::{Contract, Replacement},
    error::{Error, Result},
};

/// The parts of the generator's output that are kept.
///
/// Its `Client`, which unwraps while it is built and owns a `reqwest::Client` with timeouts of its
/// own, and its error and response types are not: the runtime has its own.
pub struct Generated {
    /// `mod types`, without its inner modules.
    pub types: Vec<Item>,
    /// `mod types::builder`.
    pub type_builders: Vec<Item>,
    /// `mod builder`: one struct an operation, and its methods.
    pub requests: Vec<Item>,
}

/// Generates Rust from the contract.
pub fn generate(contract: &Contract, target: &Target) -> Result<Generated> {
    let mut settings = GenerationSettings::new();
    settings
        // With positional parameters, a new optional one would break every caller.
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote::quote!(()))
        .with_derive("PartialEq");
    for (name, kind) in &contract.replacements {
        let path = match kind {
            Replacement::Enum => format!("{}::types::{name}", target.root),
            Replacement::Id => format!("{}::ids::{name}", target.root),
            Replacement::Secret => format!("{}::Secret", target.runtime),
        };
        settings.with_replacement(name, path, [TypeImpl::Display, TypeImpl::FromStr].into_iter());
    }
    let tokens = Generator::new(&settings)
        .generate_tokens(&contract.api)
        .map_err(|error| Error::new(format!("the generator refuses the contract: {error}")))?;
    let file: syn::File =
        syn::parse2(tokens).map_err(|error| unexpected(&format!("it is not Rust: {error}")))?;
    take_apart(file)
}

fn take_apart(file: syn::File) -> Result<Generated> {
    let mut types = None;
    let mut requests = None;
    for item in file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => types = Some(content(module)?),
            Item::Mod(module) if module.ident == "builder" => requests = Some(content(module)?),
            _ => {}
        }
    }
    let mut types = types.ok_or_else(|| unexpected("there is no `mod types`"))?;
    let requests = requests.ok_or_else(|| unexpected("there is no `mod builder`"))?;
    let mut type_builders = Vec::new();
    let mut kept = Vec::new();
    for item in types.drain(..) {
        match item {
            Item::Mod(module) if module.ident == "builder" => type_builders = content(module)?,
            // The runtime has the one error type of conversions.
            Item::Mod(module) if module.ident == "error" => {}
            Item::Mod(module) => {
                let message = format!("a default is left over in `types::{}`", module.ident);
                return Err(unexpected(&message));
            }
            item => kept.push(item),
        }
    }
    let requests = requests.into_iter().filter(|item| !matches!(item, Item::Use(_))).collect();
    Ok(Generated { types: kept, type_builders, requests })
}

fn content(module: ItemMod) -> Result<Vec<Item>> {
    let name = module.ident.to_string();
    let (_, items) = module.content.ok_or_else(|| unexpected(&format!("`mod {name}` is empty")))?;
    Ok(items)
}

/// What is generated is taken apart by its shape, so a new shape must be noticed, never skipped.
pub fn unexpected(what: &str) -> Error {
    Error::new(format!(
        "the generator's output has changed: {what}; codegen must be adapted to this version of it"
    ))
}
