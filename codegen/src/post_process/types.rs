//! The types of requests and responses: each keeps the fields it does not know, and those that
//! requests take have setters ([`crate::setters`]).

use std::collections::{BTreeMap, BTreeSet};

use pgbeam_spec::error::Result;
use quote::ToTokens;
use syn::{Fields, GenericArgument, Item, ItemStruct, PathArguments, parse_quote};

use crate::{
    contract::Contract,
    docs,
    progenitor::{Generated, unexpected},
    setters,
    syntax::{implemented, names_of, path},
};

/// The types of one module, each item with the type that it belongs to.
pub type Types = Vec<(String, Item)>;

/// Sorts the types by `module_of` and refines them. Types that are not in `requested` appear in
/// responses only.
pub fn refine(
    contract: &Contract,
    generated: &Generated,
    runtime: &str,
    requested: &BTreeSet<String>,
    module_of: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Types>> {
    let mut modules: BTreeMap<String, Types> = BTreeMap::new();
    let defined: BTreeSet<String> = generated.types.iter().filter_map(defined).collect();
    for item in &generated.types {
        let mut item = item.clone();
        let mut more = Vec::new();
        let name = match &mut item {
            Item::Struct(item) => {
                let name = item.ident.to_string();
                let requested = requested.contains(&name);
                if requested {
                    more.extend(setters::implementation(contract, item, runtime)?);
                }
                refine_struct(item, runtime, requested)?;
                let (ident, path) = (&item.ident, path(runtime)?);
                if matches!(item.fields, Fields::Named(_)) {
                    more.push(parse_quote!(#path::keep_unknown_fields!(#ident);));
                }
                name
            }
            // The setters are written anew.
            Item::Impl(item) if is_builder_method(item) => continue,
            Item::Impl(item) => {
                concerned(item, &defined).ok_or_else(|| unexpected("an `impl` of no type"))?
            }
            Item::Type(item) => item.ident.to_string(),
            _ => return Err(unexpected("an item that is no type")),
        };
        let module = module_of(&name)
            .ok_or_else(|| unexpected(&format!("the type `{name}` is of no schema")))?;
        let items = modules.entry(module).or_default();
        items.push((name.clone(), item));
        items.extend(more.into_iter().map(|item| (name.clone(), item)));
    }
    Ok(modules)
}

/// The type that an item defines.
fn defined(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// The type that an `impl` belongs to: the one it is for, or, as in `impl From<X> for String`, the
/// one that its trait is about.
fn concerned(item: &syn::ItemImpl, defined: &BTreeSet<String>) -> Option<String> {
    let implemented = implemented(item).filter(|name| defined.contains(name));
    implemented.or_else(|| {
        let (path, _) = item.trait_.as_ref()?;
        let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => {
                names_of(ty).into_iter().find(|name| defined.contains(name))
            }
            _ => None,
        })
    })
}

/// The contract may add fields, so nobody outside builds a type from its fields alone, and fields
/// that are not known are kept.
fn refine_struct(item: &mut ItemStruct, runtime: &str, requested: bool) -> Result<()> {
    let read_null = format!("{runtime}::deserialize_nullable");
    let path = path(runtime)?;
    docs::tidy(&mut item.attrs);
    // The generator derives it where every field is optional.
    let derives = |attribute: &syn::Attribute| attribute.to_token_stream().to_string();
    if !item
        .attrs
        .iter()
        .any(|attribute| derives(attribute).contains("Default"))
    {
        item.attrs
            .push(parse_quote!(#[derive(::std::default::Default)]));
    }
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    let Fields::Named(fields) = &mut item.fields else {
        return Ok(());
    };
    item.attrs.push(parse_quote!(#[serde(remote = "Self")]));
    for field in &mut fields.named {
        docs::tidy(&mut field.attrs);
        // An `Option` would take the null for itself.
        if names_of(&field.ty).iter().any(|name| name == "Nullable") {
            field
                .attrs
                .push(parse_quote!(#[serde(default, deserialize_with = #read_null)]));
        }
    }
    let is_empty = format!("{runtime}::UnknownFields::is_empty");
    let unknown: syn::FieldsNamed = parse_quote!({
        /// Fields that this version of the crate does not know.
        #[serde(flatten, skip_deserializing, skip_serializing_if = #is_empty)]
        pub unknown_fields: #path::UnknownFields,
    });
    fields.named.extend(unknown.named);
    if requested {
        let is_empty = format!("{runtime}::SetterErrors::is_empty");
        let errors: syn::FieldsNamed = parse_quote!({
            #[serde(skip_deserializing, skip_serializing_if = #is_empty)]
            pub(crate) setter_errors: #path::SetterErrors,
        });
        fields.named.extend(errors.named);
    }
    Ok(())
}

fn is_builder_method(item: &syn::ItemImpl) -> bool {
    let builder =
        |item: &syn::ImplItem| matches!(item, syn::ImplItem::Fn(f) if f.sig.ident == "builder");
    item.trait_.is_none() && item.items.iter().any(builder)
}
