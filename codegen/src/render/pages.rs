//! Finds the response types that are one page of a list, and renders their implementation of `ListPage`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, ItemStruct, Type};

use crate::{
    setters::contract_fields,
    syntax::{first_type_argument, last_segment, type_names},
};

/// The fields of a response type that is one page of a list.
pub struct PageType {
    items: Ident,
    item: Type,
    total: Option<TokenStream>,
}

impl PageType {
    /// Returns the fields of a page: one list, `next_page_token` and optionally `total`. Returns `None` if the type
    /// has no list or no token. Also returns `None` if the type has any other field, because `ListPage` would drop
    /// that field.
    pub fn from_struct(item: &ItemStruct) -> Option<Self> {
        let (mut list, mut has_token, mut total) = (None, false, None);
        for field in contract_fields(item) {
            let name = field.ident.as_ref()?;
            let types = type_names(&field.ty);
            match name.to_string().as_str() {
                "next_page_token" if types.contains("Option") => has_token = true,
                "total" if types.contains("i64") && types.contains("Option") => {
                    total = Some(quote!(self.total));
                }
                "total" if types.contains("i64") => total = Some(quote!(Some(self.total))),
                _ if list.is_none() && last_segment(&field.ty)? == "Vec" => {
                    list = Some((name.clone(), first_type_argument(&field.ty)?));
                }
                _ => return None,
            }
        }
        let (items, item) = list.filter(|_| has_token)?;
        Some(Self {
            items,
            item: item.clone(),
            total,
        })
    }

    /// Renders the implementation of `runtime::ListPage` for the type `types::name`.
    pub fn render_impl(&self, name: &Ident) -> TokenStream {
        let Self { items, item, total } = self;
        let total = total.clone().unwrap_or_else(|| quote!(None));
        quote! {
            impl runtime::ListPage for types::#name {
                type Item = types::#item;

                fn into_page(self) -> (Vec<Self::Item>, Option<String>, Option<i64>) {
                    (self.#items, self.next_page_token, #total)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_impl(fields: &str) -> Option<String> {
        let item: ItemStruct = syn::parse_str(&format!("struct L {{ {fields} }}")).unwrap();
        let page = PageType::from_struct(&item)?;
        Some(page.render_impl(&item.ident).to_string())
    }

    #[test]
    fn recognizes_a_page() {
        let token = "next_page_token: Option<String>";
        let page = page_impl(&format!("things: Vec<Thing>, {token}")).unwrap();
        assert!(page.contains("type Item = types :: Thing"), "{page}");
        assert!(
            page.contains("(self . things , self . next_page_token , None)"),
            "{page}"
        );
        let total = page_impl(&format!("a: Vec<T>, {token}, total: i64")).unwrap();
        assert!(total.contains("Some (self . total)"), "{total}");
        let total = page_impl(&format!("a: Vec<T>, {token}, total: Option<i64>")).unwrap();
        assert!(total.contains(", self . total)"), "{total}");
    }

    #[test]
    fn ignores_types_with_other_fields() {
        let token = "next_page_token: Option<String>";
        for fields in [
            token.to_owned(),
            "a: Vec<T>".to_owned(),
            format!("a: Vec<T>, b: Vec<T>, {token}"),
            format!("a: Vec<T>, more: bool, {token}"),
            format!("a: Option<Vec<T>>, {token}"),
        ] {
            assert!(page_impl(&fields).is_none(), "{fields}");
        }
    }
}
