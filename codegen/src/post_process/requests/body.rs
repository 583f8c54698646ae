//! The body of a request: how a builder holds it, and what it comes to when nothing sets it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Block, Expr, FnArg, ImplItem, ItemStruct, Type, parse_quote, visit_mut::VisitMut};

use super::first_argument;
use crate::{contract::Operation, progenitor::unexpected};
use pgbeam_spec::error::Result;

/// How the body is held while it is put together.
pub struct BodyType {
    /// The type itself.
    pub value: Type,
    /// Whether it has setters, and so a `builder()` that knows what is missing.
    pub built: bool,
}

impl BodyType {
    /// Reads it off the definition of a builder; `None` for one without a body.
    pub fn of(definition: &ItemStruct) -> Option<Self> {
        let mut fields = definition.fields.iter();
        let field =
            fields.find(|field| field.ident.as_ref().is_some_and(|ident| ident == "body"))?;
        // Result<types::builder::X, String>
        let Type::Path(held) = first_argument(&field.ty)? else {
            return None;
        };
        let mut path = held.path.clone();
        let built = path
            .segments
            .iter()
            .any(|segment| segment.ident == "builder");
        path.segments = path
            .segments
            .into_iter()
            .filter(|segment| segment.ident != "builder")
            .collect();
        Some(Self {
            value: parse_quote!(#path),
            built,
        })
    }
}

/// Gives the body to the call.
pub fn set_body(operation: &Operation) -> TokenStream {
    if operation.body.as_ref().is_some_and(|body| body.required) {
        quote! { call.set_body(body); }
    } else {
        quote! {
            if let Some(body) = call.optional("body", body) {
                call.set_body(Ok::<_, runtime::ConversionError>(body));
            }
        }
    }
}

/// A body starts with what is missing from it.
pub fn start_body(body: &BodyType, methods: &mut [ImplItem]) {
    struct Start<'a>(&'a Type);
    impl VisitMut for Start<'_> {
        fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
            if matches!(&field.member, syn::Member::Named(name) if name == "body") {
                let value = self.0;
                field.expr = parse_quote!(Ok(#value::builder()));
            }
        }
    }
    for item in methods {
        if let ImplItem::Fn(function) = item
            && body.built
            && function.sig.ident == "new"
        {
            Start(&body.value).visit_block_mut(&mut function.block);
        }
    }
}

/// A body that may be left out is left out when nothing sets it; the generator would send `{}`.
pub fn optional_body(
    definition: &mut ItemStruct,
    methods: &mut [ImplItem],
    body: &BodyType,
) -> Result<()> {
    let value = &body.value;
    for field in &mut definition.fields {
        if field.ident.as_ref().is_some_and(|ident| ident == "body")
            && let Some(held) = first_argument(&field.ty)
        {
            field.ty = parse_quote!(Result<Option<#held>, String>);
        }
    }
    for item in methods {
        let ImplItem::Fn(function) = item else {
            continue;
        };
        match function.sig.ident.to_string().as_str() {
            "new" => MakeOptional.visit_block_mut(&mut function.block),
            "body" => wrap_body(&mut function.block)?,
            "body_map" => {
                let parameter = function.sig.inputs.iter().find_map(|input| match input {
                    FnArg::Typed(input) => Some(&input.pat),
                    FnArg::Receiver(_) => None,
                });
                let f = parameter.ok_or_else(|| unexpected("`body_map` takes nothing"))?;
                function.block = parse_quote!({
                    self.body = self.body.map(|body| Some(#f(body.unwrap_or_else(#value::builder))));
                    self
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// `body: Ok(Default::default())` is `Ok(None)` once the field is an `Option`, and so is the `Err`
/// that stands for a body that was not set.
struct MakeOptional;

impl VisitMut for MakeOptional {
    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        if matches!(&field.member, syn::Member::Named(name) if name == "body") {
            field.expr = parse_quote!(Ok(None));
        }
    }
}

fn wrap_body(block: &mut Block) -> Result<()> {
    struct Wrap(usize);
    impl VisitMut for Wrap {
        fn visit_expr_assign_mut(&mut self, assign: &mut syn::ExprAssign) {
            let value: &Expr = &assign.right;
            *assign.right = parse_quote!((#value).map(Some));
            self.0 += 1;
        }
    }
    let mut wrap = Wrap(0);
    wrap.visit_block_mut(block);
    if wrap.0 == 1 {
        Ok(())
    } else {
        Err(unexpected("the setter `body`"))
    }
}
