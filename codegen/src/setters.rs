//! Renders the constructors, setters and `validate` of request types.
//!
//! Most setters accept every type with a conversion (`Into` or `TryInto`) to the field's type. If a
//! conversion fails, the setter stores the error in the field `setter_errors`. `validate` then returns the error.
//! Sending the request returns it too, and sends nothing.

use heck::ToUpperCamelCase;
use openapiv3::{ReferenceOr, SchemaKind, Type as SchemaType};
use pgbeam_spec::error::Result;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Fields, Ident, Item, ItemStruct, Type, parse_quote};

use crate::{
    contract::Contract,
    docs,
    syntax::{first_type_argument, is_option, parse_path, wire_name},
};

/// The maximum number of arguments of `new`. A type with more required fields has no `new`, because many
/// positional arguments are hard to read.
const MAX_NEW_ARGUMENTS: usize = 3;

/// A field of a request type.
pub struct Field {
    /// The JSON name.
    pub wire: String,
    /// The Rust name of the field.
    pub ident: Ident,
    /// The name of the setter. For a duration, the field name without the unit: `timeout` for `timeout_ms`.
    pub setter: Ident,
    /// The documentation of the setter.
    pub doc: String,
    pub required: bool,
    /// The argument type of the setter.
    pub argument: TokenStream,
    /// The conversion of the argument to the field's type.
    conversion: Conversion,
}

/// An expression that converts the variable `value` to the type of a field. For an optional field of type
/// `Option<T>`, it converts to `T`.
enum Conversion {
    /// The value of the expression is the converted value.
    Infallible(TokenStream),
    /// The value of the expression is a `Result` with the converted value.
    Fallible(TokenStream),
}

/// Returns the fields of a struct, in the order of the struct. Leaves out `unknown_fields` and `setter_errors`,
/// which codegen adds.
pub fn fields(contract: &Contract, item: &ItemStruct, runtime: &syn::Path) -> Vec<Field> {
    let fields = contract_fields(item).filter_map(|field| {
        let ident = field.ident.clone()?;
        let wire = wire_name(field);
        let ty = match is_option(&field.ty) {
            true => first_type_argument(&field.ty)?,
            false => &field.ty,
        };
        let mut doc = docs::get(&field.attrs).unwrap_or_else(|| format!("Sets `{wire}`."));
        let duration = contract.duration(&item.ident.to_string(), &wire);
        let (setter, (argument, conversion)) = match duration {
            Some(unit) => {
                doc = unit.without_unit(&doc) + unit.setter_note();
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

/// Returns all fields of a struct except `unknown_fields` and `setter_errors`, which codegen adds.
pub fn contract_fields(item: &ItemStruct) -> impl Iterator<Item = &syn::Field> {
    let fields = match &item.fields {
        Fields::Named(fields) => Some(&fields.named),
        _ => None,
    };
    let is_declared = |field: &&syn::Field| !matches!(&field.ident, Some(name) if name == "unknown_fields" || name == "setter_errors");
    fields.into_iter().flatten().filter(is_declared)
}

fn method_ident(name: &str) -> Ident {
    syn::parse_str(name).unwrap_or_else(|_| format_ident!("{name}_"))
}

/// The unit of a duration field (`x-duration`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationUnit {
    Milliseconds,
    Seconds,
}

impl DurationUnit {
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "milliseconds" => Some(Self::Milliseconds),
            "seconds" => Some(Self::Seconds),
            _ => None,
        }
    }

    /// Returns the name of the unit, in the plural.
    pub fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
        }
    }

    /// Returns a field name without the suffix of the unit, such as `timeout` for `timeout_ms`. A name
    /// without the suffix stays unchanged.
    pub fn without_suffix(self, name: &str) -> &str {
        let suffix = match self {
            Self::Milliseconds => "_ms",
            Self::Seconds => "_seconds",
        };
        name.strip_suffix(suffix).unwrap_or(name)
    }

    /// Removes a phrase such as ", in milliseconds" from the documentation of a field. The setter and the accessor of
    /// the field use a `Duration`, which needs no unit.
    pub fn without_unit(self, doc: &str) -> String {
        doc.replace(&format!(", in {}", self.name()), "")
    }

    /// Returns the last sentence of the documentation of a setter for a duration.
    fn setter_note(self) -> &'static str {
        match self {
            Self::Milliseconds => {
                " The argument must be a whole number of milliseconds; any other value is a validation error."
            }
            Self::Seconds => {
                " The argument must be a whole number of seconds; any other value is a validation error."
            }
        }
    }

    fn conversion(self, runtime: &syn::Path) -> (TokenStream, Conversion) {
        let per_second = match self {
            Self::Milliseconds => quote!(1_000),
            Self::Seconds => quote!(1),
        };
        let name = self.name();
        (
            quote!(::std::time::Duration),
            Conversion::Fallible(quote!(#runtime::to_whole_units(value, #per_second, #name))),
        )
    }

    /// Returns an expression that converts a number of this unit to a `Duration`. A negative number
    /// becomes a zero duration.
    pub fn duration(self, value: &TokenStream) -> TokenStream {
        let from = match self {
            Self::Milliseconds => quote!(from_millis),
            Self::Seconds => quote!(from_secs),
        };
        // Responses are not validated, so the number may be negative.
        quote!(::std::time::Duration::#from(u64::try_from(#value).unwrap_or(0)))
    }
}

/// Returns the argument type of a setter and its conversion to the field's type.
fn conversion(ty: &Type, runtime: &syn::Path) -> (TokenStream, Conversion) {
    let last = match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let name = last.map(|last| last.ident.to_string()).unwrap_or_default();
    match (name.as_str(), first_type_argument(ty)) {
        ("i64" | "i32", _) => (
            quote!(impl ::std::convert::TryInto<#ty, Error: ::std::fmt::Display>),
            Conversion::Fallible(quote!(value.try_into())),
        ),
        ("bool", _) => (quote!(bool), Conversion::Infallible(quote!(value))),
        ("DateTime", _) => (
            quote!(impl #runtime::IntoTimestamp),
            Conversion::Fallible(quote!(value.into_timestamp())),
        ),
        // A concrete item type, so that the type of an empty list can be inferred.
        ("Vec", Some(item)) if is_generated_struct(item) => (
            quote!(impl ::std::iter::IntoIterator<Item = #item>),
            Conversion::Infallible(quote!(value.into_iter().collect())),
        ),
        ("Vec", Some(item)) => match conversion(item, runtime) {
            (argument, Conversion::Infallible(convert)) => (
                quote!(impl ::std::iter::IntoIterator<Item = #argument>),
                Conversion::Infallible(quote!(value.into_iter().map(|value| #convert).collect())),
            ),
            (argument, Conversion::Fallible(convert)) => (
                quote!(impl ::std::iter::IntoIterator<Item = #argument>),
                Conversion::Fallible(quote! {
                    value.into_iter().map(|value| #convert).collect::<::std::result::Result<::std::vec::Vec<_>, _>>()
                }),
            ),
        },
        ("HashMap", _) => (quote!(#ty), Conversion::Infallible(quote!(value))),
        _ if is_id(ty) => (
            quote!(impl ::std::convert::TryInto<#ty, Error: ::std::fmt::Display>),
            Conversion::Fallible(quote!(value.try_into())),
        ),
        _ => (
            quote!(impl ::std::convert::Into<#ty>),
            Conversion::Infallible(quote!(value.into())),
        ),
    }
}

/// Returns `true` for a type that is written as a single name, such as `MaskingRule`, and is not a scalar, such
/// as `i64`. Progenitor writes only the types of `mod types` in this way.
fn is_generated_struct(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.get_ident().is_some_and(|name| {
        !["i64", "i32", "f64", "bool"].iter().any(|scalar| name == scalar)
    }))
}

fn is_id(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.iter().any(|segment| segment.ident == "ids"))
}

/// Renders the `impl` block with `builder`, `validate` and the setters of a struct, and with `new` if the
/// struct has at most `MAX_NEW_ARGUMENTS` required fields. Returns `None` for a struct without named
/// fields.
pub fn render_impl(contract: &Contract, item: &ItemStruct, runtime: &str) -> Result<Option<Item>> {
    let runtime = parse_path(runtime)?;
    if !matches!(item.fields, Fields::Named(_)) {
        return Ok(None);
    }
    let name = &item.ident;
    let fields = fields(contract, item, &runtime);
    let required = required(contract, &name.to_string(), &fields);
    let new = (required.len() <= MAX_NEW_ARGUMENTS).then(|| {
        let arguments = required.iter().map(|field| {
            let (setter, argument) = (&field.setter, &field.argument);
            quote!(#setter: #argument)
        });
        // A struct literal avoids the setter calls, each of which moves the struct. Fields whose conversion can
        // fail need the setters.
        let (literal, set): (Vec<&Field>, Vec<_>) = required
            .iter()
            .partition(|field| matches!(field.conversion, Conversion::Infallible(_)));
        let literal = literal.into_iter().map(|field| {
            let (ident, setter) = (&field.ident, &field.setter);
            let Conversion::Infallible(convert) = &field.conversion else {
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
            false => "Creates a value from its required fields. Optional fields are unset.",
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
            "Creates a value with every field unset.\n\nSet all required fields before you send a request with this \
             value. If one is unset, the request fails with a validation error, and nothing is sent.",
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

            /// Checks the value against the constraints of the API contract.
            ///
            /// Calling this method is optional: a request runs the same checks before it is sent.
            ///
            /// # Errors
            ///
            /// Returns an error of kind `Invalid`, with every validation error, if the value violates a constraint,
            /// if a required field is unset, or if a setter could not convert its argument.
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
        (Conversion::Infallible(convert), true) => quote! {
            self.setter_errors.clear(#wire);
            self.#ident = #convert;
        },
        (Conversion::Infallible(convert), false) => quote! {
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

/// Returns the required fields of `fields`, in the order of the list `required` in the contract.
fn required<'a>(contract: &Contract, name: &str, fields: &'a [Field]) -> Vec<&'a Field> {
    let names = contract
        .schema(name)
        .map(|schema| match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Object(object)) => object.required.as_slice(),
            _ => &[],
        });
    let names = names.unwrap_or_default();
    let position = |field: &&Field| names.iter().position(|name| *name == field.wire);
    let mut required: Vec<&Field> = fields.iter().filter(|field| field.required).collect();
    required.sort_by_key(position);
    required
}

impl Contract {
    /// Returns the component schema of the generated type `name`. `None` if there is no such component, or if the
    /// component is a reference.
    pub fn schema(&self, name: &str) -> Option<&openapiv3::Schema> {
        let components = self.api.components.as_ref()?;
        let mut schemas = components.schemas.iter();
        let (_, schema) = schemas.find(|(key, _)| key.to_upper_camel_case() == name)?;
        match schema {
            ReferenceOr::Item(schema) => Some(schema),
            ReferenceOr::Reference { .. } => None,
        }
    }

    /// Returns the unit of a duration field (`x-duration`) of a generated type. `field` is the JSON name.
    /// `None` for any other field.
    pub fn duration(&self, type_name: &str, field: &str) -> Option<DurationUnit> {
        let SchemaKind::Type(SchemaType::Object(object)) = &self.schema(type_name)?.schema_kind
        else {
            return None;
        };
        let schema = object.properties.get(field)?.as_item()?;
        let unit = schema.schema_data.extensions.get("x-duration")?;
        DurationUnit::parse(unit.as_str()?)
    }
}
