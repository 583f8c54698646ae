//! Turns what the generator made into what is published.

pub mod docs;
pub mod requests;
pub mod types;

use syn::visit_mut::VisitMut;

/// Rewrites the beginning of paths: `from` becomes `to`.
pub struct Rewrite {
    pub from: Vec<String>,
    pub to: syn::Path,
}

impl Rewrite {
    /// Rewrites paths that begin with `from`, written with `::`.
    pub fn new(from: &str, to: &str) -> syn::Result<Self> {
        Ok(Self { from: from.split("::").map(str::to_owned).collect(), to: syn::parse_str(to)? })
    }
}

impl VisitMut for Rewrite {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        syn::visit_mut::visit_path_mut(self, path);
        let matches = path.segments.len() >= self.from.len()
            && path.segments.iter().zip(&self.from).all(|(segment, from)| segment.ident == from);
        if matches {
            let rest = path.segments.iter().skip(self.from.len()).cloned();
            let mut new = self.to.clone();
            new.segments.extend(rest);
            *path = new;
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
