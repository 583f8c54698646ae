//! Checks of what is sent.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Fields, ItemStruct};

use super::patterns;
use crate::{
    contract::{Bound, Exclusive},
    pattern::Pattern,
    syntax::{is_option, names_of, wire_name},
};

/// Bounds by field on the wire.
pub type FieldBounds = BTreeMap<String, Vec<Bound>>;

/// Checks one bound. `value` is a reference to what is bounded.
pub fn check(bound: &Bound, value: &TokenStream) -> TokenStream {
    match bound {
        Bound::Length { least, most } => {
            let (least, most) = (count(*least), option(&most.map(|most| most as u64)));
            quote!(errors.check_length(#value, #least, #most);)
        }
        Bound::Range { least, most } => {
            let (least, most) = (option(least), option(most));
            quote!(errors.check_range(i64::from(*#value), #least, #most);)
        }
        Bound::Number { least, most } => {
            let (least, most) = (end(least), end(most));
            quote!(errors.check_number(*#value, #least, #most);)
        }
        Bound::Items { least, most } => {
            let (least, most) = (count(*least), option(&most.map(|most| most as u64)));
            quote!(errors.check_item_count(#value.len(), #least, #most);)
        }
        Bound::Matches(pattern) => matches(pattern, value),
        Bound::Bytes(most) => {
            let most = count(*most);
            quote!(errors.check_byte_count(#value, #most);)
        }
        Bound::Identifier => quote!(errors.check_identifier(#value);),
        Bound::Secret(bounds) => {
            let checks = bounds.iter().map(|bound| check(bound, &quote!(value)));
            quote!({ let value = #value.reveal(); #(#checks)* })
        }
        Bound::Nullable(bounds) => {
            let checks = bounds.iter().map(|bound| check(bound, &quote!(value)));
            quote!(if let runtime::Nullable::Value(value) = #value { #(#checks)* })
        }
        Bound::Each(bounds) => {
            let checks = bounds.iter().map(|bound| check(bound, &quote!(value)));
            quote! {
                for (index, value) in #value.iter().enumerate() {
                    errors.check_item(index, |errors| { #(#checks)* });
                }
            }
        }
    }
}

/// A bound without the type behind the number, as a person would write it.
fn option(value: &Option<impl Into<i128> + Copy>) -> TokenStream {
    match value {
        Some(value) => {
            let value = Literal::i128_unsuffixed((*value).into());
            quote!(Some(#value))
        }
        None => quote!(None),
    }
}

/// The end of a range of numbers.
fn end(value: &std::ops::Bound<f64>) -> TokenStream {
    match value {
        std::ops::Bound::Included(value) => quote!(std::ops::Bound::Included(#value)),
        std::ops::Bound::Excluded(value) => quote!(std::ops::Bound::Excluded(#value)),
        std::ops::Bound::Unbounded => quote!(std::ops::Bound::Unbounded),
    }
}

fn count(value: usize) -> Literal {
    Literal::usize_unsuffixed(value)
}

fn matches(pattern: &Pattern, value: &TokenStream) -> TokenStream {
    let (text, name) = (&pattern.text, patterns::name(pattern));
    quote! {
        errors.check_pattern(#value, #text, |value| {
            runtime::matches_pattern(value, super::super::patterns::#name)
        });
    }
}

/// The check of a type: its own bounds, and those of the types in `bounded` that it holds.
pub fn implementation(
    item: &ItemStruct,
    bounds: Option<&FieldBounds>,
    exclusive: &[Exclusive],
    bounded: &BTreeSet<String>,
) -> TokenStream {
    let name = &item.ident;
    let exclusive = exclusive.iter().map(|exclusive| {
        let fields = exclusive.fields.iter().map(|field| {
            let ident = quote::format_ident!("{field}");
            quote!((#field, self.#ident.is_some()))
        });
        let required = exclusive.required;
        quote!(errors.check_exclusive(&[#(#fields),*], #required);)
    });
    let checks: Vec<TokenStream> = match &item.fields {
        Fields::Named(fields) => fields
            .named
            .iter()
            .filter_map(|field| field_check(field, bounds, bounded))
            .collect(),
        _ => Vec::new(),
    };
    let named = matches!(item.fields, Fields::Named(_));
    let setter_errors = named.then(|| quote!(self.setter_errors.report(errors);));
    quote! {
        impl runtime::Validate for types::#name {
            fn validate(&self, errors: &mut runtime::ValidationErrors) {
                #setter_errors
                #(#checks)*
                #(#exclusive)*
            }
        }
    }
}

fn field_check(
    field: &syn::Field,
    bounds: Option<&FieldBounds>,
    bounded: &BTreeSet<String>,
) -> Option<TokenStream> {
    let ident = field.ident.as_ref()?;
    let wire = wire_name(field);
    let bounds = bounds
        .and_then(|bounds| bounds.get(&wire))
        .map(Vec::as_slice)
        .unwrap_or_default();
    let own = (!bounds.is_empty()).then(|| {
        let checks = bounds.iter().map(|bound| check(bound, &quote!(value)));
        let value = match is_option(&field.ty) {
            true => quote!(self.#ident.as_ref()),
            false => quote!(Some(&self.#ident)),
        };
        quote! { errors.check_field_value(#wire, #value, |errors, value| { #(#checks)* }); }
    });
    let names = names_of(&field.ty);
    // The runtime goes through what is optional and through lists.
    let inner = names.iter().any(|name| bounded.contains(name)).then(|| {
        quote! {
            errors.check_field(#wire, |errors| runtime::Validate::validate(&self.#ident, errors));
        }
    });
    (own.is_some() || inner.is_some()).then(|| quote! { #own #inner })
}
