//! The types of requests and answers: what may grow is marked so, and only what requests take has
//! a builder.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    Expr, Fields, GenericArgument, ImplItem, Item, ItemStruct, PathArguments, parse_quote,
    visit_mut::VisitMut,
};

use crate::{
    docs,
    progenitor::{Generated, unexpected},
    syntax::{Rewrite, first_argument, implemented, is_option, last_name, names_of, path},
};
use pgbeam_spec::error::Result;

/// The types of one module, each item with the type that it belongs to.
#[derive(Default)]
pub struct Types {
    pub items: Vec<(String, Item)>,
    pub builders: Vec<(String, Item)>,
}

/// Sorts the types by `module_of` and refines them. Types that are not in `requested` appear in
/// answers only.
pub fn refine(
    generated: &Generated,
    runtime: &str,
    requested: &BTreeSet<String>,
    module_of: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Types>> {
    let mut modules: BTreeMap<String, Types> = BTreeMap::new();
    let mut fields: BTreeMap<String, ItemStruct> = BTreeMap::new();
    let defined: BTreeSet<String> = generated.types.iter().filter_map(defined).collect();
    let module = |name: &str| {
        module_of(name).ok_or_else(|| unexpected(&format!("the type `{name}` is of no schema")))
    };
    for item in &generated.types {
        let mut item = item.clone();
        let name = match &mut item {
            Item::Struct(item) => {
                refine_struct(item, runtime);
                fields.insert(item.ident.to_string(), item.clone());
                item.ident.to_string()
            }
            Item::Enum(item) => {
                docs::tidy(&mut item.attrs);
                item.ident.to_string()
            }
            Item::Impl(item) => {
                let name =
                    concerned(item, &defined).ok_or_else(|| unexpected("an `impl` of no type"))?;
                if is_builder_method(item) {
                    if !requested.contains(&name) {
                        continue;
                    }
                    document_builder_method(item);
                    let of = fields
                        .get(&name)
                        .ok_or_else(|| unexpected("an `impl` before its type"))?;
                    item.items.push(with_required(of));
                }
                name
            }
            Item::Type(item) => item.ident.to_string(),
            _ => return Err(unexpected("an item that is no type")),
        };
        modules
            .entry(module(&name)?)
            .or_default()
            .items
            .push((name, item));
    }
    let optional = optional(&fields, requested);
    let conversion_error = format!("{runtime}::ConversionError");
    let mut rewrite = Rewrite::new("super::error::ConversionError", &conversion_error)?;
    let mut keep_why = KeepWhy {
        runtime: path(runtime)?,
    };
    for item in &generated.type_builders {
        let mut item = item.clone();
        let name = builder_name(&item).ok_or_else(|| unexpected("an item that is no builder"))?;
        if !requested.contains(&name) {
            continue;
        }
        refine_builder(&mut item, &name, fields.get(&name), runtime)?;
        rewrite.visit_item_mut(&mut item);
        keep_why.visit_item_mut(&mut item);
        let of_option = of_option(&item, runtime).filter(|_| optional.contains(&name));
        let builders = &mut modules.entry(module(&name)?).or_default().builders;
        builders.push((name.clone(), item));
        builders.extend(of_option.map(|item| (name, item)));
    }
    Ok(modules)
}

/// The type that an item defines.
fn defined(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// The type that an `impl` belongs to: the one it is for, or, as in `impl From<X> for String`, the
/// one that its trait is about.
fn concerned(item: &syn::ItemImpl, defined: &BTreeSet<String>) -> Option<String> {
    let of = implemented(item).filter(|name| defined.contains(name));
    of.or_else(|| {
        let (path, _) = item.trait_.as_ref()?;
        let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => {
                names_of(ty).into_iter().find(|name| defined.contains(name))
            }
            _ => None,
        })
    })
}

/// The types that are optional fields of what requests take.
fn optional(
    fields: &BTreeMap<String, ItemStruct>,
    requested: &BTreeSet<String>,
) -> BTreeSet<String> {
    let items = fields.iter().filter(|(name, _)| requested.contains(*name));
    let names = items
        .flat_map(|(_, item)| &item.fields)
        .map(|field| names_of(&field.ty));
    names
        .filter(|names| names.contains("Option") && !names.contains("Vec"))
        .flatten()
        .collect()
}

/// A builder makes an optional field as it makes a required one, so that both take it as it is.
fn of_option(item: &Item, runtime: &str) -> Option<Item> {
    let Item::Impl(of) = item else { return None };
    let (path, _) = of.trait_.as_ref()?;
    if path.segments.last()?.ident != "TryFrom" {
        return None;
    }
    let (path, built) = (&path, &of.self_ty);
    let runtime: syn::Path = syn::parse_str(runtime).ok()?;
    let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
        return None;
    };
    let builder = arguments.args.first()?;
    Some(parse_quote! {
        impl #path for ::std::option::Option<#built> {
            type Error = #runtime::ConversionError;
            fn try_from(
                value: #builder,
            ) -> ::std::result::Result<Self, #runtime::ConversionError> {
                value.try_into().map(Some)
            }
        }
    })
}

/// A contract may add fields, so nobody outside builds one from its fields.
fn refine_struct(item: &mut ItemStruct, runtime: &str) {
    let read_null = format!("{runtime}::nullable");
    docs::tidy(&mut item.attrs);
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    if let Fields::Named(fields) = &mut item.fields {
        for field in &mut fields.named {
            docs::tidy(&mut field.attrs);
            // An `Option` would take the null for itself.
            if names_of(&field.ty).iter().any(|name| name == "Nullable") {
                field
                    .attrs
                    .push(parse_quote!(#[serde(default, deserialize_with = #read_null)]));
            }
        }
    }
}

fn is_builder_method(item: &syn::ItemImpl) -> bool {
    item.trait_.is_none()
        && item
            .items
            .iter()
            .any(|item| matches!(item, ImplItem::Fn(f) if f.sig.ident == "builder"))
}

fn document_builder_method(item: &mut syn::ItemImpl) {
    for item in &mut item.items {
        if let ImplItem::Fn(function) = item {
            docs::set(&mut function.attrs, "Starts with nothing set.");
        }
    }
}

/// What makes one of what it must have, all else absent: for who has it all at hand, and need not be
/// told by a builder that something is missing.
fn with_required(of: &ItemStruct) -> ImplItem {
    let (mut parameters, mut values) = (Vec::<syn::FnArg>::new(), Vec::<syn::FieldValue>::new());
    for field in &of.fields {
        let (name, ty) = (&field.ident, &field.ty);
        if is_option(ty) {
            values.push(parse_quote!(#name: ::std::option::Option::None));
        } else {
            parameters.push(parse_quote!(#name: #ty));
            values.push(parse_quote!(#name));
        }
    }
    parse_quote! {
        #[doc(hidden)]
        pub fn with_required(#(#parameters),*) -> Self {
            Self { #(#values),* }
        }
    }
}

/// The type that an item of the builder module builds: the builder of `X` is called `X`, and
/// `impl From<Builder> for X` stands for `super::X`.
fn builder_name(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Impl(item) => implemented(item),
        _ => None,
    }
}

fn refine_builder(
    item: &mut Item,
    name: &str,
    built: Option<&ItemStruct>,
    runtime: &str,
) -> Result<()> {
    match item {
        Item::Struct(item) => docs::set(
            &mut item.attrs,
            &format!("Builds a [`{name}`](super::{name}); a field that is not set is not sent."),
        ),
        Item::Impl(item) if item.trait_.is_none() => {
            for item in &mut item.items {
                if let ImplItem::Fn(setter) = item {
                    let name = setter.sig.ident.to_string();
                    docs::set(&mut setter.attrs, &field_doc(built, &name));
                    if let Some(field) = field(built, &name) {
                        take_plainly(setter, &field.ty, runtime)?;
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Makes the setter of a text that may be absent take a text: `.description("Shop")`. The generator
/// asks for what becomes an `Option`, which a `&str` does not.
fn take_plainly(setter: &mut syn::ImplItemFn, ty: &syn::Type, runtime: &str) -> Result<()> {
    const PLAIN: [&str; 3] = ["String", "Secret", "Nullable"];
    let Some(inner) = first_argument(ty).filter(|_| is_option(ty)) else {
        return Ok(());
    };
    if !last_name(inner).is_some_and(|name| PLAIN.contains(&name.as_str())) {
        return Ok(());
    }
    let runtime = path(runtime)?;
    let name = setter.sig.ident.clone();
    setter.sig.generics = syn::Generics::default();
    setter.sig.inputs = parse_quote!(mut self, value: impl #runtime::Optional<#inner>);
    setter.block = parse_quote!({
        self.#name = Ok(value.optional());
        self
    });
    Ok(())
}

fn field<'a>(built: Option<&'a ItemStruct>, name: &str) -> Option<&'a syn::Field> {
    let mut fields = built?.fields.iter();
    fields.find(|field| field.ident.as_ref().is_some_and(|ident| ident == name))
}

fn field_doc(built: Option<&ItemStruct>, name: &str) -> String {
    let text = field(built, name).and_then(|field| docs::text(&field.attrs));
    text.unwrap_or_else(|| format!("Sets `{name}`."))
}

/// Has a builder keep what is wrong with a value as the runtime's `ConversionError`, where the generator
/// has a `String`: each field of each builder would take memory to say that it is not set yet.
struct KeepWhy {
    runtime: syn::Path,
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
