//! Runs the generator over the normalised contract and takes its output apart.

use ::progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};
use openapiv3::{OpenAPI, ReferenceOr};
use proc_macro2::TokenStream;
use syn::{Item, ItemMod};

use crate::{
    contract::{Contract, Plain, Replacement},
    normalize::reachable,
    schemas,
    target::Target,
};
use pgbeam_spec::{
    error::{Error, Result},
    isolate,
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
    let settings = settings(contract, target);
    let tokens =
        tokens(&settings, &contract.api).map_err(|why| blame(contract, &settings, &why))?;
    let file: syn::File =
        syn::parse2(tokens).map_err(|error| unexpected(&format!("it is not Rust: {error}")))?;
    take_apart(file)
}

/// Runs the generator, which panics on much that it does not expect.
fn tokens(
    settings: &GenerationSettings,
    api: &OpenAPI,
) -> std::result::Result<TokenStream, String> {
    let run = || {
        Generator::new(settings)
            .generate_tokens(api)
            .map_err(|error| error.to_string())
    };
    isolate::catch(run).unwrap_or_else(Err)
}

/// Finds what the generator refuses, by giving it less: each operation alone, then each component.
fn blame(contract: &Contract, settings: &GenerationSettings, why: &str) -> Error {
    let message = |what: &str, why: &str| format!("the generator refuses {what}: {why}");
    let empty = || {
        let mut api = contract.api.clone();
        api.paths.paths.clear();
        api
    };
    for name in contract.components() {
        let mut api = empty();
        if reachable::keep(&mut api, [name.to_owned()].into()).is_ok()
            && let Err(why) = tokens(settings, &api)
        {
            let message = message(&format!("the schema `{name}`"), &why);
            return contract.places.at_schema(name, message);
        }
    }
    for operation in &contract.operations {
        let mut api = contract.api.clone();
        for item in api.paths.paths.values_mut() {
            if let ReferenceOr::Item(item) = item {
                schemas::retain_operation(item, &operation.id);
            }
        }
        let refused = reachable::references(&api.paths)
            .and_then(|used| reachable::keep(&mut api, used))
            .map_err(|error| error.to_string())
            .and_then(|()| tokens(settings, &api));
        if let Err(why) = refused {
            let message = message(&format!("`{}`", operation.id), &why);
            return contract.places.at_operation(&operation.id, message);
        }
    }
    Error::new(message("the contract", why))
}

/// How the generator is run, whatever the contract.
pub fn base_settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        // With positional parameters, a new optional one would break every caller.
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_derive("PartialEq");
    settings
}

fn settings(contract: &Contract, target: &Target) -> GenerationSettings {
    let mut settings = base_settings();
    for (name, kind) in &contract.replacements {
        let path = match kind {
            Replacement::Enum => format!("{}::types::{name}", target.root),
            Replacement::Id => format!("{}::ids::{name}", target.root),
            Replacement::Secret => format!("{}::Secret", target.runtime),
            Replacement::Nullable(plain) => {
                let value = match plain {
                    Plain::Text => "::std::string::String",
                    Plain::Time => "::chrono::DateTime<::chrono::offset::Utc>",
                    Plain::Integer => "i64",
                    Plain::Number => "f64",
                    Plain::Boolean => "bool",
                };
                format!("{}::Nullable<{value}>", target.runtime)
            }
        };
        // A secret has no `Display`: it must not slip into a text.
        let impls = match kind {
            Replacement::Secret => vec![TypeImpl::FromStr],
            Replacement::Nullable(_) => Vec::new(),
            Replacement::Enum | Replacement::Id => vec![TypeImpl::Display, TypeImpl::FromStr],
        };
        settings.with_replacement(name, path, impls.into_iter());
    }
    settings
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
    let requests = requests
        .into_iter()
        .filter(|item| !matches!(item, Item::Use(_)))
        .collect();
    Ok(Generated {
        types: kept,
        type_builders,
        requests,
    })
}

fn content(module: ItemMod) -> Result<Vec<Item>> {
    let name = module.ident.to_string();
    let (_, items) = module
        .content
        .ok_or_else(|| unexpected(&format!("`mod {name}` is empty")))?;
    Ok(items)
}

/// What is generated is taken apart by its shape, so a new shape must be noticed, never skipped.
pub fn unexpected(what: &str) -> Error {
    Error::new(format!(
        "the generator's output has changed: {what}; codegen must be adapted to this version of it"
    ))
}
