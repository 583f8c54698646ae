//! The types that a request takes and gives, read off progenitor's builder of its operation.

use heck::ToUpperCamelCase;
use pgbeam_spec::error::Result;
use syn::{ImplItem, Item, Type, parse_quote};

use crate::{
    contract::Operation,
    progenitor::{Generated, unexpected},
    syntax::{first_argument, implemented, is_option, names_of},
};

/// The types of one request.
pub struct RequestTypes {
    /// The name and type of each parameter, in the builder's order.
    pub parameters: Vec<(syn::Ident, Type)>,
    pub body: Option<Type>,
    /// Whether the body has setters, and so a `builder()` that knows what is missing.
    pub body_has_setters: bool,
    /// What a success holds: `()` for nothing.
    pub output: Type,
}

impl RequestTypes {
    /// Reads them off the builder of an operation.
    pub fn of(generated: &Generated, operation: &Operation) -> Result<Self> {
        let name = operation.id.to_upper_camel_case();
        let missing = || unexpected(&format!("the builder `{name}`"));
        let definition = generated.requests.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(item),
            _ => None,
        });
        let (mut parameters, mut body, mut body_has_setters) = (Vec::new(), None, false);
        for field in &definition.ok_or_else(missing)?.fields {
            let ident = field.ident.clone().ok_or_else(missing)?;
            if ident == "client" {
                continue;
            }
            // `Result<T, String>`, or `Result<Option<T>, String>`.
            let held = first_argument(&field.ty).ok_or_else(missing)?;
            if ident == "body" {
                body_has_setters = names_of(held).contains("builder");
                body = Some(built(held).ok_or_else(missing)?);
                continue;
            }
            let value = match is_option(held) {
                true => first_argument(held).ok_or_else(missing)?,
                false => held,
            };
            parameters.push((ident, value.clone()));
        }
        if body.is_some() != operation.body.is_some()
            || parameters.len() != operation.parameters.len()
        {
            return Err(missing());
        }
        let output = send_output(generated, &name).ok_or_else(missing)?;
        Ok(Self {
            parameters,
            body,
            body_has_setters,
            output: output.clone(),
        })
    }

    /// The type of a parameter.
    pub fn parameter(&self, name: &syn::Ident) -> Result<&Type> {
        let found = self.parameters.iter().find(|(other, _)| other == name);
        let missing = || unexpected(&format!("a builder without `{name}`"));
        found.map(|(_, ty)| ty).ok_or_else(missing)
    }

    /// Whether a success holds nothing.
    pub fn is_empty(&self) -> bool {
        matches!(&self.output, Type::Tuple(tuple) if tuple.elems.is_empty())
    }

    /// Whether a success holds bytes.
    pub fn is_stream(&self) -> bool {
        names_of(&self.output).contains("ByteStream")
    }
}

/// The type that `types::builder::X` builds: `types::X`.
fn built(builder: &Type) -> Option<Type> {
    let Type::Path(path) = builder else {
        return None;
    };
    let segments = path.path.segments.iter();
    let path: Vec<_> = segments.filter(|one| one.ident != "builder").collect();
    Some(parse_quote!(#(#path)::*))
}

/// `T` of `Result<ResponseValue<T>, …>`, which progenitor's `send` returns.
fn send_output<'a>(generated: &'a Generated, name: &str) -> Option<&'a Type> {
    let methods = generated.requests.iter().filter_map(|item| match item {
        Item::Impl(item) if implemented(item).is_some_and(|of| of == name) => Some(&item.items),
        _ => None,
    });
    let output = methods.flatten().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "send" => match &function.sig.output {
            syn::ReturnType::Type(_, output) => Some(&**output),
            syn::ReturnType::Default => None,
        },
        _ => None,
    });
    first_argument(first_argument(output?)?)
}
