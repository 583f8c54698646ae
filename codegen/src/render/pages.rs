//! Lists: which answers are one page of a list, and how its parts are taken out.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, ItemStruct, Type};

use crate::{
    setters::named,
    syntax::{first_argument, last_name, names_of},
};

/// What an answer is that is one page of a list.
pub struct Listed {
    items: Ident,
    item: Type,
    total: Option<TokenStream>,
}

impl Listed {
    /// Reads it off a type: one list, `next_page_token`, and perhaps `total`. `None` for a type that
    /// holds anything else, which a page would lose.
    pub fn find(item: &ItemStruct) -> Option<Self> {
        let (mut list, mut token, mut total) = (None, false, None);
        for field in named(item) {
            let name = field.ident.as_ref()?;
            let types = names_of(&field.ty);
            match name.to_string().as_str() {
                "next_page_token" if types.contains("Option") => token = true,
                "total" if types.contains("i64") && types.contains("Option") => {
                    total = Some(quote!(self.total));
                }
                "total" if types.contains("i64") => total = Some(quote!(Some(self.total))),
                _ if list.is_none() && last_name(&field.ty)? == "Vec" => {
                    list = Some((name.clone(), first_argument(&field.ty)?));
                }
                _ => return None,
            }
        }
        let (items, item) = list.filter(|_| token)?;
        Some(Self {
            items,
            item: item.clone(),
            total,
        })
    }

    /// The implementation for the type of this name in `types`.
    pub fn implementation(&self, name: &Ident) -> TokenStream {
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

    fn found(fields: &str) -> Option<String> {
        let item: ItemStruct = syn::parse_str(&format!("struct L {{ {fields} }}")).unwrap();
        Listed::find(&item).map(|of| of.implementation(&item.ident).to_string())
    }

    #[test]
    fn one_list_and_where_to_go_on_is_a_page() {
        let token = "next_page_token: Option<String>";
        let page = found(&format!("things: Vec<Thing>, {token}")).unwrap();
        assert!(page.contains("type Item = types :: Thing"), "{page}");
        assert!(
            page.contains("(self . things , self . next_page_token , None)"),
            "{page}"
        );
        let total = found(&format!("a: Vec<T>, {token}, total: i64")).unwrap();
        assert!(total.contains("Some (self . total)"), "{total}");
        let total = found(&format!("a: Vec<T>, {token}, total: Option<i64>")).unwrap();
        assert!(total.contains(", self . total)"), "{total}");
    }

    #[test]
    fn anything_else_is_none() {
        let token = "next_page_token: Option<String>";
        for fields in [
            token.to_owned(),
            "a: Vec<T>".to_owned(),
            format!("a: Vec<T>, b: Vec<T>, {token}"),
            format!("a: Vec<T>, more: bool, {token}"),
            format!("a: Option<Vec<T>>, {token}"),
        ] {
            assert!(found(&fields).is_none(), "{fields}");
        }
    }
}
