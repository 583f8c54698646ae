//! Renders the code that checks request bodies and parameters against the constraints of the contract.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Fields, ItemStruct};

use super::patterns;
use crate::{
    contract::{Constraint, ExclusiveFields},
    pattern::Pattern,
    syntax::{is_option, type_names, wire_name},
};

/// Constraints by JSON field name.
pub type FieldConstraints = BTreeMap<String, Vec<Constraint>>;

/// Renders the statement that checks one constraint. The statement adds an error to the variable `errors` if
/// the value violates the constraint. `value` is an expression for a reference to the checked value.
pub fn check(constraint: &Constraint, value: &TokenStream) -> TokenStream {
    match constraint {
        Constraint::Length { min, max } => {
            let (min, max) = (
                usize_literal(*min),
                option_literal(&max.map(|max| max as u64)),
            );
            quote!(errors.check_length(#value, #min, #max);)
        }
        Constraint::Range { min, max } => {
            let (min, max) = (option_literal(min), option_literal(max));
            quote!(errors.check_range(i64::from(*#value), #min, #max);)
        }
        Constraint::Number { min, max } => {
            let (min, max) = (range_end(min), range_end(max));
            quote!(errors.check_number(*#value, #min, #max);)
        }
        Constraint::Items { min, max } => {
            let (min, max) = (
                usize_literal(*min),
                option_literal(&max.map(|max| max as u64)),
            );
            quote!(errors.check_item_count(#value.len(), #min, #max);)
        }
        Constraint::Pattern(pattern) => check_pattern(pattern, value),
        Constraint::MaxBytes(max) => {
            let max = usize_literal(*max);
            quote!(errors.check_byte_count(#value, #max);)
        }
        Constraint::Identifier => quote!(errors.check_identifier(#value);),
        Constraint::Secret(constraints) => {
            let checks = constraints
                .iter()
                .map(|constraint| check(constraint, &quote!(value)));
            quote!({ let value = #value.reveal(); #(#checks)* })
        }
        Constraint::Nullable(constraints) => {
            let checks = constraints
                .iter()
                .map(|constraint| check(constraint, &quote!(value)));
            quote!(if let runtime::Nullable::Value(value) = #value { #(#checks)* })
        }
        Constraint::Each(constraints) => {
            let checks = constraints
                .iter()
                .map(|constraint| check(constraint, &quote!(value)));
            quote! {
                for (index, value) in #value.iter().enumerate() {
                    errors.check_item(index, |errors| { #(#checks)* });
                }
            }
        }
    }
}

/// Renders an `Option` of an integer, without a type suffix.
fn option_literal(value: &Option<impl Into<i128> + Copy>) -> TokenStream {
    match value {
        Some(value) => {
            let value = Literal::i128_unsuffixed((*value).into());
            quote!(Some(#value))
        }
        None => quote!(None),
    }
}

/// Renders one end of a range of numbers as a `Bound`.
fn range_end(value: &std::ops::Bound<f64>) -> TokenStream {
    match value {
        std::ops::Bound::Included(value) => quote!(std::ops::Bound::Included(#value)),
        std::ops::Bound::Excluded(value) => quote!(std::ops::Bound::Excluded(#value)),
        std::ops::Bound::Unbounded => quote!(std::ops::Bound::Unbounded),
    }
}

fn usize_literal(value: usize) -> Literal {
    Literal::usize_unsuffixed(value)
}

fn check_pattern(pattern: &Pattern, value: &TokenStream) -> TokenStream {
    let (regex, name) = (&pattern.regex, patterns::static_name(pattern));
    quote! {
        errors.check_pattern(#value, #regex, |value| {
            runtime::matches_pattern(value, super::super::patterns::#name)
        });
    }
}

/// Renders the implementation of `runtime::Validate` for a type. The implementation reports the errors that setters
/// stored, checks `constraints` and `exclusive_fields`, and validates each field whose type is in `validated`.
pub fn render_impl(
    item: &ItemStruct,
    constraints: Option<&FieldConstraints>,
    exclusive_fields: &[ExclusiveFields],
    validated: &BTreeSet<String>,
) -> TokenStream {
    let name = &item.ident;
    let exclusive = exclusive_fields.iter().map(|group| {
        let fields = group.fields.iter().map(|field| {
            let ident = quote::format_ident!("{field}");
            quote!((#field, self.#ident.is_some()))
        });
        let required = group.required;
        quote!(errors.check_exclusive(&[#(#fields),*], #required);)
    });
    let checks: Vec<TokenStream> = match &item.fields {
        Fields::Named(fields) => fields
            .named
            .iter()
            .filter_map(|field| field_check(field, constraints, validated))
            .collect(),
        _ => Vec::new(),
    };
    let has_fields = matches!(item.fields, Fields::Named(_));
    let setter_errors = has_fields.then(|| quote!(self.setter_errors.report(errors);));
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
    constraints: Option<&FieldConstraints>,
    validated: &BTreeSet<String>,
) -> Option<TokenStream> {
    let ident = field.ident.as_ref()?;
    let wire = wire_name(field);
    let constraints = constraints
        .and_then(|fields| fields.get(&wire))
        .map(Vec::as_slice)
        .unwrap_or_default();
    let own = (!constraints.is_empty()).then(|| {
        let checks = constraints
            .iter()
            .map(|constraint| check(constraint, &quote!(value)));
        let value = match is_option(&field.ty) {
            true => quote!(self.#ident.as_ref()),
            false => quote!(Some(&self.#ident)),
        };
        quote! { errors.check_field_value(#wire, #value, |errors, value| { #(#checks)* }); }
    });
    let names = type_names(&field.ty);
    // The runtime implements `Validate` for options, lists and maps.
    let inner = names.iter().any(|name| validated.contains(name)).then(|| {
        quote! {
            errors.check_field(#wire, |errors| runtime::Validate::validate(&self.#ident, errors));
        }
    });
    (own.is_some() || inner.is_some()).then(|| quote! { #own #inner })
}
