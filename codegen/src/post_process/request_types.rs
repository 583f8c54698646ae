//! Reads the parameter, body and result types of an operation from progenitor's request builder.

use heck::ToUpperCamelCase;
use pgbeam_spec::error::Result;
use syn::{ImplItem, Item, Type, parse_quote};

use crate::{
    contract::Operation,
    progenitor::{Generated, unexpected_output},
    syntax::{first_type_argument, impl_type_name, is_option, type_names},
};

/// The Rust types of an operation's parameters, body and result.
pub struct RequestTypes {
    /// The Rust name and type of each parameter, in the builder's order. For an optional parameter, the type is
    /// `T`, not `Option<T>`.
    pub parameters: Vec<(syn::Ident, Type)>,
    pub body: Option<Type>,
    /// Whether the body type has setters. If so, its function `builder()` creates a value whose required fields are
    /// recorded as missing until they are set.
    pub body_has_setters: bool,
    /// The type of the success response's content: `()` for a response without content, `ByteStream` for content
    /// other than JSON.
    pub output: Type,
}

impl RequestTypes {
    /// Reads the types from progenitor's builder of an operation.
    ///
    /// # Errors
    ///
    /// Progenitor generated no builder for the operation, or a builder with unexpected fields or an unexpected `send`.
    pub fn from_generated(generated: &Generated, operation: &Operation) -> Result<Self> {
        let name = operation.id.to_upper_camel_case();
        let missing = || unexpected_output(&format!("the builder `{name}`"));
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
            let inner = first_type_argument(&field.ty).ok_or_else(missing)?;
            if ident == "body" {
                body_has_setters = type_names(inner).contains("builder");
                body = Some(built_type(inner).ok_or_else(missing)?);
                continue;
            }
            let value = match is_option(inner) {
                true => first_type_argument(inner).ok_or_else(missing)?,
                false => inner,
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

    /// Returns the type of the parameter with this Rust name. Returns an error if there is no such parameter.
    pub fn parameter(&self, name: &syn::Ident) -> Result<&Type> {
        let parameter = self.parameters.iter().find(|(other, _)| other == name);
        let missing = || unexpected_output(&format!("a builder without `{name}`"));
        parameter.map(|(_, ty)| ty).ok_or_else(missing)
    }

    /// Returns `true` if the success response has no content.
    pub fn is_empty(&self) -> bool {
        matches!(&self.output, Type::Tuple(tuple) if tuple.elems.is_empty())
    }

    /// Returns `true` if the success response has content other than JSON.
    pub fn is_stream(&self) -> bool {
        type_names(&self.output).contains("ByteStream")
    }
}

/// Returns the type that `types::builder::X` builds: `types::X`.
fn built_type(builder: &Type) -> Option<Type> {
    let Type::Path(path) = builder else {
        return None;
    };
    let segments = path.path.segments.iter();
    let path: Vec<_> = segments
        .filter(|segment| segment.ident != "builder")
        .collect();
    Some(parse_quote!(#(#path)::*))
}

/// Returns `T` of `Result<ResponseValue<T>, …>`, the result of progenitor's `send`.
fn send_output<'a>(generated: &'a Generated, name: &str) -> Option<&'a Type> {
    let methods = generated.requests.iter().filter_map(|item| match item {
        Item::Impl(item) if impl_type_name(item).as_deref() == Some(name) => Some(&item.items),
        _ => None,
    });
    let output = methods.flatten().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "send" => match &function.sig.output {
            syn::ReturnType::Type(_, output) => Some(&**output),
            syn::ReturnType::Default => None,
        },
        _ => None,
    });
    first_type_argument(first_type_argument(output?)?)
}
