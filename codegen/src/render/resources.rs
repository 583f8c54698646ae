//! Resources that can be read, changed and put back: what an edit knows of them, their accessors, and
//! the input that a resource becomes.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase;
use pgbeam_spec::{error::Result, rust_names::variants};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{ItemStruct, Type, parse_quote};

use super::{names::table_name, validate::check};
use crate::{
    contract::{Contract, Operation},
    docs,
    progenitor::unexpected,
    read_back::ReadBack,
    setters::{Unit, named},
    syntax::{first_argument, is_option, wire_name},
};

/// A resource: the operation that replaces it, and its types.
pub struct Resource<'a> {
    pub update: &'a Operation,
    pub read_back: &'a ReadBack,
    pub output: &'a ItemStruct,
    pub input: &'a ItemStruct,
}

/// Every resource that can be edited.
pub fn find<'a>(
    contract: &'a Contract,
    structs: &'a BTreeMap<String, ItemStruct>,
) -> Result<Vec<Resource<'a>>> {
    let operations = contract.operations.iter();
    let replaced = operations.filter_map(|update| Some((update, update.read_back.as_ref()?)));
    let resource = |(update, read_back): (&'a Operation, &'a ReadBack)| {
        let item = |name: &str| {
            let name = name.to_upper_camel_case();
            let item = structs.get(&name);
            item.ok_or_else(|| unexpected(&format!("there is no type `{name}`")))
        };
        Ok(Resource {
            update,
            read_back,
            output: item(&read_back.output)?,
            input: item(&read_back.input)?,
        })
    };
    replaced.map(resource).collect()
}

/// What is generated beside the types of a resource.
pub fn implementation(contract: &Contract, resource: &Resource<'_>) -> Result<TokenStream> {
    let Resource {
        update,
        read_back,
        output,
        input,
    } = resource;
    let (output_name, input_name) = (&output.ident, &input.ident);
    let if_match = update.parameters.iter().find(|of| of.name == "If-Match");
    let if_match = if_match.ok_or_else(|| unexpected("a replacement without `If-Match`"))?;
    let value = quote!(value);
    let check_if_match = if_match.bounds.iter().map(|bound| check(bound, &value));
    let (get, update) = (table_name(&read_back.operation), table_name(&update.id));
    let ReadBack {
        server_owned,
        required,
        write_only,
        ..
    } = read_back;
    let kept = read_back.kept_defaults.iter().map(|(name, value)| {
        let json = value.to_string();
        quote!((#name, #json))
    });
    let accessors = accessors(contract, resource)?;
    let set_field = set_field(input);
    let from = from(resource);
    let about = format!(
        " Creates the body of a replacement that changes nothing: every field that a `{input_name}` has, \
         fields that this version of the crate does not know included."
    );
    Ok(quote! {
        impl types::#output_name {
            #(#accessors)*
        }

        impl types::#input_name {
            /// Sets a field by its name in the contract, also one that this version of the crate does
            /// not know.
            #[must_use]
            pub fn field(self, name: &str, value: impl Into<runtime::JsonValue>) -> Self {
                runtime::ResourceInput::field(self, name, value.into())
            }
        }

        impl runtime::ResourceInput for types::#input_name {
            fn field(mut self, name: &str, value: runtime::JsonValue) -> Self {
                match name {
                    #(#set_field)*
                    _ => self.unknown_fields.insert(name, value),
                }
                self
            }
        }

        impl runtime::Editable for types::#output_name {
            type Input = types::#input_name;

            fn edit_rules() -> &'static runtime::EditRules {
                static RESOURCE: runtime::EditRules = runtime::EditRules {
                    get: &operations::#get,
                    update: &operations::#update,
                    server_owned: &[#(#server_owned),*],
                    required: &[#(#required),*],
                    write_only: &[#(#write_only),*],
                    kept_defaults: &[#(#kept),*],
                    check_if_match: |errors, value| { #(#check_if_match)* },
                };
                &RESOURCE
            }
        }

        impl From<&types::#output_name> for types::#input_name {
            #[doc = #about]
            fn from(value: &types::#output_name) -> Self {
                #from
            }
        }
    })
}

fn set_field(input: &ItemStruct) -> Vec<TokenStream> {
    let arm = |field: &syn::Field| {
        let (ident, wire) = (&field.ident, wire_name(field));
        quote! {
            #wire => {
                self.#ident = self.setter_errors.take_json(#wire, value).unwrap_or_default();
            }
        }
    };
    named(input).map(arm).collect()
}

fn from(resource: &Resource<'_>) -> TokenStream {
    let outputs: BTreeMap<String, &syn::Field> = named(resource.output)
        .map(|field| (wire_name(field), field))
        .collect();
    let mut missing = Vec::new();
    let mut values: Vec<TokenStream> = Vec::new();
    for field in named(resource.input) {
        let (ident, wire) = (&field.ident, wire_name(field));
        let Some(output) = outputs.get(&wire) else {
            if !is_option(&field.ty) {
                missing.push(wire);
            }
            continue;
        };
        let from = &output.ident;
        let value = match (is_option(&field.ty), is_option(&output.ty)) {
            (true, false) => quote!(Some(value.#from.clone())),
            (false, true) => quote!(value.#from.clone().unwrap_or_default()),
            _ => quote!(value.#from.clone()),
        };
        values.push(quote!(#ident: #value,));
    }
    let errors = (!missing.is_empty()).then(
        || quote!(setter_errors: runtime::SetterErrors::from_missing_fields(&[#(#missing),*]),),
    );
    quote! {
        Self {
            #(#values)*
            unknown_fields: value.unknown_fields.clone(),
            #errors
            ..Self::default()
        }
    }
}

/// One accessor a field: what an absent field means is applied.
fn accessors(contract: &Contract, resource: &Resource<'_>) -> Result<Vec<TokenStream>> {
    let accessor = |field: &syn::Field| {
        let ident = field.ident.as_ref();
        let ident = ident.ok_or_else(|| unexpected("a field without a name"))?;
        let wire = wire_name(field);
        let optional = is_option(&field.ty);
        let ty = match optional {
            true => first_argument(&field.ty).unwrap_or(&field.ty),
            false => &field.ty,
        };
        let absent = resource.read_back.meaning.get(&wire);
        let doc = docs::attributes(&docs::text(&field.attrs).unwrap_or_default());
        let duration = contract.duration(&resource.output.ident.to_string(), &wire);
        let (name, ty, body) = match duration {
            Some(unit) => {
                let name = format_ident!("{}", unit.without_suffix(&wire));
                let body = duration_body(unit, ident, optional, absent);
                (name, parse_quote!(::std::time::Duration), body)
            }
            None => {
                let (ty, body) = body(contract, ident, ty, optional, absent)?;
                (ident.clone(), ty, body)
            }
        };
        Ok(quote! {
            #(#doc)*
            pub fn #name(&self) -> #ty {
                #body
            }
        })
    };
    named(resource.output).map(accessor).collect()
}

fn duration_body(
    unit: Unit,
    ident: &syn::Ident,
    optional: bool,
    absent: Option<&Value>,
) -> TokenStream {
    let default = absent.and_then(Value::as_i64).unwrap_or(0);
    let default = proc_macro2::Literal::i64_unsuffixed(default);
    match optional {
        true => unit.duration(&quote!(self.#ident.unwrap_or(#default))),
        false => unit.duration(&quote!(self.#ident)),
    }
}

/// The type of an accessor and what it does.
fn body(
    contract: &Contract,
    ident: &syn::Ident,
    ty: &Type,
    optional: bool,
    absent: Option<&Value>,
) -> Result<(Type, TokenStream)> {
    let last = match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let name = last.map(|last| last.ident.to_string()).unwrap_or_default();
    let copied = matches!(
        name.as_str(),
        "i64" | "i32" | "f64" | "bool" | "DateTime" | "NaiveDate"
    );
    let ty = qualified(ty);
    Ok(match (name.as_str(), optional) {
        (_, false) if copied => (ty, quote!(self.#ident)),
        ("i64" | "bool", true) if absent.is_some() => {
            let default = absent.map(ToString::to_string).unwrap_or_default();
            let default: TokenStream = default
                .parse()
                .map_err(|_| unexpected(&format!("the default {default}")))?;
            (ty, quote!(self.#ident.unwrap_or(#default)))
        }
        (_, true) if copied => (parse_quote!(Option<#ty>), quote!(self.#ident)),
        ("String", false) => (parse_quote!(&str), quote!(&self.#ident)),
        ("String", true) if absent.is_some() => {
            let default = absent.and_then(Value::as_str).unwrap_or_default();
            (
                parse_quote!(&str),
                quote!(self.#ident.as_deref().unwrap_or(#default)),
            )
        }
        ("String", true) => (parse_quote!(Option<&str>), quote!(self.#ident.as_deref())),
        ("Vec", _) => {
            let item = first_argument(&ty).ok_or_else(|| unexpected("a list of nothing"))?;
            let body = match optional {
                true => quote!(self.#ident.as_deref().unwrap_or_default()),
                false => quote!(&self.#ident),
            };
            (parse_quote!(&[#item]), body)
        }
        (_, true) => match absent
            .and_then(Value::as_str)
            .and_then(|value| variant(contract, &name, value))
        {
            Some(variant) => (
                parse_quote!(&#ty),
                quote!(self.#ident.as_ref().unwrap_or(&#ty::#variant)),
            ),
            None => (parse_quote!(Option<&#ty>), quote!(self.#ident.as_ref())),
        },
        (_, false) => (parse_quote!(&#ty), quote!(&self.#ident)),
    })
}

/// The variant of an enumeration that stands for a value.
fn variant(contract: &Contract, name: &str, value: &str) -> Option<syn::Ident> {
    let mut enums = contract.enums.iter();
    let (_, one) = enums.find(|(key, _)| key.to_upper_camel_case() == name)?;
    let names = variants(one.values.iter().map(|(value, _)| value.as_str())).ok()?;
    let at = one.values.iter().position(|(known, _)| known == value)?;
    Some(format_ident!("{}", names.get(at)?))
}

/// A type as it is named outside of the module of types.
fn qualified(ty: &Type) -> Type {
    struct Qualify;
    impl syn::visit_mut::VisitMut for Qualify {
        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            syn::visit_mut::visit_path_mut(self, path);
            const PLAIN: [&str; 5] = ["i64", "i32", "f64", "bool", "str"];
            if let (Some(name), true) = (path.get_ident(), path.segments.len() == 1)
                && !PLAIN.iter().any(|plain| name == plain)
            {
                *path = parse_quote!(types::#name);
            }
        }
    }
    let mut ty = ty.clone();
    syn::visit_mut::VisitMut::visit_type_mut(&mut Qualify, &mut ty);
    ty
}
