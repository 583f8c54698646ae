//! The setters of the types that requests take.
//!
//! A setter takes whatever becomes the field's type without loss. What does not is kept in the
//! value's `setter_errors`, which are reported when the request is sent.

use heck::ToUpperCamelCase;
use openapiv3::{ReferenceOr, SchemaKind, Type as SchemaType};
use pgbeam_spec::error::Result;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Fields, Ident, Item, ItemStruct, Type, parse_quote};

use crate::{
    contract::Contract,
    docs,
    syntax::{first_argument, is_option, path, wire_name},
};

/// With more required fields than this a type has no `new`: nobody would remember their order.
const MOST_ARGUMENTS: usize = 3;

/// A field of a type that requests take.
pub struct Field {
    /// The name on the wire.
    pub wire: String,
    /// The field's name in Rust.
    pub ident: Ident,
    /// The name of its setter: without the unit, for a duration.
    pub setter: Ident,
    pub doc: String,
    pub required: bool,
    /// What the setter takes.
    pub argument: TokenStream,
    /// The value that the setter is given as the field's type, or why not: of type `Result`, or the
    /// value itself where it cannot fail.
    conversion: Conversion,
}

enum Conversion {
    Plain(TokenStream),
    Fallible(TokenStream),
}

/// The fields of a type, in the order of their names.
pub fn fields(contract: &Contract, item: &ItemStruct, runtime: &syn::Path) -> Vec<Field> {
    let fields = named(item).filter_map(|field| {
        let ident = field.ident.clone()?;
        let wire = wire_name(field);
        let ty = match is_option(&field.ty) {
            true => first_argument(&field.ty)?,
            false => &field.ty,
        };
        let doc = docs::text(&field.attrs).unwrap_or_else(|| format!("Sets `{wire}`."));
        let duration = contract.duration(&item.ident.to_string(), &wire);
        let (setter, (argument, conversion)) = match duration {
            Some(unit) => {
                let name = unit.without_suffix(&wire);
                (method_ident(name), unit.conversion(runtime))
            }
            None => (ident.clone(), conversion(ty, runtime)),
        };
        Some(Field {
            required: !is_option(&field.ty),
            doc,
            wire,
            ident,
            setter,
            argument,
            conversion,
        })
    });
    fields.collect()
}

/// The fields of a type that the contract has.
pub fn named(item: &ItemStruct) -> impl Iterator<Item = &syn::Field> {
    let fields = match &item.fields {
        Fields::Named(fields) => Some(&fields.named),
        _ => None,
    };
    let own = |field: &&syn::Field| !matches!(&field.ident, Some(name) if name == "unknown_fields" || name == "setter_errors");
    fields.into_iter().flatten().filter(own)
}

fn method_ident(name: &str) -> Ident {
    syn::parse_str(name).unwrap_or_else(|_| format_ident!("{name}_"))
}

/// A unit of time in which the contract counts a duration (`x-duration`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Milliseconds,
    Seconds,
}

impl Unit {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "milliseconds" => Some(Self::Milliseconds),
            "seconds" => Some(Self::Seconds),
            _ => None,
        }
    }

    /// The name of a field without the suffix that names its unit.
    pub fn without_suffix(self, name: &str) -> &str {
        let suffix = match self {
            Self::Milliseconds => "_ms",
            Self::Seconds => "_seconds",
        };
        name.strip_suffix(suffix).unwrap_or(name)
    }

    fn conversion(self, runtime: &syn::Path) -> (TokenStream, Conversion) {
        let (per_second, name) = match self {
            Self::Milliseconds => (quote!(1_000), "milliseconds"),
            Self::Seconds => (quote!(1), "seconds"),
        };
        (
            quote!(::std::time::Duration),
            Conversion::Fallible(quote!(#runtime::to_whole_units(value, #per_second, #name))),
        )
    }

    /// The duration of a number of this unit.
    pub fn duration(self, value: &TokenStream) -> TokenStream {
        let from = match self {
            Self::Milliseconds => quote!(from_millis),
            Self::Seconds => quote!(from_secs),
        };
        // What the server sends is not held to constraints; a duration is not negative.
        quote!(::std::time::Duration::#from(u64::try_from(#value).unwrap_or(0)))
    }
}

/// What a setter of a type takes, and how it becomes the type.
fn conversion(ty: &Type, runtime: &syn::Path) -> (TokenStream, Conversion) {
    let last = match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let name = last.map(|last| last.ident.to_string()).unwrap_or_default();
    match (name.as_str(), first_argument(ty)) {
        ("i64" | "i32", _) => (
            quote!(impl ::std::convert::TryInto<#ty, Error: ::std::fmt::Display>),
            Conversion::Fallible(quote!(value.try_into())),
        ),
        ("bool", _) => (quote!(bool), Conversion::Plain(quote!(value))),
        ("DateTime", _) => (
            quote!(impl #runtime::IntoTimestamp),
            Conversion::Fallible(quote!(value.into_timestamp())),
        ),
        // Of one type only, so that the type of an empty list is known.
        ("Vec", Some(item)) if is_own_struct(item) => (
            quote!(impl ::std::iter::IntoIterator<Item = #item>),
            Conversion::Plain(quote!(value.into_iter().collect())),
        ),
        ("Vec", Some(item)) => match conversion(item, runtime) {
            (argument, Conversion::Plain(convert)) => (
                quote!(impl ::std::iter::IntoIterator<Item = #argument>),
                Conversion::Plain(quote!(value.into_iter().map(|value| #convert).collect())),
            ),
            (argument, Conversion::Fallible(convert)) => (
                quote!(impl ::std::iter::IntoIterator<Item = #argument>),
                Conversion::Fallible(quote! {
                    value.into_iter().map(|value| #convert).collect::<::std::result::Result<::std::vec::Vec<_>, _>>()
                }),
            ),
        },
        ("HashMap", _) => (quote!(#ty), Conversion::Plain(quote!(value))),
        _ if is_id(ty) => (
            quote!(impl ::std::convert::TryInto<#ty, Error: ::std::fmt::Display>),
            Conversion::Fallible(quote!(value.try_into())),
        ),
        _ => (
            quote!(impl ::std::convert::Into<#ty>),
            Conversion::Plain(quote!(value.into())),
        ),
    }
}

/// Whether a type is a struct that is generated beside the one with the field.
fn is_own_struct(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.get_ident().is_some_and(|name| {
        !["i64", "i32", "f64", "bool"].iter().any(|plain| name == plain)
    }))
}

fn is_id(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.iter().any(|segment| segment.ident == "ids"))
}

/// `new`, `builder` and the setters of a type.
pub fn implementation(
    contract: &Contract,
    item: &ItemStruct,
    runtime: &str,
) -> Result<Option<Item>> {
    let runtime = path(runtime)?;
    if !matches!(item.fields, Fields::Named(_)) {
        return Ok(None);
    }
    let name = &item.ident;
    let fields = fields(contract, item, &runtime);
    let required = required(contract, &name.to_string(), &fields);
    let new = (required.len() <= MOST_ARGUMENTS).then(|| {
        let arguments = required.iter().map(|field| {
            let (setter, argument) = (&field.setter, &field.argument);
            quote!(#setter: #argument)
        });
        // A literal where it can be: each setter moves the value.
        let (literal, set): (Vec<&Field>, Vec<_>) = required
            .iter()
            .partition(|field| matches!(field.conversion, Conversion::Plain(_)));
        let literal = literal.into_iter().map(|field| {
            let (ident, setter) = (&field.ident, &field.setter);
            let Conversion::Plain(convert) = &field.conversion else {
                return quote!();
            };
            match convert.to_string() == "value . into ()" {
                true => quote!(#ident: #setter.into(),),
                false => quote!(#ident: { let value = #setter; #convert },),
            }
        });
        let set = set.into_iter().map(|field| &field.setter);
        let start = match required.is_empty() {
            true => quote!(Self::default()),
            false => quote!(Self { #(#literal)* ..Self::default() }),
        };
        let doc = match required.is_empty() {
            true => "Creates a value with every field unset.",
            false => "Creates a value from its required fields. The others are unset.",
        };
        let doc = docs::attributes(doc);
        quote! {
            #(#doc)*
            pub fn new(#(#arguments),*) -> Self {
                #start #(.#set(#set))*
            }
        }
    });
    let builder = (!required.is_empty()).then(|| {
        let missing = required.iter().map(|field| &field.wire);
        let doc = docs::attributes(
            "Creates a value with every field unset. A required field that is still unset when the request \
             is sent is an error, and nothing is sent.",
        );
        quote! {
            #(#doc)*
            pub fn builder() -> Self {
                Self {
                    setter_errors: #runtime::SetterErrors::from_missing_fields(&[#(#missing),*]),
                    ..Self::default()
                }
            }
        }
    });
    let builder = builder.unwrap_or_else(|| {
        quote! {
            /// Creates a value with every field unset.
            pub fn builder() -> Self {
                Self::default()
            }
        }
    });
    let setters = fields.iter().map(setter);
    Ok(Some(parse_quote! {
        impl #name {
            #new
            #builder

            /// Checks the value against the constraints of the contract, as a request does before it
            /// is sent.
            ///
            /// # Errors
            ///
            /// Every field that is wrong.
            pub fn validate(&self) -> ::std::result::Result<(), #runtime::Error> {
                let mut errors = #runtime::ValidationErrors::new();
                #runtime::Validate::validate(self, &mut errors);
                errors.into_result()
            }

            #(#setters)*
        }
    }))
}

fn setter(field: &Field) -> TokenStream {
    let Field {
        wire,
        ident,
        setter,
        argument,
        ..
    } = field;
    let doc = docs::attributes(&field.doc);
    let set = match (&field.conversion, field.required) {
        (Conversion::Plain(convert), true) => quote! {
            self.setter_errors.clear(#wire);
            self.#ident = #convert;
        },
        (Conversion::Plain(convert), false) => quote! {
            self.setter_errors.clear(#wire);
            self.#ident = ::std::option::Option::Some(#convert);
        },
        (Conversion::Fallible(convert), true) => quote! {
            self.#ident = self.setter_errors.take(#wire, #convert).unwrap_or_default();
        },
        (Conversion::Fallible(convert), false) => quote! {
            self.#ident = self.setter_errors.take(#wire, #convert);
        },
    };
    quote! {
        #(#doc)*
        #[must_use]
        #[inline]
        pub fn #setter(mut self, value: #argument) -> Self {
            #set
            self
        }
    }
}

/// The required fields in the order in which the contract lists them.
fn required<'a>(contract: &Contract, name: &str, fields: &'a [Field]) -> Vec<&'a Field> {
    let listed = contract
        .schema(name)
        .map(|schema| match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Object(object)) => object.required.as_slice(),
            _ => &[],
        });
    let listed = listed.unwrap_or_default();
    let position = |field: &&Field| listed.iter().position(|name| *name == field.wire);
    let mut required: Vec<&Field> = fields.iter().filter(|field| field.required).collect();
    required.sort_by_key(position);
    required
}

impl Contract {
    /// The schema behind the type of this name.
    pub fn schema(&self, name: &str) -> Option<&openapiv3::Schema> {
        let components = self.api.components.as_ref()?;
        let mut schemas = components.schemas.iter();
        let (_, schema) = schemas.find(|(key, _)| key.to_upper_camel_case() == name)?;
        match schema {
            ReferenceOr::Item(schema) => Some(schema),
            ReferenceOr::Reference { .. } => None,
        }
    }

    /// The unit of a field that is a duration.
    pub fn duration(&self, type_name: &str, field: &str) -> Option<Unit> {
        let SchemaKind::Type(SchemaType::Object(object)) = &self.schema(type_name)?.schema_kind
        else {
            return None;
        };
        let schema = object.properties.get(field)?.as_item()?;
        let unit = schema.schema_data.extensions.get("x-duration")?;
        Unit::parse(unit.as_str()?)
    }
}
