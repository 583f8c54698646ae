//! Renders typed mocks for `httpmock`, with one method per operation, for the tests of SDK users.
//!
//! Progenitor's own `httpmock` helpers are not used. They depend on its client, do not escape identifiers in
//! regular expressions, and offer only one success response per operation. Of progenitor's output, the mocks use the
//! types of parameters, bodies and success responses.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Type, parse_quote, visit_mut::VisitMut};

use super::{
    HEADER, format_file,
    names::{method_name, table_name},
};
use crate::{
    contract::{Content, Contract, Location, Operation, OperationParameter, SuccessResponse},
    docs,
    post_process::request_types::RequestTypes,
    progenitor::Generated,
    syntax::{PathRewriter, first_type_argument, last_segment},
};
use pgbeam_spec::error::Result;

/// Renders one file per area, and `mod.rs`. Returns a path and a content for each file. The paths are relative to
/// the folder of the generated mocks.
pub fn render(contract: &Contract, generated: &Generated) -> Result<Vec<(String, String)>> {
    let areas: BTreeSet<&str> = contract
        .operations
        .iter()
        .map(|operation| operation.area.as_str())
        .collect();
    let mut files = Vec::new();
    let mut root =
        format!("{HEADER}//! Mocks generated from the API contract, one module per area.\n\n");
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
    let (mut methods, mut impls) = (Vec::new(), Vec::new());
    let operations = contract.operations.iter();
    for operation in operations.filter(|operation| operation.area == area) {
        methods.push(mock_method(operation));
        impls.push(when_impl(generated, operation)?);
        impls.push(then_impl(generated, operation)?);
    }
    let doc = docs::attributes(&format!(
        "Mocks of the area `{area}`, one method per operation.\n\n{}",
        contract.area_description(area)
    ));
    let tokens = quote! {
        use std::borrow::Borrow;
        use httpmock::{Mock, MockServer};
        use pgbeam_api::{builder, operations};
        use crate::{Then, When};

        #(#doc)*
        pub trait #name: Borrow<MockServer> {
            #(#methods)*
        }
        impl #name for MockServer {}
        #(#impls)*
    };
    format_file(&format!("Mocks of the area `{area}`."), tokens)
}

fn builder(operation: &Operation) -> TokenStream {
    let name = format_ident!("{}", operation.id.to_upper_camel_case());
    quote!(builder::#name)
}

/// Renders the method that mocks an operation.
fn mock_method(operation: &Operation) -> TokenStream {
    let mut doc = format!(
        "Mocks operation `{}`: `{} {}`. `set` sets the conditions that a request must meet, and the response.",
        operation.id, operation.method, operation.path
    );
    if let Some(summary) = &operation.summary {
        doc.push_str(&format!(
            "\n\nSummary in the API contract: {}.",
            summary.trim_end_matches('.')
        ));
    }
    let doc = docs::attributes(&doc);
    let (name, table) = (method_name(&operation.id), table_name(&operation.id));
    let builder = builder(operation);
    quote! {
        #(#doc)*
        fn #name(&self, set: impl FnOnce(When<#builder>, Then<#builder>) -> Then<#builder>) -> Mock<'_> {
            crate::mock(self.borrow(), &operations::#table, set)
        }
    }
}

/// Renders the `When` methods of an operation. Each adds a condition that a request must meet.
fn when_impl(generated: &Generated, operation: &Operation) -> Result<TokenStream> {
    let types = RequestTypes::from_generated(generated, operation)?;
    let mut methods = Vec::new();
    for parameter in &operation.parameters {
        let field = method_name(&parameter.name);
        let ty = types.parameter(&field)?;
        methods.push(condition(parameter, public_type(ty)?));
    }
    if let Some(body) = &types.body {
        let ty = argument_type(public_type(body)?);
        let optional = operation.body.as_ref().is_some_and(|body| !body.required);
        let doc = docs::attributes("Matches only requests with this body.");
        methods.push(quote! {
            #(#doc)*
            pub fn body(self, value: #ty) -> Self {
                self.set_body(&value)
            }
        });
        let doc = docs::attributes("Matches only requests with an empty body.");
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
    let doc = docs::attributes(&format!(
        "Conditions on requests of operation `{}`.",
        operation.id
    ));
    Ok(quote! {
        #(#doc)*
        impl When<#builder> { #(#methods)* }
    })
}

fn condition(parameter: &OperationParameter, ty: Type) -> TokenStream {
    let (name, wire) = (method_name(&parameter.name), &parameter.name);
    let mut doc = format!("Matches only requests with this value of the parameter `{wire}`.");
    if let Some(description) = &parameter.description {
        doc.push_str(&format!(
            "\n\nDescription in the API contract: {description}"
        ));
    }
    let doc = docs::attributes(&doc);
    let set = match parameter.location {
        Location::Path => quote!(self.set_path(#wire, &value)),
        Location::Query => quote!(self.set_query(#wire, &value)),
        Location::Header => quote!(self.set_header(#wire, &value)),
    };
    let ty = argument_type(ty);
    let set_absent = match parameter.location {
        _ if parameter.required => None,
        Location::Path => None,
        Location::Query => Some(quote!(set_no_query)),
        Location::Header => Some(quote!(set_no_header)),
    };
    let without = set_absent.map(|set| {
        let name = format_ident!("without_{}", name.to_string().trim_start_matches("r#"));
        let doc = docs::attributes(&format!(
            "Matches only requests without the parameter `{wire}`."
        ));
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

/// Renders the `Then` methods of an operation: one for each success response, and `not_modified` if the
/// operation declares 304.
fn then_impl(generated: &Generated, operation: &Operation) -> Result<TokenStream> {
    let types = RequestTypes::from_generated(generated, operation)?;
    let mut methods = Vec::new();
    for SuccessResponse {
        status,
        description,
        media_type,
    } in &operation.success
    {
        let name = status_name(*status);
        let etag = if description.contains("entity tag") {
            " The mock sends no `ETag` unless [`etag`](Self::etag) sets it."
        } else {
            ""
        };
        let doc = docs::attributes(&format!(
            "Responds with status {status}.\n\nDescription in the API contract: {description}{etag}"
        ));
        let (value, response) = match (media_type, operation.content) {
            (Some(media_type), Content::Bytes) => (
                Some(quote!(bytes: impl AsRef<[u8]>)),
                quote!(self.bytes(#status, #media_type, bytes)),
            ),
            (Some(_), Content::Json) => {
                let ty = argument_type(public_type(&types.output)?);
                (Some(quote!(value: #ty)), quote!(self.json(#status, &value)))
            }
            _ => (None, quote!(self.empty(#status))),
        };
        methods.push(quote! {
            #(#doc)*
            pub fn #name(self, #value) -> Self {
                #response
            }
        });
    }
    if operation.conditional {
        let doc = docs::attributes(
            "Responds with status 304: the caller's copy, which `If-None-Match` identifies, is current.",
        );
        methods.push(quote! {
            #(#doc)*
            pub fn not_modified(self) -> Self {
                self.empty(304)
            }
        });
    }
    let builder = builder(operation);
    let not_modified = if operation.conditional {
        " and 304"
    } else {
        ""
    };
    let doc = docs::attributes(&format!(
        "Success responses{not_modified} of operation `{}`. For error responses, see [`problem`](Then::problem).",
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

/// Rewrites the paths in a type of `pgbeam-api` so that other crates can use it: `crate::…` becomes
/// `pgbeam_api::…`, and `types::…` becomes `pgbeam_api::types::…`.
fn public_type(ty: &Type) -> Result<Type> {
    let mut ty = ty.clone();
    for (from, to) in [("crate", "pgbeam_api"), ("types", "pgbeam_api::types")] {
        PathRewriter::new(from, to)?.visit_type_mut(&mut ty);
    }
    Ok(ty)
}

/// Returns the argument type of a mock method for a value of type `ty`: `ty` for a number or `bool`, `&str` for a
/// string, a slice for a list, and `&ty` for any other type.
fn argument_type(ty: Type) -> Type {
    match (last_segment(&ty).as_deref(), first_type_argument(&ty)) {
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
    fn arguments_are_numbers_or_references() {
        let to_string = |ty: Type| ty.to_token_stream().to_string().replace(' ', "");
        for (ty, expected) in [
            ("::std::string::String", "&str"),
            ("i64", "i64"),
            ("crate::ids::ProjectId", "&pgbeam_api::ids::ProjectId"),
            ("types::Thing", "&pgbeam_api::types::Thing"),
            (
                "::std::vec::Vec<types::Thing>",
                "&[pgbeam_api::types::Thing]",
            ),
        ] {
            let ty = public_type(&syn::parse_str(ty).unwrap()).unwrap();
            assert_eq!(to_string(argument_type(ty)), expected);
        }
    }

    #[test]
    fn every_status_has_a_name() {
        assert_eq!(status_name(204), "no_content");
        assert_eq!(status_name(207), "status_207");
    }
}
