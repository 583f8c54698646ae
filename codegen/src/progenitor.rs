//! Runs the code generator progenitor on the normalized contract, and splits its output into types and
//! request builders.

use ::progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};
use openapiv3::{OpenAPI, ReferenceOr};
use proc_macro2::TokenStream;
use syn::{Item, ItemMod};

use crate::{
    contract::{Contract, Replacement, ScalarType},
    normalize::reachable,
    schemas,
    target::Target,
};
use pgbeam_spec::{
    error::{Error, Result},
    panics,
};

/// The parts of progenitor's output that codegen uses.
///
/// Progenitor's `Client`, error and response types are dropped, because the runtime has its own. The constructor
/// of progenitor's `Client` can panic, and it builds a `reqwest::Client` with hard-coded timeouts.
pub struct Generated {
    /// The items of `mod types`, without its inner modules.
    pub types: Vec<Item>,
    /// The items of `mod builder` except imports: one struct per operation, and its methods.
    pub requests: Vec<Item>,
}

/// Generates Rust code from a normalized contract.
///
/// # Errors
///
/// Progenitor rejects the contract or panics, or its output is not valid Rust or lacks an expected module.
pub fn generate(contract: &Contract, target: &Target) -> Result<Generated> {
    let settings = settings(contract, target);
    let tokens = generate_tokens(&settings, &contract.api)
        .map_err(|reason| locate_error(contract, &settings, &reason))?;
    let file: syn::File = syn::parse2(tokens)
        .map_err(|error| unexpected_output(&format!("it is not valid Rust: {error}")))?;
    split_output(file)
}

/// Runs progenitor and returns its output. If progenitor fails or panics, returns the message as the error.
fn generate_tokens(
    settings: &GenerationSettings,
    api: &OpenAPI,
) -> std::result::Result<TokenStream, String> {
    let run = || {
        Generator::new(settings)
            .generate_tokens(api)
            .map_err(|error| error.to_string())
    };
    panics::catch_panic(run).unwrap_or_else(Err)
}

/// Returns an error at the location of the first component or operation that progenitor rejects. Runs progenitor on
/// each component, then on each operation. Each run includes only the components that this component or operation
/// references. If no run fails, the error contains `reason` and has no location.
fn locate_error(contract: &Contract, settings: &GenerationSettings, reason: &str) -> Error {
    let message = |part: &str, reason: &str| format!("progenitor rejects {part}: {reason}");
    let without_paths = || {
        let mut api = contract.api.clone();
        api.paths.paths.clear();
        api
    };
    for name in contract.component_names() {
        let mut api = without_paths();
        if reachable::retain(&mut api, [name.to_owned()].into()).is_ok()
            && let Err(reason) = generate_tokens(settings, &api)
        {
            let message = message(&format!("the schema `{name}`"), &reason);
            return contract.locations.schema_error(name, message);
        }
    }
    for operation in &contract.operations {
        let mut api = contract.api.clone();
        for item in api.paths.paths.values_mut() {
            if let ReferenceOr::Item(item) = item {
                schemas::retain_operation(item, &operation.id);
            }
        }
        let result = reachable::references(&api.paths)
            .and_then(|used| reachable::retain(&mut api, used))
            .map_err(|error| error.to_string())
            .and_then(|()| generate_tokens(settings, &api));
        if let Err(reason) = result {
            let message = message(&format!("`{}`", operation.id), &reason);
            return contract.locations.operation_error(&operation.id, message);
        }
    }
    Error::new(message("the contract", reason))
}

/// Returns the settings of progenitor that are the same for every contract.
pub fn base_settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        // With positional parameters, a new optional parameter would break every caller.
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
            Replacement::Nullable(scalar) => {
                let value = match scalar {
                    ScalarType::String => "::std::string::String",
                    ScalarType::DateTime => "::chrono::DateTime<::chrono::offset::Utc>",
                    ScalarType::Integer => "i64",
                    ScalarType::Number => "f64",
                    ScalarType::Boolean => "bool",
                };
                format!("{}::Nullable<{value}>", target.runtime)
            }
        };
        // A secret has no `Display`, so that code does not print the secret by mistake.
        let impls = match kind {
            Replacement::Secret => vec![TypeImpl::FromStr],
            Replacement::Nullable(_) => Vec::new(),
            Replacement::Enum | Replacement::Id => vec![TypeImpl::Display, TypeImpl::FromStr],
        };
        settings.with_replacement(name, path, impls.into_iter());
    }
    settings
}

fn split_output(file: syn::File) -> Result<Generated> {
    let mut types = None;
    let mut requests = None;
    for item in file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => types = Some(module_items(module)?),
            Item::Mod(module) if module.ident == "builder" => {
                requests = Some(module_items(module)?)
            }
            _ => {}
        }
    }
    let mut types = types.ok_or_else(|| unexpected_output("there is no `mod types`"))?;
    let requests = requests.ok_or_else(|| unexpected_output("there is no `mod builder`"))?;
    let mut kept = Vec::new();
    for item in types.drain(..) {
        match item {
            // Codegen renders its own setters, and the runtime has its own conversion error.
            Item::Mod(module) if module.ident == "builder" || module.ident == "error" => {}
            Item::Mod(module) => {
                let message = format!("`types::{}` has an unexpected module", module.ident);
                return Err(unexpected_output(&message));
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
        requests,
    })
}

fn module_items(module: ItemMod) -> Result<Vec<Item>> {
    let name = module.ident.to_string();
    let (_, items) = module
        .content
        .ok_or_else(|| unexpected_output(&format!("`mod {name}` is empty")))?;
    Ok(items)
}

/// Returns an error for output of progenitor that codegen does not support. `message` describes the output.
pub fn unexpected_output(message: &str) -> Error {
    Error::new(format!(
        "unexpected progenitor output: {message}; update `codegen` for this version of progenitor"
    ))
}
