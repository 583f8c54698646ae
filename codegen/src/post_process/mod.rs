//! Turns what the generator made into what is published.

pub mod docs;
pub mod requests;
pub mod types;

use syn::{Expr, parse_quote, visit_mut::VisitMut};

/// Rewrites the beginning of paths: `from` becomes `to`.
pub struct Rewrite {
    pub from: Vec<String>,
    pub to: syn::Path,
}

impl Rewrite {
    /// Rewrites paths that begin with `from`, written with `::`.
    pub fn new(from: &str, to: &str) -> syn::Result<Self> {
        Ok(Self {
            from: from.split("::").map(str::to_owned).collect(),
            to: syn::parse_str(to)?,
        })
    }
}

impl VisitMut for Rewrite {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        syn::visit_mut::visit_path_mut(self, path);
        let matches = path.segments.len() >= self.from.len()
            && path
                .segments
                .iter()
                .zip(&self.from)
                .all(|(segment, from)| segment.ident == from);
        if matches {
            let rest = path.segments.iter().skip(self.from.len()).cloned();
            let mut new = self.to.clone();
            new.segments.extend(rest);
            *path = new;
        }
    }
}

/// Has a builder keep what is wrong with a value as the runtime's `ConversionError`, where the generator
/// has a `String`: each field of each builder would take memory to say that it is not set yet.
pub struct KeepWhy {
    pub runtime: syn::Path,
}

impl VisitMut for KeepWhy {
    /// The error of what a builder holds: `Result<T, String>`.
    fn visit_field_mut(&mut self, field: &mut syn::Field) {
        let syn::Type::Path(held) = &mut field.ty else {
            return;
        };
        let Some(last) = held.path.segments.last_mut() else {
            return;
        };
        if let ("Result", syn::PathArguments::AngleBracketed(arguments)) =
            (last.ident.to_string().as_str(), &mut last.arguments)
            && let Some(why) = arguments.args.iter_mut().nth(1)
        {
            let runtime = &self.runtime;
            *why = parse_quote!(#runtime::ConversionError);
        }
    }

    /// The texts that become one.
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expr);
        match expr {
            Expr::MethodCall(call) if call.method == "to_string" => {
                let text = &call.receiver;
                *expr = match **text {
                    Expr::Lit(_) => parse_quote!(#text.into()),
                    _ => parse_quote!(#text.to_string().into()),
                };
            }
            Expr::Macro(text) if text.mac.path.is_ident("format") => {
                *expr = parse_quote!(#text.into());
            }
            _ => {}
        }
    }
}

/// The name of the type that an `impl` is for.
pub fn implemented(item: &syn::ItemImpl) -> Option<String> {
    match &*item.self_ty {
        syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}
