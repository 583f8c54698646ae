//! Renders the code of editable resources: the rules for edits, the accessors of the fields, and the conversion of
//! a resource to its input. The input is the body of the PUT that replaces the resource.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase;
use pgbeam_spec::{error::Result, rust_names::variant_names};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{ItemStruct, Type, parse_quote};

use super::{names::table_name, validate::check};
use crate::{
    contract::{Contract, Operation},
    docs,
    progenitor::unexpected_output,
    read_back::ReadBack,
    setters::{DurationUnit, contract_fields},
    syntax::{first_type_argument, is_option, wire_name},
};

/// A resource that the SDK can edit: a PUT replaces the resource, and a GET reads it.
pub struct Resource<'a> {
    /// The operation that replaces the resource.
    pub update: &'a Operation,
    pub read_back: &'a ReadBack,
    /// The type of the resource.
    pub output: &'a ItemStruct,
    /// The type of the body of `update`.
    pub input: &'a ItemStruct,
}

/// Returns every editable resource. `structs` are the generated structs by name.
pub fn find_all<'a>(
    contract: &'a Contract,
    structs: &'a BTreeMap<String, ItemStruct>,
) -> Result<Vec<Resource<'a>>> {
    let operations = contract.operations.iter();
    let replacements = operations.filter_map(|update| Some((update, update.read_back.as_ref()?)));
    let resource = |(update, read_back): (&'a Operation, &'a ReadBack)| {
        let item = |name: &str| {
            let name = name.to_upper_camel_case();
            let item = structs.get(&name);
            item.ok_or_else(|| unexpected_output(&format!("there is no type `{name}`")))
        };
        Ok(Resource {
            update,
            read_back,
            output: item(&read_back.output)?,
            input: item(&read_back.input)?,
        })
    };
    replacements.map(resource).collect()
}

/// Renders the code of a resource.
pub fn render(contract: &Contract, resource: &Resource<'_>) -> Result<TokenStream> {
    let Resource {
        update,
        read_back,
        output,
        input,
    } = resource;
    let (output_name, input_name) = (&output.ident, &input.ident);
    let if_match = update
        .parameters
        .iter()
        .find(|parameter| parameter.name == "If-Match");
    let if_match = if_match.ok_or_else(|| unexpected_output("a replacement without `If-Match`"))?;
    let value = quote!(value);
    let check_if_match = if_match
        .constraints
        .iter()
        .map(|constraint| check(constraint, &value));
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
    let set_field = set_field_arms(input);
    let input_value = input_from_resource(resource);
    let from_doc = match write_only.as_slice() {
        [] => "Creates the body of a PUT that leaves the resource unchanged. Copies every field that the body can \
               have, and all unknown fields."
            .to_owned(),
        names => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!(
                "Creates the body of a PUT. Copies every field that both the resource and the body have, and all \
                 unknown fields.\n\nResponses do not contain {names}. Set {names} on the body, or the PUT may remove the \
                 stored value.",
                names = names.join(" and ")
            )
        }
    };
    let from_doc = docs::attributes(&from_doc);
    Ok(quote! {
        impl types::#output_name {
            #(#accessors)*
        }

        impl types::#input_name {
            /// Sets a field by its JSON name. The field can be one that this version of the crate does not
            /// know.
            ///
            /// If the field is known and `value` does not have its type, `validate` returns an error, and a request
            /// with this body fails before anything is sent.
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
            #(#from_doc)*
            fn from(value: &types::#output_name) -> Self {
                #input_value
            }
        }
    })
}

/// Renders the match arms that set a field by its JSON name.
fn set_field_arms(input: &ItemStruct) -> Vec<TokenStream> {
    let arm = |field: &syn::Field| {
        let (ident, wire) = (&field.ident, wire_name(field));
        quote! {
            #wire => {
                self.#ident = self.setter_errors.take_json(#wire, value).unwrap_or_default();
            }
        }
    };
    contract_fields(input).map(arm).collect()
}

/// Renders the expression that creates an input from a resource. If the resource type lacks a required field of the
/// input, the expression records a setter error for the field. The input is then invalid until the field is set.
fn input_from_resource(resource: &Resource<'_>) -> TokenStream {
    let outputs: BTreeMap<String, &syn::Field> = contract_fields(resource.output)
        .map(|field| (wire_name(field), field))
        .collect();
    let mut missing = Vec::new();
    let mut values: Vec<TokenStream> = Vec::new();
    for field in contract_fields(resource.input) {
        let (ident, wire) = (&field.ident, wire_name(field));
        let Some(output) = outputs.get(&wire) else {
            if !is_option(&field.ty) {
                missing.push(wire);
            }
            continue;
        };
        let source = &output.ident;
        let value = match (is_option(&field.ty), is_option(&output.ty)) {
            (true, false) => quote!(Some(value.#source.clone())),
            (false, true) => quote!(value.#source.clone().unwrap_or_default()),
            _ => quote!(value.#source.clone()),
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

/// Renders one accessor per field of the resource.
///
/// If an optional field is absent, its accessor returns the default of the field in [`ReadBack::absent_values`]. This
/// applies to integers, `bool`, strings, enumerations and durations. If there is no default, or if the field has
/// another type, the accessor returns `None`, an empty list or a zero duration.
fn accessors(contract: &Contract, resource: &Resource<'_>) -> Result<Vec<TokenStream>> {
    let accessor = |field: &syn::Field| {
        let ident = field.ident.as_ref();
        let ident = ident.ok_or_else(|| unexpected_output("a field without a name"))?;
        let wire = wire_name(field);
        let optional = is_option(&field.ty);
        let ty = match optional {
            true => first_type_argument(&field.ty).unwrap_or(&field.ty),
            false => &field.ty,
        };
        let absent = resource.read_back.absent_values.get(&wire);
        let duration = contract.duration(&resource.output.ident.to_string(), &wire);
        let (name, ty, body) = match duration {
            Some(unit) => {
                let name = format_ident!("{}", unit.without_suffix(&wire));
                let body = duration_body(unit, ident, optional, absent);
                (name, parse_quote!(::std::time::Duration), body)
            }
            None => {
                let (ty, body) = accessor_body(contract, ident, ty, optional, absent)?;
                (ident.clone(), ty, body)
            }
        };
        let mut doc = docs::get(&field.attrs).unwrap_or_default();
        if let Some(unit) = duration {
            doc = unit.without_unit(&doc);
        }
        if optional && !is_option(&ty) {
            doc = with_default(&doc, &default_text(duration, absent));
        }
        if duration.is_some() {
            doc.push_str(" A negative number in the response becomes a zero duration.");
        }
        let doc = docs::attributes(&doc);
        Ok(quote! {
            #(#doc)*
            pub fn #name(&self) -> #ty {
                #body
            }
        })
    };
    contract_fields(resource.output).map(accessor).collect()
}

/// Describes the value that an accessor returns for an absent field. `absent` is the default of the field. Without a
/// default, the accessor returns an empty list or a zero duration.
fn default_text(duration: Option<DurationUnit>, absent: Option<&Value>) -> String {
    match (duration, absent) {
        (Some(unit), Some(value)) if value.as_i64() != Some(0) => {
            format!("{value} {}", unit.name())
        }
        (Some(_), _) => "a zero duration".into(),
        (None, Some(Value::String(text))) => format!("`{text}`"),
        (None, Some(Value::Bool(value))) => format!("`{value}`"),
        (None, Some(Value::Number(value))) => value.to_string(),
        _ => "an empty list".into(),
    }
}

/// Adds a sentence such as "Returns `off` if the field is absent." to the documentation of an accessor. If the
/// documentation contains the sentence "Absent means `off`.", replaces it.
fn with_default(doc: &str, default: &str) -> String {
    let sentence = format!("Returns {default} if the field is absent.");
    let meaning = format!("Absent means {default}.");
    match doc.contains(&meaning) {
        true => doc.replace(&meaning, &sentence),
        false => format!("{doc} {sentence}"),
    }
}

fn duration_body(
    unit: DurationUnit,
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

/// Returns the return type and the body of an accessor. `ty` is the type of the field, without `Option` if the
/// field is `optional`. `absent` is the default that the accessor returns for an absent field, if there is one.
fn accessor_body(
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
    let is_copy = matches!(
        name.as_str(),
        "i64" | "i32" | "f64" | "bool" | "DateTime" | "NaiveDate"
    );
    let ty = qualify_types(ty);
    Ok(match (name.as_str(), optional) {
        (_, false) if is_copy => (ty, quote!(self.#ident)),
        ("i64" | "bool", true) if absent.is_some() => {
            let default = absent.map(ToString::to_string).unwrap_or_default();
            let default: TokenStream = default
                .parse()
                .map_err(|_| unexpected_output(&format!("the default {default}")))?;
            (ty, quote!(self.#ident.unwrap_or(#default)))
        }
        (_, true) if is_copy => (parse_quote!(Option<#ty>), quote!(self.#ident)),
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
            let item = first_type_argument(&ty)
                .ok_or_else(|| unexpected_output("a list without an item type"))?;
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

/// Returns the Rust name of the variant for a value of the enumeration whose Rust name is `name`. `None` if the
/// contract has no such enumeration or value.
fn variant(contract: &Contract, name: &str, value: &str) -> Option<syn::Ident> {
    let mut enums = contract.enums.iter();
    let (_, open_enum) = enums.find(|(key, _)| key.to_upper_camel_case() == name)?;
    let names = variant_names(open_enum.values.iter().map(|(value, _)| value.as_str())).ok()?;
    let mut values = open_enum.values.iter();
    let index = values.position(|(known, _)| known == value)?;
    Some(format_ident!("{}", names.get(index)?))
}

/// Adds the prefix `types::` to the names of generated types in a type.
fn qualify_types(ty: &Type) -> Type {
    struct TypesPrefixer;
    impl syn::visit_mut::VisitMut for TypesPrefixer {
        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            syn::visit_mut::visit_path_mut(self, path);
            const PRIMITIVES: [&str; 5] = ["i64", "i32", "f64", "bool", "str"];
            if let (Some(name), true) = (path.get_ident(), path.segments.len() == 1)
                && !PRIMITIVES.iter().any(|primitive| name == primitive)
            {
                *path = parse_quote!(types::#name);
            }
        }
    }
    let mut ty = ty.clone();
    syn::visit_mut::VisitMut::visit_type_mut(&mut TypesPrefixer, &mut ty);
    ty
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn accessors_say_what_they_return_for_an_absent_field() {
        let cases = [
            (
                None,
                Some(json!("off")),
                "Mode. Absent means `off`.",
                "Mode. Returns `off` if the field is absent.",
            ),
            (
                None,
                Some(json!(0)),
                "0 or absent means no limit.",
                "0 or absent means no limit. Returns 0 if the field is absent.",
            ),
            (
                None,
                None,
                "All.",
                "All. Returns an empty list if the field is absent.",
            ),
            (
                Some(DurationUnit::Seconds),
                Some(json!(300)),
                "Time. Absent means 300 seconds.",
                "Time. Returns 300 seconds if the field is absent.",
            ),
            (
                Some(DurationUnit::Milliseconds),
                Some(json!(0)),
                "Time.",
                "Time. Returns a zero duration if the field is absent.",
            ),
            (
                Some(DurationUnit::Milliseconds),
                None,
                "Time.",
                "Time. Returns a zero duration if the field is absent.",
            ),
        ];
        for (duration, absent, doc, expected) in cases {
            let default = default_text(duration, absent.as_ref());
            assert_eq!(with_default(doc, &default), expected);
        }
    }
}
