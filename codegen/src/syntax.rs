//! Inspects the syntax trees of generated Rust code, and rewrites paths in them.

use std::collections::BTreeSet;

use pgbeam_spec::error::{Error, Result};
use syn::{GenericArgument, PathArguments, Type, visit_mut::VisitMut};

/// Replaces the prefix `from` with `to` in each path of a syntax tree that starts with `from`.
pub struct PathRewriter {
    from: Vec<String>,
    to: syn::Path,
}

impl PathRewriter {
    /// Creates a rewriter for paths that start with `from`, such as `crate::types`.
    pub fn new(from: &str, to: &str) -> Result<Self> {
        Ok(Self {
            from: from.split("::").map(str::to_owned).collect(),
            to: parse_path(to)?,
        })
    }
}

impl VisitMut for PathRewriter {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        syn::visit_mut::visit_path_mut(self, path);
        let mut segments = path.segments.iter();
        if self
            .from
            .iter()
            .all(|from| segments.next().is_some_and(|segment| segment.ident == from))
        {
            let mut new = self.to.clone();
            new.segments.extend(segments.cloned());
            *path = new;
        }
    }
}

/// Parses a path such as `crate::runtime`.
pub fn parse_path(text: &str) -> Result<syn::Path> {
    syn::parse_str(text)
        .map_err(|error| Error::new(format!("`{text}` is not a Rust path: {error}")))
}

/// Returns the name of the type that an `impl` block is for: the last segment of its path. `None` if the type is
/// not a path.
pub fn impl_type_name(item: &syn::ItemImpl) -> Option<String> {
    last_segment(&item.self_ty)
}

/// Returns `T` of `X<T, …>`. `None` if the type has no generic arguments, or if the first one is not a type.
pub fn first_type_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    match &path.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the last segment of a type's path: `Option` for `::std::option::Option<T>`. `None` if the type is
/// not a path.
pub fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

/// Returns `true` if a type is an `Option`.
pub fn is_option(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|name| name == "Option")
}

/// Returns the names of all path segments in a type: `Option`, `Vec` and `MaskingRule` for
/// `Option<Vec<MaskingRule>>`. Empty for a type that is not a path, such as a tuple.
pub fn type_names(ty: &Type) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Type::Path(path) = ty {
        for segment in &path.path.segments {
            names.insert(segment.ident.to_string());
            if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
                for argument in &arguments.args {
                    if let GenericArgument::Type(ty) = argument {
                        names.extend(type_names(ty));
                    }
                }
            }
        }
    }
    names
}

/// Returns the JSON name of a field: the name in `#[serde(rename)]`, or else the Rust name.
pub fn wire_name(field: &syn::Field) -> String {
    let mut name = field
        .ident
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    for attribute in field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.input.peek(syn::Token![=]) {
                let value: syn::LitStr = meta.value()?.parse()?;
                if meta.path.is_ident("rename") {
                    name = value.value();
                }
            }
            Ok(())
        });
    }
    name
}
