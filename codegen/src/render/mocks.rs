//! Typed mocks for the tests of users: one helper an operation, for `httpmock`.
//!
//! The generator has such helpers of its own. They stand on the types, names and regular expressions
//! of its own client, put identifiers into those expressions unescaped, and give only the answers
//! that are left in the document, of which normalising leaves one. What stands on the types that are
//! published is less code than what mends them, so it is written here; the types of parameters and
//! bodies are the generator's.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Type, parse_quote, visit_mut::VisitMut};

use super::{
    MARK, file,
    names::{method_name, table_name},
};
use crate::{
    contract::{Content, Contract, Location, Operation, ParameterPlan, Success},
    docs,
    post_process::request_types::RequestTypes,
    progenitor::Generated,
    syntax::{Rewrite, first_argument, last_name},
};
use pgbeam_spec::error::Result;

/// The files of all areas: path under the folder of generated code, and text.
pub fn files(contract: &Contract, generated: &Generated) -> Result<Vec<(String, String)>> {
    let areas: BTreeSet<&str> = contract
        .operations
        .iter()
        .map(|of| of.area.as_str())
        .collect();
    let mut files = Vec::new();
    let mut root = format!("{MARK}//! The helpers of all areas.\n\n");
    for area in &areas {
        files.push((format!("{area}.rs"), area_file(contract, generated, area)?));
        root.push_str(&format!("#[cfg(feature = {area:?})]\nmod {area};\n"));
    }
    root.push('\n');
    for area in &areas {
        root.push_str(&format!(
            "#[cfg(feature = {area:?})]\npub use {area}::{}Mocks;\n",
            area.to_upper_camel_case()
        ));
    }
    files.push(("mod.rs".to_owned(), root));
    Ok(files)
}

fn area_file(contract: &Contract, generated: &Generated, area: &str) -> Result<String> {
    let name = format_ident!("{}Mocks", area.to_upper_camel_case());
    let (mut starts, mut parts) = (Vec::new(), Vec::new());
    for operation in contract.operations.iter().filter(|of| of.area == area) {
        starts.push(start(operation));
        parts.push(when(generated, operation)?);
        parts.push(then(generated, operation)?);
    }
    let doc = docs::attributes(&format!(
        "Mocks of the area `{area}`: a method an operation, which answers its requests.\n\n{}",
        contract.area_description(area)
    ));
    let tokens = quote! {
        use std::borrow::Borrow;
        use httpmock::{Mock, MockServer};
        use pgbeam_api::{builder, operations};
        use crate::{Then, When};

        #(#doc)*
        pub trait #name: Borrow<MockServer> {
            #(#starts)*
        }
        impl #name for MockServer {}
        #(#parts)*
    };
    file(&format!("Mocks of the area `{area}`."), tokens)
}

fn builder(operation: &Operation) -> TokenStream {
    let name = format_ident!("{}", operation.id.to_upper_camel_case());
    quote!(builder::#name)
}

/// The method that sets up a mock of an operation.
fn start(operation: &Operation) -> TokenStream {
    let doc = match &operation.summary {
        Some(summary) => format!("{}.\n\n", summary.trim_end_matches('.')),
        None => String::new(),
    };
    let doc = docs::attributes(&format!(
        "{doc}`{}`: `{} {}`",
        operation.id, operation.method, operation.path
    ));
    let (name, table) = (method_name(&operation.id), table_name(&operation.id));
    let builder = builder(operation);
    quote! {
        #(#doc)*
        fn #name(&self, set: impl FnOnce(When<#builder>, Then<#builder>) -> Then<#builder>) -> Mock<'_> {
            crate::mock(self.borrow(), &operations::#table, set)
        }
    }
}

/// What a request may be expected to have.
fn when(generated: &Generated, operation: &Operation) -> Result<TokenStream> {
    let types = RequestTypes::of(generated, operation)?;
    let mut methods = Vec::new();
    for parameter in &operation.parameters {
        let field = method_name(&parameter.name);
        let ty = types.parameter(&field)?;
        methods.push(expectation(parameter, published(ty)?));
    }
    if let Some(body) = &types.body {
        let ty = lent(published(body)?);
        let optional = operation.body.as_ref().is_some_and(|body| !body.required);
        let doc = docs::attributes("The body, which must be this value and nothing more.");
        methods.push(quote! {
            #(#doc)*
            pub fn body(self, value: #ty) -> Self {
                self.set_body(&value)
            }
        });
        let doc = docs::attributes("There must be no body.");
        methods.extend(optional.then(|| {
            quote! {
                #(#doc)*
                pub fn without_body(self) -> Self {
                    self.set_no_body()
                }
            }
        }));
    }
    let builder = builder(operation);
    let doc = docs::attributes(&format!("What a request of `{}` must have.", operation.id));
    Ok(quote! {
        #(#doc)*
        impl When<#builder> { #(#methods)* }
    })
}

fn expectation(parameter: &ParameterPlan, ty: Type) -> TokenStream {
    let (name, wire) = (method_name(&parameter.name), &parameter.name);
    let text = parameter.description.clone();
    let doc = docs::attributes(&text.unwrap_or_else(|| format!("`{wire}`.")));
    let set = match parameter.location {
        Location::Path => quote!(self.set_path(#wire, &value)),
        Location::Query => quote!(self.set_query(#wire, &value)),
        Location::Header => quote!(self.set_header(#wire, &value)),
    };
    let ty = lent(ty);
    let absent = match parameter.location {
        _ if parameter.required => None,
        Location::Path => None,
        Location::Query => Some(quote!(set_no_query)),
        Location::Header => Some(quote!(set_no_header)),
    };
    let without = absent.map(|set| {
        let name = format_ident!("without_{}", name.to_string().trim_start_matches("r#"));
        let doc = docs::attributes(&format!("`{wire}` must not be sent."));
        quote! {
            #(#doc)*
            pub fn #name(self) -> Self {
                self.#set(#wire)
            }
        }
    });
    quote! {
        #(#doc)*
        pub fn #name(self, value: #ty) -> Self {
            #set
        }
        #without
    }
}

/// The answers of success, and 304.
fn then(generated: &Generated, operation: &Operation) -> Result<TokenStream> {
    let types = RequestTypes::of(generated, operation)?;
    let mut methods = Vec::new();
    for Success {
        status,
        description,
        media,
    } in &operation.success
    {
        let name = status_name(*status);
        let doc = docs::attributes(&format!("{status}: {description}"));
        let (value, answer) = match (media, operation.content) {
            (Some(media), Content::Bytes) => (
                Some(quote!(bytes: impl AsRef<[u8]>)),
                quote!(self.bytes(#status, #media, bytes)),
            ),
            (Some(_), Content::Json) => {
                let ty = lent(published(&types.output)?);
                (Some(quote!(value: #ty)), quote!(self.json(#status, &value)))
            }
            _ => (None, quote!(self.empty(#status))),
        };
        methods.push(quote! {
            #(#doc)*
            pub fn #name(self, #value) -> Self {
                #answer
            }
        });
    }
    if operation.conditional {
        let doc = docs::attributes("304: it is still what the entity tag stands for.");
        methods.push(quote! {
            #(#doc)*
            pub fn not_modified(self) -> Self {
                self.empty(304)
            }
        });
    }
    let builder = builder(operation);
    let doc = docs::attributes(&format!(
        "How `{}` answers with success. For errors, see [`problem`](Then::problem).",
        operation.id
    ));
    Ok(quote! {
        #(#doc)*
        impl Then<#builder> { #(#methods)* }
    })
}

fn status_name(status: u16) -> syn::Ident {
    match status {
        200 => format_ident!("ok"),
        201 => format_ident!("created"),
        202 => format_ident!("accepted"),
        204 => format_ident!("no_content"),
        other => format_ident!("status_{other}"),
    }
}

/// A type as another crate names it.
fn published(ty: &Type) -> Result<Type> {
    let mut ty = ty.clone();
    for (from, to) in [("crate", "pgbeam_api"), ("types", "pgbeam_api::types")] {
        Rewrite::new(from, to)?.visit_type_mut(&mut ty);
    }
    Ok(ty)
}

/// How a value of a type is given to a method.
fn lent(ty: Type) -> Type {
    match (last_name(&ty).as_deref(), first_argument(&ty)) {
        (Some("String"), _) => parse_quote!(&str),
        (Some("bool" | "i32" | "i64" | "f32" | "f64"), _) => ty,
        (Some("Vec"), Some(item)) => parse_quote!(&[#item]),
        _ => parse_quote!(&#ty),
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    #[test]
    fn values_are_lent_as_is_common() {
        let shown = |ty: Type| ty.to_token_stream().to_string().replace(' ', "");
        for (ty, want) in [
            ("::std::string::String", "&str"),
            ("i64", "i64"),
            ("crate::ids::ProjectId", "&pgbeam_api::ids::ProjectId"),
            ("types::Thing", "&pgbeam_api::types::Thing"),
            (
                "::std::vec::Vec<types::Thing>",
                "&[pgbeam_api::types::Thing]",
            ),
        ] {
            let ty = published(&syn::parse_str(ty).unwrap()).unwrap();
            assert_eq!(shown(lent(ty)), want);
        }
    }

    #[test]
    fn every_status_has_a_name() {
        assert_eq!(status_name(204), "no_content");
        assert_eq!(status_name(207), "status_207");
    }
}
