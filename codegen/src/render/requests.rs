//! Renders the request builders, one per operation, which build the runtime's `Call`.
//!
//! Progenitor's own request builders are not used, for two reasons. Their `send` passes a `reqwest` request
//! to a hook that returns `reqwest::Result<Response>`, so the hook cannot report validation errors, a missing
//! credential or the number of attempts. They also accept `..` as the value of a path parameter: the URL
//! library resolves it, and the request reaches another path. The runtime's `Call` builds and validates every
//! request.
//!
//! A builder owns a clone of its client. So it can be stored and sent to another thread, and its client can be
//! replaced.

use pgbeam_spec::error::Result;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Type};

use super::{
    names::{builder_name, method_name, table_name},
    validate,
};
use crate::{
    contract::{Location, Operation, OperationParameter},
    docs,
    post_process::request_types::RequestTypes,
    progenitor::Generated,
    syntax::last_segment,
};

/// Renders the builder of an operation: the struct, its setters and `send`, and its implementations of the
/// runtime's traits.
pub fn render_builder(generated: &Generated, operation: &Operation) -> Result<TokenStream> {
    let types = RequestTypes::from_generated(generated, operation)?;
    let name = builder_name(operation);
    let method = method_name(&operation.id);
    let doc = docs::attributes(&format!(
        "Request builder of operation `{}`, returned by [`Client::{method}`](runtime::Client::{method}).",
        operation.id
    ));
    let (mut fields, mut initial, mut setters) = (Vec::new(), Vec::new(), Vec::new());
    let mut set_body = None;
    for (field, ty) in &types.parameters {
        let parameter = parameter(operation, field);
        let required = parameter.is_some_and(|parameter| parameter.required);
        let field_type = field_type(required, ty);
        fields.push(quote!(#field: Result<#field_type, runtime::ConversionError>));
        initial.push(match required {
            true => quote!(#field: Err("is missing".into())),
            false => quote!(#field: Ok(None)),
        });
        setters.push(setter(field, required, ty, parameter));
    }
    if let (Some(body), Some(details)) = (&types.body, &operation.body) {
        // Boxed, because a builder is moved often and its body may be large.
        fields.push(quote!(body: Result<Option<Box<#body>>, runtime::ConversionError>));
        initial.push(quote!(body: Ok(None)));
        let constructor = body_constructor(body, types.body_has_setters);
        setters.push(body_setters(body, &constructor));
        set_body = Some(match details.required {
            true => quote! {
                call.set_body(body.map(|body| body.unwrap_or_else(|| Box::new(#constructor()))));
            },
            false => quote! {
                if let Some(body) = call.take_optional("body", body) {
                    call.set_body(Ok::<_, runtime::ConversionError>(body));
                }
            },
        });
    }
    let (output, decode) = send_output(&types, operation);
    let inputs = if operation.body.is_some() {
        "a parameter or the body"
    } else {
        "a parameter"
    };
    // The caller reads the body of a stream after `send` has returned.
    let (incomplete, complete) = match types.is_stream() {
        true => ("", "a"),
        false => (", or if a success response is incomplete", "a complete"),
    };
    let applied = match operation.read_only {
        true => "",
        false => {
            "\n\nIf [`Error::maybe_applied`](runtime::Error::maybe_applied) returns `true`, the request may have \
             taken effect despite the error."
        }
    };
    let send_doc = docs::attributes(&format!(
        "Sends the request.\n\n# Errors\n\nIf {inputs} is invalid, sends nothing and returns an error of kind \
         [`Invalid`](runtime::ErrorKind::Invalid) with every validation error. For an error response, returns an \
         error of kind [`Api`](runtime::ErrorKind::Api). If there is no response{incomplete}, returns the error of \
         the transport. If {complete} success response cannot be used, returns an error of kind \
         [`Decode`](runtime::ErrorKind::Decode).{applied}",
    ));
    let trait_impls = trait_impls(operation, &types, set_body, &output, &decode);
    Ok(quote! {
        #(#doc)*
        #[derive(Debug, Clone)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct #name {
            client: runtime::Client,
            #(#fields,)*
        }

        impl #name {
            /// Creates a builder with no parameters set.
            pub fn new(client: &runtime::Client) -> Self {
                Self { client: client.clone(), #(#initial,)* }
            }

            #(#setters)*

            #(#send_doc)*
            pub async fn send(self) -> Result<#output, runtime::Error> {
                runtime::send(self).await
            }
        }

        #trait_impls
    })
}

fn field_type(required: bool, ty: &Type) -> TokenStream {
    match required {
        true => quote!(#ty),
        false => quote!(Option<#ty>),
    }
}

/// Returns the path of the function that creates a body with no fields set.
fn body_constructor(body: &Type, has_setters: bool) -> TokenStream {
    match has_setters {
        true => quote!(#body::builder),
        false => quote!(::std::default::Default::default),
    }
}

fn parameter<'a>(operation: &'a Operation, field: &Ident) -> Option<&'a OperationParameter> {
    let mut parameters = operation.parameters.iter();
    parameters.find(|parameter| method_name(&parameter.name) == *field)
}

fn setter(
    field: &Ident,
    required: bool,
    ty: &Type,
    parameter: Option<&OperationParameter>,
) -> TokenStream {
    let doc = parameter.and_then(|parameter| parameter.description.clone());
    let doc = docs::attributes(&doc.unwrap_or_else(|| format!("Sets `{field}`.")));
    let some = (!required).then(|| quote!(.map(Some)));
    let (bounds, convert) = match last_segment(ty).as_deref() {
        Some("DateTime") => (quote!(V: runtime::IntoTimestamp), quote!(into_timestamp)),
        _ => (
            quote!(V: std::convert::TryInto<#ty>, V::Error: std::fmt::Display),
            quote!(try_into),
        ),
    };
    quote! {
        #(#doc)*
        pub fn #field<V>(mut self, value: V) -> Self
        where
            #bounds
        {
            self.#field = value.#convert() #some .map_err(|error| error.to_string().into());
            self
        }
    }
}

fn body_setters(body: &Type, constructor: &TokenStream) -> TokenStream {
    let failed = format!(
        "conversion to `{}` for body failed: {{}}",
        last_segment(body).unwrap_or_default()
    );
    quote! {
        /// Sets the body. If `value` cannot be converted, sending the request returns a validation error.
        pub fn body<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<#body>,
            <V as std::convert::TryInto<#body>>::Error: std::fmt::Display,
        {
            self.body = match value.try_into() {
                Ok(body) => Ok(Some(Box::new(body))),
                Err(error) => Err(format!(#failed, error).into()),
            };
            self
        }

        /// Passes the body to `f` and replaces the body with the result. If no body is set, `f` receives
        /// a body with every field unset.
        pub fn body_map<F>(mut self, f: F) -> Self
        where
            F: std::ops::FnOnce(#body) -> #body,
        {
            self.body = self.body.map(|body| {
                Some(Box::new(f(body.map_or_else(#constructor, |body| *body))))
            });
            self
        }
    }
}

/// Returns the type that `send` returns on success, and the name of the `RawResponse` method that decodes the
/// response to it.
fn send_output(types: &RequestTypes, operation: &Operation) -> (TokenStream, Ident) {
    let value = &types.output;
    let (output, decode) = match () {
        () if types.is_stream() => (quote!(Response<runtime::ByteStream>), "stream"),
        () if types.is_empty() => (quote!(Response<()>), "empty"),
        () if operation.conditional => (quote!(Conditional<#value>), "conditional"),
        () => (quote!(Response<#value>), "json"),
    };
    (quote!(runtime::#output), format_ident!("{decode}"))
}

/// Renders the implementations of the runtime's traits for a builder.
fn trait_impls(
    operation: &Operation,
    types: &RequestTypes,
    set_body: Option<TokenStream>,
    output: &TokenStream,
    decode: &Ident,
) -> TokenStream {
    let name = builder_name(operation);
    let table = table_name(&operation.id);
    let parameters = &operation.parameters;
    let fields = parameters
        .iter()
        .map(|parameter| method_name(&parameter.name));
    let body_field = set_body.as_ref().map(|_| quote!(body,));
    let set_parameters = parameters.iter().filter_map(|parameter| {
        let name = method_name(&parameter.name);
        let (_, ty) = types.parameters.iter().find(|(field, _)| *field == name)?;
        Some(set_parameter(parameter, ty))
    });
    let mutable = (!parameters.is_empty() || set_body.is_some()).then(|| quote!(mut));
    let has = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
    let header = |wire: &str, header_trait: TokenStream, method: TokenStream| {
        has(wire).then(|| {
            quote! {
                impl runtime::#header_trait for #name {
                    fn #method(self, etag: String) -> Self {
                        Self::#method(self, etag)
                    }
                }
            }
        })
    };
    let if_match = header("If-Match", quote!(IfMatch), quote!(if_match));
    let if_none_match = header("If-None-Match", quote!(IfNoneMatch), quote!(if_none_match))
        .filter(|_| operation.conditional);
    let paged_impl = (has("page_size") && has("page_token")).then(|| {
        quote! {
            impl runtime::Paginated for #name {
                fn page_size(self, items: i64) -> Self {
                    Self::page_size(self, items)
                }
            }
        }
    });
    quote! {
        impl runtime::RequestBuilder for #name {
            type Output = #output;

            fn with_client(mut self, client: runtime::Client) -> Self {
                self.client = client;
                self
            }

            fn into_call(self) -> runtime::Call {
                let Self { client, #(#fields,)* #body_field } = self;
                let #mutable call = client.call(&operations::#table);
                #(#set_parameters)*
                #set_body
                call
            }

            fn parse_response(response: Box<runtime::RawResponse>) -> Result<#output, runtime::Error> {
                response.#decode()
            }
        }
        #if_match
        #if_none_match
        #paged_impl
    }
}

fn set_parameter(parameter: &OperationParameter, ty: &Type) -> TokenStream {
    let field = method_name(&parameter.name);
    let name = &parameter.name;
    let take = if parameter.required || parameter.location == Location::Path {
        quote!(take_required)
    } else {
        quote!(take_optional)
    };
    let set = match parameter.location {
        Location::Path if parameter.is_identifier => quote!(set_id),
        Location::Path => quote!(set_path),
        Location::Query => quote!(set_query),
        Location::Header => quote!(set_header),
    };
    let checks: Vec<TokenStream> = parameter
        .constraints
        .iter()
        .map(|constraint| validate::check(constraint, &quote!(value)))
        .collect();
    let check = (!checks.is_empty()).then(|| {
        quote! { call.check_parameter(#name, &value, |errors, value| { #(#checks)* }); }
    });
    let reference = (parameter.location != Location::Path).then(|| quote!(&));
    let is_string = last_segment(ty).as_deref() == Some("String");
    let argument = match is_string || parameter.is_identifier {
        true => quote!(value),
        false => quote!(runtime::format_parameter(&value)),
    };
    quote! {
        if let Some(value) = call.#take(#name, #field) {
            #check
            call.#set(#name, #reference #argument);
        }
    }
}
