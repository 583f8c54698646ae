//! Edits the request and response types that progenitor generates. Structs with named fields keep unknown fields.
//! Structs in request bodies get setters ([`crate::setters`]).

use std::collections::{BTreeMap, BTreeSet};

use pgbeam_spec::error::Result;
use quote::ToTokens;
use syn::{Fields, GenericArgument, Item, ItemStruct, PathArguments, parse_quote};

use crate::{
    contract::Contract,
    docs,
    progenitor::{Generated, unexpected_output},
    setters,
    syntax::{impl_type_name, parse_path, type_names},
};

/// The items of one module. Each item has the name of the type to which the item belongs.
pub type Types = Vec<(String, Item)>;

/// Edits progenitor's types and groups them by module. `runtime` is the Rust path of the runtime. The structs in
/// `request_types` get setters. `type_module` returns the module of a type, or `None` if the type has no module.
///
/// # Errors
///
/// Progenitor generated an item other than a struct, a type alias or an `impl`, an `impl` that belongs to no generated
/// type, or a type without a module.
pub fn post_process(
    contract: &Contract,
    generated: &Generated,
    runtime: &str,
    request_types: &BTreeSet<String>,
    type_module: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Types>> {
    let mut modules: BTreeMap<String, Types> = BTreeMap::new();
    let defined: BTreeSet<String> = generated
        .types
        .iter()
        .filter_map(defined_type_name)
        .collect();
    for item in &generated.types {
        let mut item = item.clone();
        let mut more = Vec::new();
        let name = match &mut item {
            Item::Struct(item) => {
                let name = item.ident.to_string();
                let is_request_type = request_types.contains(&name);
                if is_request_type {
                    more.extend(setters::render_impl(contract, item, runtime)?);
                }
                post_process_struct(item, runtime, is_request_type)?;
                let (ident, path) = (&item.ident, parse_path(runtime)?);
                if matches!(item.fields, Fields::Named(_)) {
                    more.push(parse_quote!(#path::keep_unknown_fields!(#ident);));
                }
                name
            }
            // `crate::setters` writes its own `builder`.
            Item::Impl(item) if is_builder_method(item) => continue,
            Item::Impl(item) => impl_owner(item, &defined)
                .ok_or_else(|| unexpected_output("an `impl` without a generated type"))?,
            Item::Type(item) => item.ident.to_string(),
            _ => {
                let message = "an item other than a struct, a type alias or an `impl`";
                return Err(unexpected_output(message));
            }
        };
        let module = type_module(&name)
            .ok_or_else(|| unexpected_output(&format!("the type `{name}` has no schema")))?;
        let items = modules.entry(module).or_default();
        items.push((name.clone(), item));
        items.extend(more.into_iter().map(|item| (name.clone(), item)));
    }
    Ok(modules)
}

/// Returns the name of the struct or type alias that an item defines. `None` for any other item.
fn defined_type_name(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// Returns the generated type that an `impl` belongs to: the implementing type or, as in
/// `impl From<X> for String`, the trait's type argument. `None` if neither is in `defined`.
fn impl_owner(item: &syn::ItemImpl, defined: &BTreeSet<String>) -> Option<String> {
    let implemented = impl_type_name(item).filter(|name| defined.contains(name));
    implemented.or_else(|| {
        let (path, _) = item.trait_.as_ref()?;
        let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => type_names(ty)
                .into_iter()
                .find(|name| defined.contains(name)),
            _ => None,
        })
    })
}

/// Adds `Default` and `non_exhaustive` to a struct, and wraps the documentation of the struct and its fields.
///
/// A struct with named fields also gets the field `unknown_fields`, for fields that the server may add, and serde
/// attributes for `unknown_fields` and nullable fields. If the struct is a request type, it also gets the field
/// `setter_errors`, for the errors of its setters.
fn post_process_struct(item: &mut ItemStruct, runtime: &str, is_request_type: bool) -> Result<()> {
    let deserialize_null = format!("{runtime}::deserialize_nullable");
    let path = parse_path(runtime)?;
    docs::rewrap(&mut item.attrs);
    // Progenitor derives `Default` if every field is optional.
    let tokens = |attribute: &syn::Attribute| attribute.to_token_stream().to_string();
    if !item
        .attrs
        .iter()
        .any(|attribute| tokens(attribute).contains("Default"))
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
        docs::rewrap(&mut field.attrs);
        // Without this attribute, an optional field would read null as `None`.
        if type_names(&field.ty).iter().any(|name| name == "Nullable") {
            field
                .attrs
                .push(parse_quote!(#[serde(default, deserialize_with = #deserialize_null)]));
        }
    }
    let is_empty = format!("{runtime}::UnknownFields::is_empty");
    let unknown: syn::FieldsNamed = parse_quote!({
        /// Fields that this version of the crate does not know.
        #[serde(flatten, skip_deserializing, skip_serializing_if = #is_empty)]
        pub unknown_fields: #path::UnknownFields,
    });
    fields.named.extend(unknown.named);
    if is_request_type {
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
