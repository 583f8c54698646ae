//! Small questions about Rust syntax, and renamed paths in it.

use std::collections::BTreeSet;

use pgbeam_spec::error::{Error, Result};
use syn::{GenericArgument, PathArguments, Type, visit_mut::VisitMut};

/// Rewrites the beginning of paths: `from` becomes `to`.
pub struct Rewrite {
    from: Vec<String>,
    to: syn::Path,
}

impl Rewrite {
    /// Rewrites paths that begin with `from`, written with `::`.
    pub fn new(from: &str, to: &str) -> Result<Self> {
        Ok(Self {
            from: from.split("::").map(str::to_owned).collect(),
            to: path(to)?,
        })
    }
}

impl VisitMut for Rewrite {
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
pub fn path(text: &str) -> Result<syn::Path> {
    syn::parse_str(text).map_err(|error| Error::new(format!("`{text}` is no path: {error}")))
}

/// The name of the type that an `impl` is for.
pub fn implemented(item: &syn::ItemImpl) -> Option<String> {
    last_name(&item.self_ty)
}

/// `T` of `X<T, …>`.
pub fn first_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    match &path.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// The last name in the path of a type.
pub fn last_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

/// Whether a type is an `Option`.
pub fn is_option(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| name == "Option")
}

/// The names of all paths in a type: `Option<Vec<MaskingRule>>` has `MaskingRule` among them.
pub fn names_of(ty: &Type) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Type::Path(path) = ty {
        for segment in &path.path.segments {
            names.insert(segment.ident.to_string());
            if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
                for argument in &arguments.args {
                    if let GenericArgument::Type(ty) = argument {
                        names.extend(names_of(ty));
                    }
                }
            }
        }
    }
    names
}

/// The field's name on the wire.
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
