//! Renders the operation table: one static per operation, with its method, path, parameters, idempotency, body,
//! response content and read-back rules.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::names::table_name;
use crate::{
    contract::{Content, Location, Operation},
    docs,
    read_back::ReadBack,
};

/// Renders one static per operation.
pub fn render<'a>(operations: impl Iterator<Item = &'a Operation>) -> TokenStream {
    operations.map(operation_static).collect()
}

fn operation_static(operation: &Operation) -> TokenStream {
    let name = table_name(&operation.id);
    let Operation { id, path, area, .. } = operation;
    let method = format_ident!("{}", operation.method);
    let mut doc = format!("Operation `{id}`: `{} {path}`.", operation.method);
    if let Some(summary) = &operation.summary {
        doc.push_str(&format!("\n\n{}.", summary.trim_end_matches('.')));
    }
    let doc = docs::attributes(&doc);
    let parameters = operation.parameters.iter().map(|parameter| {
        let name = &parameter.name;
        let location = match parameter.location {
            Location::Path => quote!(Path),
            Location::Query => quote!(Query),
            Location::Header => quote!(Header),
        };
        let required = parameter.required;
        if parameter.is_identifier {
            return quote!(runtime::Parameter::identifier(#name));
        }
        quote!(runtime::Parameter::new(#name, runtime::Location::#location, #required))
    });
    let idempotency = match operation.method.as_str() {
        _ if operation.rejects_key => quote!(KeyRejected),
        _ if operation.read_only => quote!(ReadOnly),
        "POST" | "PATCH" if operation.declares_key() => quote!(Keyed),
        "POST" | "PATCH" if operation.idempotent => quote!(IdempotentPatch),
        "POST" | "PATCH" => quote!(NonIdempotent),
        _ => quote!(Idempotent),
    };
    let body = operation.body.is_some();
    let content = match operation.content {
        Content::Json => quote!(Json),
        Content::Bytes => quote!(Bytes),
        Content::None => quote!(None),
    };
    let read_back = operation.read_back.as_ref().map(read_back);
    quote! {
        #(#doc)*
        pub static #name: runtime::Operation = runtime::Operation::new(
            #id,
            runtime::Method::#method,
            #path,
            #area,
            &[#(#parameters),*],
            runtime::Idempotency::#idempotency,
            #body,
            runtime::Content::#content,
        )
        #read_back;
    }
}

fn read_back(read_back: &ReadBack) -> TokenStream {
    let read = table_name(&read_back.operation);
    let when_absent = read_back
        .when_absent
        .iter()
        .map(|(name, value)| match value {
            Some(value) => {
                let json = value.to_string();
                quote!((#name, Some(#json)))
            }
            None => quote!((#name, None)),
        });
    let server_owned = &read_back.server_owned;
    quote! {
        .with_read_back(runtime::ReadBack::new(
            &#read,
            &[#(#when_absent),*],
            &[#(#server_owned),*],
        ))
    }
}
