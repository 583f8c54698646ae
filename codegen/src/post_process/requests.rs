//! The request builders: one an operation, all of which end in the runtime's `Call`.
//!
//! The generator's own `send` formats a URL, builds a `reqwest` request and gives it to a hook that
//! can only answer with `reqwest::Result<Response>`: a refusal before sending, a credential that
//! could not be had and the count of attempts cannot pass through it, and a segment `..` is sent as
//! it is. The runtime's `Call` is one place that puts requests together and checks them, so `send`
//! is written anew on top of it; struct, constructor and setters are the generator's. A builder has
//! the client itself, where the generator borrows it: it can be kept, sent elsewhere, and given
//! another transport.

mod body;
mod methods;

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, ImplItem, ImplItemFn, Item, ItemStruct, Type, parse_quote, visit_mut::VisitMut};

use self::body::{BodyType, optional_body, set_body, start_body};
use super::{KeepWhy, Rewrite, docs, implemented};
use crate::{
    contract::{Location, Operation, ParameterPlan},
    progenitor::{Generated, unexpected},
    render::validate::{self, names_of},
};
use pgbeam_spec::error::{Error, Result};

/// The builder of one operation and the method that starts it.
pub fn refine(generated: &Generated, operation: &Operation) -> Result<TokenStream> {
    let name = format_ident!("{}", heck::AsUpperCamelCase(&operation.id).to_string());
    let missing = || unexpected(&format!("there is no builder `{name}`"));
    let mut definition = None;
    let mut methods = None;
    for item in &generated.requests {
        match item {
            Item::Struct(item) if item.ident == name => definition = Some(item.clone()),
            Item::Impl(item) if implemented(item).is_some_and(|of| name == of) => {
                methods = Some(item.clone());
            }
            _ => {}
        }
    }
    let mut definition = definition.ok_or_else(missing)?;
    let mut methods = methods.ok_or_else(missing)?;

    docs::set(&mut definition.attrs, &struct_doc(operation));
    definition
        .attrs
        .push(parse_quote!(#[must_use = "a request does nothing until it is sent"]));
    let body = BodyType::of(&definition);
    if body.is_some() != operation.body.is_some() {
        return Err(unexpected(&format!(
            "`{name}` and its operation differ on the body"
        )));
    }
    let mut answer = None;
    for item in &mut methods.items {
        let ImplItem::Fn(function) = item else {
            continue;
        };
        methods::refine(function, operation)?;
        if function.sig.ident == "send" {
            let success = success(function, operation)?;
            *function = send(&success);
            answer = Some(success);
        }
    }
    let answer = answer.ok_or_else(|| unexpected(&format!("`{name}` has no `send`")))?;
    if let Some(body) = &body {
        start_body(body, &mut methods.items);
        if operation.body.as_ref().is_some_and(|body| !body.required) {
            optional_body(&mut definition, &mut methods.items, body)?;
        }
    }
    own_client(&mut definition, &mut methods)?;
    let mut rewrite = Rewrite::new("super::Client", "runtime::Client")
        .map_err(|error| Error::new(error.to_string()))?;
    rewrite.visit_item_struct_mut(&mut definition);
    rewrite.visit_item_impl_mut(&mut methods);
    let mut rewrite =
        Rewrite::new("types::builder", "types").map_err(|error| Error::new(error.to_string()))?;
    rewrite.visit_item_struct_mut(&mut definition);
    rewrite.visit_item_impl_mut(&mut methods);
    let mut keep_why = KeepWhy {
        runtime: parse_quote!(runtime),
    };
    keep_why.visit_item_struct_mut(&mut definition);
    keep_why.visit_item_impl_mut(&mut methods);
    let builder = builder(operation, body.as_ref(), &answer);
    Ok(quote! { #definition #methods #builder })
}

/// Takes the borrowed client out of a builder's type.
fn own_client(definition: &mut ItemStruct, methods: &mut syn::ItemImpl) -> Result<()> {
    struct Clone(usize);
    impl VisitMut for Clone {
        fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
            if matches!(&field.member, syn::Member::Named(name) if name == "client") {
                *field = parse_quote!(client: client.clone());
                self.0 += 1;
            }
        }
    }
    definition.generics = syn::Generics::default();
    let mut fields = definition.fields.iter_mut();
    let client = fields.find(|field| field.ident.as_ref().is_some_and(|ident| ident == "client"));
    client
        .ok_or_else(|| unexpected("a builder without a client"))?
        .ty = parse_quote!(super::Client);
    let name = &definition.ident;
    methods.generics = syn::Generics::default();
    methods.self_ty = parse_quote!(#name);
    let mut clone = Clone(0);
    for item in &mut methods.items {
        if let ImplItem::Fn(function) = item
            && function.sig.ident == "new"
        {
            function.sig.inputs = parse_quote!(client: &super::Client);
            clone.visit_block_mut(&mut function.block);
        }
    }
    if clone.0 == 1 {
        Ok(())
    } else {
        Err(unexpected("the constructor of a builder"))
    }
}

/// The last names of the types in what a request gives on success.
pub fn answer_types(generated: &Generated, operation: &Operation) -> BTreeSet<String> {
    let output = send_output(generated, &operation.id.to_upper_camel_case());
    output.map(names_of).unwrap_or_default()
}

/// The types that a request is made of and gives, as the generator names them.
pub struct Parts {
    /// By the name of the parameter's method.
    pub parameters: BTreeMap<String, Type>,
    pub body: Option<Type>,
    /// What a success holds; `None` for nothing, and for bytes.
    pub answer: Option<Type>,
}

impl Parts {
    /// Reads them off the builder of an operation.
    pub fn of(generated: &Generated, operation: &Operation) -> Result<Self> {
        let name = operation.id.to_upper_camel_case();
        let definition = generated.requests.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(item),
            _ => None,
        });
        let definition =
            definition.ok_or_else(|| unexpected(&format!("there is no builder `{name}`")))?;
        let mut parameters = BTreeMap::new();
        for plan in &operation.parameters {
            let name = method_name(&plan.name);
            let mut fields = definition.fields.iter();
            let field = fields.find(|field| field.ident.as_ref() == Some(&name));
            // Result<T, String>, or Result<Option<T>, String>.
            let held = field.and_then(|field| first_argument(&field.ty));
            let ty = if plan.required {
                held
            } else {
                held.and_then(first_argument)
            };
            let ty = ty.ok_or_else(|| unexpected(&format!("the field `{name}` of a builder")))?;
            parameters.insert(name.to_string(), ty.clone());
        }
        let answer = send_output(generated, &name)
            .and_then(first_argument)
            .and_then(first_argument);
        let empty = |ty: &Type| matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty());
        let answer = answer.filter(|ty| !empty(ty) && !names_of(ty).contains("ByteStream"));
        Ok(Self {
            parameters,
            body: BodyType::of(definition).map(|body| body.value),
            answer: answer.cloned(),
        })
    }
}

/// What the generator's own `send` of a builder returns.
fn send_output<'a>(generated: &'a Generated, name: &str) -> Option<&'a Type> {
    let methods = generated.requests.iter().filter_map(|item| match item {
        Item::Impl(item) if implemented(item).is_some_and(|of| of == name) => Some(&item.items),
        _ => None,
    });
    methods.flatten().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "send" => match &function.sig.output {
            syn::ReturnType::Type(_, output) => Some(&**output),
            syn::ReturnType::Default => None,
        },
        _ => None,
    })
}

/// The name of an operation's or parameter's method.
pub fn method_name(name: &str) -> Ident {
    let snake = name.to_snake_case();
    syn::parse_str(&snake).unwrap_or_else(|_| format_ident!("{snake}_"))
}

/// The name of an operation in the table.
pub fn table_name(id: &str) -> Ident {
    format_ident!("{}", id.to_shouty_snake_case())
}

/// The documentation of an operation: its own, and what it is on the wire.
pub fn operation_doc(operation: &Operation) -> String {
    let mut parts = Vec::new();
    parts.extend(
        operation
            .summary
            .as_deref()
            .map(|text| format!("{}.", text.trim_end_matches('.'))),
    );
    parts.extend(operation.description.clone());
    parts.push(format!(
        "`{}`: `{} {}`",
        operation.id, operation.method, operation.path
    ));
    parts.join("\n\n")
}

fn struct_doc(operation: &Operation) -> String {
    format!(
        "A request of `{}` that is being put together: see [`Client::{}`](runtime::Client::{}).",
        operation.id,
        method_name(&operation.id),
        method_name(&operation.id),
    )
}

/// What `send` gives, and the method of an answer that makes it.
struct Success {
    output: Type,
    decode: Ident,
}

/// Reads the type of success out of the generator's own `send`.
fn success(send: &ImplItemFn, operation: &Operation) -> Result<Success> {
    let output = match &send.sig.output {
        syn::ReturnType::Type(_, output) => first_argument(output).and_then(first_argument),
        syn::ReturnType::Default => None,
    };
    let value = output.ok_or_else(|| unexpected("what `send` returns"))?;
    let empty = matches!(value, Type::Tuple(tuple) if tuple.elems.is_empty());
    let optional: Type = parse_quote!(Option<#value>);
    let value = if operation.may_be_empty && !empty {
        &optional
    } else {
        value
    };
    if names_of(value).contains("ByteStream") {
        return Ok(Success {
            output: parse_quote!(runtime::Response<runtime::ByteStream>),
            decode: format_ident!("stream"),
        });
    }
    Ok(match (empty, operation.conditional) {
        (true, _) => Success {
            output: parse_quote!(runtime::Response<()>),
            decode: format_ident!("empty"),
        },
        (false, false) => Success {
            output: parse_quote!(runtime::Response<#value>),
            decode: format_ident!("json"),
        },
        (false, true) => Success {
            output: parse_quote!(runtime::Conditional<#value>),
            decode: format_ident!("conditional"),
        },
    })
}

/// `T` of `X<T, …>`.
pub fn first_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments
    else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

fn send(success: &Success) -> ImplItemFn {
    let Success { output, .. } = success;
    let doc = docs::attributes(
        "Sends the request.\n\n# Errors\n\nKind [`Invalid`](runtime::ErrorKind::Invalid), with every \
         part that is wrong and before anything\nis sent; else what the transport or the API says.",
    );
    parse_quote! {
        #(#doc)*
        pub async fn send(self) -> Result<#output, runtime::Error> {
            runtime::send(self).await
        }
    }
}

/// What the runtime needs of a builder.
fn builder(operation: &Operation, body: Option<&BodyType>, success: &Success) -> TokenStream {
    let name = format_ident!("{}", heck::AsUpperCamelCase(&operation.id).to_string());
    let fields: Vec<Ident> = operation
        .parameters
        .iter()
        .map(|of| method_name(&of.name))
        .collect();
    let body_field = body.map(|_| quote!(body,));
    let table = table_name(&operation.id);
    let parameters: Vec<TokenStream> = operation.parameters.iter().map(set_parameter).collect();
    let set_body = body.map(|_| set_body(operation));
    let Success { output, decode } = success;
    let changes = !parameters.is_empty() || body.is_some();
    let mutable = changes.then(|| quote!(mut));
    let has = |name: &str| operation.parameters.iter().any(|of| of.name == name);
    let header = |wire: &str, trait_: TokenStream, method: TokenStream| {
        has(wire).then(|| {
            quote! {
                impl runtime::#trait_ for #name {
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
    let paged = (has("page_size") && has("page_token")).then(|| {
        quote! {
            impl runtime::Paged for #name {
                fn page_size(self, items: i64) -> Self {
                    Self::page_size(self, items)
                }

                fn page_token(self, token: String) -> Self {
                    Self::page_token(self, token)
                }
            }
        }
    });
    quote! {
        impl runtime::Builder for #name {
            type Output = #output;

            fn through(mut self, client: runtime::Client) -> Self {
                self.client = client;
                self
            }

            fn into_call(self) -> runtime::Call {
                let Self { client, #(#fields,)* #body_field } = self;
                let #mutable call = client.call(&operations::#table);
                #(#parameters)*
                #set_body
                call
            }

            fn read(answer: runtime::RawResponse) -> Result<#output, runtime::Error> {
                answer.#decode()
            }
        }
        #if_match
        #if_none_match
        #paged
    }
}

fn set_parameter(parameter: &ParameterPlan) -> TokenStream {
    let field = method_name(&parameter.name);
    let name = &parameter.name;
    let take = if parameter.required || parameter.location == Location::Path {
        quote!(required)
    } else {
        quote!(optional)
    };
    let set = match parameter.location {
        Location::Path => quote!(set_path),
        Location::Query => quote!(set_query),
        Location::Header => quote!(set_header),
    };
    let checks: Vec<TokenStream> = parameter
        .bounds
        .iter()
        .map(|bound| validate::check(bound, &quote!(value)))
        .collect();
    let check = (!checks.is_empty()).then(|| {
        quote! { call.check(#name, &value, |violations, value| { #(#checks)* }); }
    });
    let send = match parameter.repeated {
        true => quote! {
            for value in &value {
                call.#set(#name, &runtime::parameter(value));
            }
        },
        false if parameter.location == Location::Path => {
            quote!(call.#set(#name, runtime::parameter(&value));)
        }
        false => quote!(call.#set(#name, &runtime::parameter(&value));),
    };
    quote! {
        if let Some(value) = call.#take(#name, #field) {
            #check
            #send
        }
    }
}
