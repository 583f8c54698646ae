//! Renders the handles of the SDK, such as `project.agents()`, with one method per operation.
//!
//! The extension `x-method` of an operation, such as `project.agents.list`, names the scope, the handle and the
//! method. If an operation has no `x-method`, its method is written by hand. A generated method sets its arguments
//! on the request builder of `pgbeam-api`, and returns the builder inside a request of the SDK.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{FnArg, ImplItem, ImplItemFn, Item, Type, parse_quote, visit_mut::VisitMut};

use super::{
    HEADER, format_file,
    module_placement::ModulePlacement,
    names::{method_name, operation_doc},
    requests,
    resources::Resource,
};
use crate::{
    contract::{Contract, Location, Operation, OperationParameter},
    docs,
    method_path::{MethodPath, Scope},
    progenitor::{Generated, unexpected_output},
    setters,
    syntax::{PathRewriter, impl_type_name},
};
use pgbeam_spec::error::Result;

/// Parameters without a generated setter. The request types of the SDK have hand-written methods for them.
const COMMON_PARAMETERS: [&str; 5] = [
    "page_size",
    "page_token",
    "If-None-Match",
    "If-Match",
    "Idempotency-Key",
];

/// The data from which handles are rendered.
pub struct HandleContext<'a> {
    pub contract: &'a Contract,
    pub generated: &'a Generated,
    pub placement: &'a ModulePlacement,
    /// The ids of the operations that return one page of a list.
    pub list_operations: &'a BTreeSet<String>,
    pub resources: &'a [Resource<'a>],
}

/// Renders one file for each area that has handles, and `mod.rs`. Returns a path and a content for each file. The
/// paths are relative to the folder of the generated handles.
///
/// # Errors
///
/// A handle has the name of a type, or progenitor's output is not as expected.
pub fn render(context: &HandleContext<'_>) -> Result<Vec<(String, String)>> {
    let areas: BTreeSet<&str> = operations(context.contract)
        .map(|(operation, _)| operation.area.as_str())
        .collect();
    let mut files = Vec::new();
    let mut root =
        format!("{HEADER}//! Handles generated from the API contract, one module per area.\n\n");
    for area in areas {
        files.push((format!("{area}.rs"), area_file(context, area)?));
        root.push_str(&format!("#[cfg(feature = {area:?})]\npub mod {area};\n"));
    }
    files.push(("mod.rs".to_owned(), root));
    Ok(files)
}

/// Returns the operations that get a generated method, each with its `x-method`.
fn operations(contract: &Contract) -> impl Iterator<Item = (&Operation, &MethodPath)> {
    contract
        .operations
        .iter()
        .filter_map(|operation| Some((operation, operation.method_path.as_ref()?)))
}

fn area_file(context: &HandleContext<'_>, area: &str) -> Result<String> {
    let contract = context.contract;
    let mut handles: BTreeMap<(Scope, &str), Vec<&Operation>> = BTreeMap::new();
    for (operation, path) in operations(contract).filter(|(operation, _)| operation.area == area) {
        handles
            .entry((path.scope, &path.handle))
            .or_default()
            .push(operation);
    }
    let mut tokens = TokenStream::new();
    let mut names = BTreeSet::new();
    for ((scope, handle), operations) in &handles {
        let is_ambiguous = handles.keys().filter(|(_, other)| other == handle).count() > 1;
        let name = if is_ambiguous {
            format!("{}_{handle}", scope.name()).to_upper_camel_case()
        } else {
            handle.to_upper_camel_case()
        };
        tokens.extend(render_handle(context, &name, *scope, handle, operations)?);
        names.insert(name);
    }
    let types = reexports(contract, context.placement, area, &names)?;
    let area_doc = contract.area_description(area);
    let (first, rest) = area_doc.split_once("\n\n").unwrap_or((&area_doc, ""));
    let table = method_table(&handles);
    let doc = format!("{first}\n\n{rest}\n\n{table}");
    let text = format_file("", quote! { #types #tokens })?;
    let text = text
        .strip_prefix(HEADER)
        .unwrap_or(&text)
        .trim_start_matches("//!")
        .trim_start();
    Ok(format!("{HEADER}{}\n{text}", module_doc(&doc)))
}

/// Formats a text as a `//!` comment.
fn module_doc(text: &str) -> String {
    let line = |line: &str| match line {
        "" => "//!\n".to_owned(),
        line => format!("//! {line}\n"),
    };
    docs::wrap(text).lines().map(line).collect()
}

/// Formats a Markdown table with the method of each operation.
fn method_table(handles: &BTreeMap<(Scope, &str), Vec<&Operation>>) -> String {
    let mut out = String::from("| method | operation |\n| --- | --- |\n");
    for ((scope, handle), operations) in handles {
        for operation in operations {
            let Some(path) = &operation.method_path else {
                continue;
            };
            let scope = scope.name();
            out.push_str(&format!(
                "| `{scope}.{handle}().{}(…)` | `{}` |\n",
                path.method, operation.id
            ));
        }
    }
    out
}

/// Renders the `pub use` items that re-export the types of an area in its module. Types of the runtime are left
/// out.
///
/// # Errors
///
/// A handle has the name of one of these types.
fn reexports(
    contract: &Contract,
    placement: &ModulePlacement,
    area: &str,
    handles: &BTreeSet<String>,
) -> Result<TokenStream> {
    let (mut types, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let is_runtime_type = |name: &String| {
        contract
            .replacements
            .get(name)
            .is_some_and(|replacement| replacement.is_runtime_type())
    };
    for name in placement
        .area_types(area)
        .into_iter()
        .filter(|name| !is_runtime_type(name))
    {
        if handles.contains(&name) {
            let message =
                format!("the handle `{name}` has the name of a type: rename it in `x-method`");
            return Err(contract.locations.schema_error(&name, message));
        }
        let name = format_ident!("{name}");
        let is_id = contract
            .ids
            .keys()
            .any(|id| name == id.to_upper_camel_case());
        if is_id {
            ids.insert(name)
        } else {
            types.insert(name)
        };
    }
    let types = (!types.is_empty()).then(|| quote!(pub use pgbeam_api::types::{#(#types),*};));
    let ids = (!ids.is_empty()).then(|| quote!(pub use pgbeam_api::ids::{#(#ids),*};));
    Ok(quote! { #ids #types })
}

fn render_handle(
    context: &HandleContext<'_>,
    name: &str,
    scope: Scope,
    handle: &str,
    operations: &[&Operation],
) -> Result<TokenStream> {
    let name = format_ident!("{name}");
    let getter = method_name(handle);
    let scope_type = format_ident!("{}", scope.name().to_upper_camel_case());
    let description = context.contract.handle_description(handle);
    let doc = docs::attributes(&format!(
        "{description}\n\nA handle, returned by [`{scope_type}::{getter}`](crate::{scope_type}::{getter}). \
         Each method returns a request, which is sent when it is awaited. If a parameter or the body is invalid, \
         nothing is sent, and awaiting the request returns every validation error. A handle is cheap to clone."
    ));
    let getter_doc = docs::attributes(&format!(
        "{description}\n\nReturns a handle and sends nothing."
    ));
    let mut methods = Vec::new();
    let mut setters = Vec::new();
    for operation in operations {
        let (method, parameter_setters) = method(context, scope, operation)?;
        methods.push(method);
        setters.extend(parameter_setters);
        let mut resources = context.resources.iter();
        if let Some(resource) = resources.find(|resource| resource.update.id == operation.id) {
            methods.push(edit_method(scope, resource));
            setters.push(edit_setters(context.contract, resource)?);
        }
    }
    Ok(quote! {
        impl crate::#scope_type {
            #(#getter_doc)*
            pub fn #getter(&self) -> #name {
                #name { scope: self.clone() }
            }
        }
        #(#doc)*
        #[derive(Clone, Debug)]
        pub struct #name {
            pub(crate) scope: crate::#scope_type,
        }
        impl #name { #(#methods)* }
        #(#setters)*
    })
}

/// Renders the handle method of an operation, and the request's setters for the parameters that
/// [`optional_parameters`] returns and for an optional body. The second item is `None` if there are no setters.
fn method(
    context: &HandleContext<'_>,
    scope: Scope,
    operation: &Operation,
) -> Result<(TokenStream, Option<TokenStream>)> {
    let Some(path) = &operation.method_path else {
        return Err(unexpected_output("an operation without a method"));
    };
    let builder = format_ident!("{}", operation.id.to_upper_camel_case());
    let is_list = operation.conditional && context.list_operations.contains(&operation.id);
    let request = match is_list {
        true => format_ident!("ListRequest"),
        false => format_ident!("Request"),
    };
    let setters = builder_setters(context.generated, operation)?;
    let mut arguments: Vec<FnArg> = Vec::new();
    let mut calls = Vec::new();
    let mut generics: Vec<syn::Ident> = Vec::new();
    let mut bounds: Vec<syn::WherePredicate> = Vec::new();
    for parameter in operation
        .parameters
        .iter()
        .filter(|parameter| parameter.required)
    {
        let name = method_name(&parameter.name);
        if Some(parameter.name.as_str()) == scope.parameter() {
            calls.push(quote!(.#name(self.scope.id())));
        } else if parameter.location == Location::Path {
            arguments.push(parse_quote!(#name: impl AsRef<str>));
            calls.push(quote!(.#name(#name.as_ref())));
        } else {
            add_generic(&setters, &parameter.name, &name, &mut generics, &mut bounds)?;
            let generic = generics.last();
            arguments.push(parse_quote!(#name: #generic));
            calls.push(quote!(.#name(#name)));
        }
    }
    if operation.body.as_ref().is_some_and(|body| body.required) {
        let name = format_ident!("body");
        add_generic(&setters, "body", &name, &mut generics, &mut bounds)?;
        let generic = generics.last();
        arguments.push(parse_quote!(body: #generic));
        calls.push(quote!(.body(body)));
    }
    let angle = (!generics.is_empty()).then(|| quote!(<#(#generics),*>));
    let bounds = (!bounds.is_empty()).then(|| quote!(where #(#bounds),*));
    let method = method_name(&path.method);
    let optional: Vec<&OperationParameter> = optional_parameters(operation).collect();
    let has_optional_body = operation.body.as_ref().is_some_and(|body| !body.required);
    let optional_doc = match (optional.is_empty(), has_optional_body) {
        (true, _) => "Optional body",
        (false, true) => "Optional parameters and body",
        (false, false) => "Optional parameters",
    };
    let key_doc = match operation.declares_key() {
        true => {
            "\n\nBy default, the client generates an `Idempotency-Key` for the call and sends it on every attempt."
        }
        false => "",
    };
    let doc = docs::attributes(&format!(
        "{}{key_doc}\n\n{}",
        operation_doc(operation),
        options_doc(&request, &optional, has_optional_body)
    ));
    let deprecated = operation.deprecated.then(|| quote!(#[deprecated]));
    let tokens = quote! {
        #(#doc)*
        #deprecated
        pub fn #method #angle(&self, #(#arguments),*) -> crate::request::#request<pgbeam_api::builder::#builder>
        #bounds
        {
            let client = self.scope.client();
            let builder = pgbeam_api::builder::#builder::new(client.api()) #(#calls)*;
            crate::request::#request::new(client, builder)
        }
    };
    let mut forwarded: Vec<ImplItemFn> = optional
        .into_iter()
        .map(|parameter| {
            forwarding_setter(
                &setters,
                &method_name(&parameter.name).to_string(),
                &description(parameter),
            )
        })
        .collect::<Result<_>>()?;
    if has_optional_body {
        forwarded.push(forwarding_setter(
            &setters,
            "body",
            "Sets the request body. If unset, no body is sent.",
        )?);
    }
    let forwarded = (!forwarded.is_empty()).then(|| {
        let doc = docs::attributes(&format!("{optional_doc} of operation `{}`.", operation.id));
        quote! {
            #(#doc)*
            impl crate::request::#request<pgbeam_api::builder::#builder> { #(#forwarded)* }
        }
    });
    Ok((tokens, forwarded))
}

/// Returns the optional parameters of an operation except [`COMMON_PARAMETERS`].
fn optional_parameters(operation: &Operation) -> impl Iterator<Item = &OperationParameter> {
    operation
        .parameters
        .iter()
        .filter(|parameter| !parameter.required)
        .filter(|parameter| !COMMON_PARAMETERS.contains(&parameter.name.as_str()))
}

/// Returns the paragraph of a method's documentation that says how to set its optional parameters and the call
/// options.
fn options_doc(
    request: &syn::Ident,
    optional: &[&OperationParameter],
    has_optional_body: bool,
) -> String {
    let names = optional
        .iter()
        .map(|parameter| method_name(&parameter.name));
    let names = names.chain(has_optional_body.then(|| format_ident!("body")));
    let names: String = names.map(|name| format!("`{name}`, ")).collect();
    let names = match names.strip_suffix(", ") {
        Some(names) => format!("{names} and "),
        None => names,
    };
    format!(
        "To set {names}call options, such as timeouts, call methods of the returned \
         [`{request}`](crate::request::{request})."
    )
}

/// Renders the handle method `edit`, which returns an edit of the resource.
fn edit_method(scope: Scope, resource: &Resource<'_>) -> TokenStream {
    let Resource {
        update,
        read_back,
        output,
        ..
    } = resource;
    let output = &output.ident;
    let doc = docs::attributes(&format!(
        "Returns an edit of the resource. Call the methods of the edit to change fields. The edit keeps all other \
         fields.\n\nNothing is sent until the edit is awaited. The edit then reads the resource (operation `{}`), \
         applies the changes, and replaces the resource (operation `{}`). An edit without changes only reads the \
         resource. `If-Match` prevents the edit from overwriting a concurrent change. See \
         [`Edit`](crate::request::Edit) for retries after concurrent changes, and for errors.",
        read_back.operation, update.id
    ));
    let path = update.parameters.iter();
    let path = path.filter(|parameter| parameter.location == Location::Path);
    let (mut arguments, mut values) = (Vec::<FnArg>::new(), Vec::new());
    for parameter in path {
        let (wire, name) = (&parameter.name, method_name(&parameter.name));
        if Some(wire.as_str()) == scope.parameter() {
            values.push(quote!((#wire, self.scope.id().as_ref())));
        } else {
            arguments.push(parse_quote!(#name: impl AsRef<str>));
            values.push(quote!((#wire, #name.as_ref())));
        }
    }
    quote! {
        #(#doc)*
        pub fn edit(&self, #(#arguments),*) -> crate::request::Edit<pgbeam_api::types::#output> {
            crate::request::Edit::new(self.scope.client(), &[#(#values),*])
        }
    }
}

/// Renders the setters of an edit. Also renders a `clear_…` method for each optional field. The method resets the field
/// to its default, or removes the value if the field has no default.
fn edit_setters(contract: &Contract, resource: &Resource<'_>) -> Result<TokenStream> {
    let runtime = parse_quote!(pgbeam_api::runtime);
    let write_only = &resource.read_back.write_only;
    let mut methods = Vec::new();
    for field in setters::fields(contract, resource.input, &runtime) {
        let (wire, setter) = (&field.wire, &field.setter);
        let mut doc = field.doc.clone();
        // With one of these words, the documentation describes a PUT without the field. An edit sends the stored
        // value instead.
        let has_default = doc.contains("Default");
        let has_omitted = ["mitted", "omits"].iter().any(|word| doc.contains(word));
        let when_absent = &resource.read_back.when_absent;
        let is_kept = when_absent
            .iter()
            .any(|(name, value)| name == wire && value.is_none());
        if write_only.contains(wire) {
            doc.push_str(
                "\n\nAn edit that changes another field must also set this field. If it does not, it fails with kind \
                 [`Invalid`](crate::ErrorKind::Invalid), and nothing is sent.",
            );
        } else if has_default || has_omitted {
            doc.push_str("\n\n");
            // A PUT without a kept field does the same as an edit that does not change the field.
            if !field.required && !is_kept {
                let only_cleared = match (has_default, has_omitted) {
                    (true, true) => "the default and the meaning of an omitted field apply",
                    (true, false) => "the default applies",
                    (false, _) => "the meaning of an omitted field applies",
                };
                doc.push_str(&format!(
                    "In an edit, {only_cleared} only after [`clear_{setter}`](Self::clear_{setter}). "
                ));
            }
            doc.push_str(match field.required {
                true => "If the edit does not set the field, the stored value is kept.",
                false => "If the edit neither sets nor clears the field, the stored value is kept.",
            });
        }
        let doc = docs::attributes(&doc);
        let mut argument: Type = syn::parse2(field.argument)
            .map_err(|error| unexpected_output(&format!("the argument of `{setter}`: {error}")))?;
        for mut rewriter in sdk_path_rewriters()? {
            rewriter.visit_type_mut(&mut argument);
        }
        methods.push(quote! {
            #(#doc)*
            pub fn #setter(self, value: #argument) -> Self {
                self.change(#wire, crate::request::Change::Set, |input| input.#setter(value))
            }
        });
        if !field.required {
            let clear = format_ident!("clear_{setter}");
            let doc = docs::attributes(&match resource.read_back.absent_values.get(wire) {
                _ if write_only.contains(wire) => format!(
                    "Makes the edit fail with kind [`Invalid`](crate::ErrorKind::Invalid), and nothing is sent: an \
                     edit cannot clear the write-only field `{wire}`."
                ),
                Some(default) => format!(
                    "Resets `{wire}` to its default, `{default}`. See [`{setter}`](Self::{setter}) for the meaning \
                     of the field."
                ),
                None => format!(
                    "Removes the stored value of `{wire}`. See [`{setter}`](Self::{setter}) for the meaning of an \
                     omitted field."
                ),
            });
            methods.push(quote! {
                #(#doc)*
                pub fn #clear(self) -> Self {
                    self.clear(#wire)
                }
            });
        }
    }
    let output = &resource.output.ident;
    let mut doc = format!(
        "Setters of an edit whose resource has the type [`{output}`](pgbeam_api::types::{output}).\n\n\
         If the edit neither sets nor clears a field, the stored value is kept. Some setters document a default, or \
         the meaning of an omitted field. In an edit, both apply only to a field that the edit clears."
    );
    if !write_only.is_empty() {
        let names: Vec<_> = write_only.iter().map(|name| format!("`{name}`")).collect();
        doc.push_str(&format!(
            "\n\nAn edit cannot keep the stored value of {names}, because no response contains it. An edit that \
             changes another field must also set {names}. If it does not, it fails with kind \
             [`Invalid`](crate::ErrorKind::Invalid), and nothing is sent.",
            names = names.join(" and ")
        ));
    }
    let doc = docs::attributes(&doc);
    Ok(quote! {
        #(#doc)*
        impl crate::request::Edit<pgbeam_api::types::#output> { #(#methods)* }
    })
}

/// Returns rewriters that convert the paths of code inside `pgbeam-api` to paths that other crates can use.
fn sdk_path_rewriters() -> Result<Vec<PathRewriter>> {
    let prefixes = [
        ("crate", "pgbeam_api"),
        ("types", "pgbeam_api::types"),
        ("runtime", "pgbeam_api::runtime"),
    ];
    prefixes
        .into_iter()
        .map(|(from, to)| PathRewriter::new(from, to))
        .collect()
}

fn description(parameter: &OperationParameter) -> String {
    parameter
        .description
        .clone()
        .unwrap_or_else(|| format!("Sets `{}`.", parameter.name))
}

/// Returns the methods of an operation's request builder, by name. The paths in the method signatures are converted,
/// so that crates other than `pgbeam-api` can use them.
fn builder_setters(
    generated: &Generated,
    operation: &Operation,
) -> Result<BTreeMap<String, ImplItemFn>> {
    let builder: syn::File = syn::parse2(requests::render_builder(generated, operation)?)
        .map_err(|error| unexpected_output(&format!("a builder is not valid Rust: {error}")))?;
    let methods = builder.items.into_iter().find_map(|item| match item {
        Item::Impl(item) if item.trait_.is_none() && impl_type_name(&item).is_some() => {
            Some(item.items)
        }
        _ => None,
    });
    let mut rewriters = sdk_path_rewriters()?;
    let mut setters = BTreeMap::new();
    for item in methods.into_iter().flatten() {
        if let ImplItem::Fn(mut function) = item {
            rewriters
                .iter_mut()
                .for_each(|rewriter| rewriter.visit_signature_mut(&mut function.sig));
            setters.insert(function.sig.ident.to_string(), function);
        }
    }
    Ok(setters)
}

/// Adds a generic parameter to `generics`, for the argument `name` of a method. Copies the bounds of the generic
/// parameter from the builder's setter `name` to `bounds`. `parameter` is the name of the API parameter, for the error
/// message.
fn add_generic(
    setters: &BTreeMap<String, ImplItemFn>,
    parameter: &str,
    name: &syn::Ident,
    generics: &mut Vec<syn::Ident>,
    bounds: &mut Vec<syn::WherePredicate>,
) -> Result<()> {
    struct Rename(syn::Ident);
    impl VisitMut for Rename {
        fn visit_ident_mut(&mut self, ident: &mut syn::Ident) {
            if *ident == "V" {
                *ident = self.0.clone();
            }
        }
    }
    let setter = setters.get(&name.to_string());
    let setter =
        setter.ok_or_else(|| unexpected_output(&format!("no setter for `{parameter}`")))?;
    // A name derived from the parameter could conflict with a type.
    let generic = match (name == "body", generics.len()) {
        (true, _) => format_ident!("B"),
        (false, 0) => format_ident!("V"),
        (false, more) => format_ident!("V{}", more + 1),
    };
    let mut rename = Rename(generic.clone());
    for mut predicate in setter
        .sig
        .generics
        .where_clause
        .iter()
        .flat_map(|clause| clause.predicates.clone())
    {
        rename.visit_where_predicate_mut(&mut predicate);
        bounds.push(predicate);
    }
    generics.push(generic);
    Ok(())
}

/// Renders a setter of the SDK's request that calls the builder's setter of the same name.
fn forwarding_setter(
    setters: &BTreeMap<String, ImplItemFn>,
    name: &str,
    doc: &str,
) -> Result<ImplItemFn> {
    let setter = setters
        .get(name)
        .ok_or_else(|| unexpected_output(&format!("no setter `{name}`")))?;
    let mut setter = setter.clone();
    let ident = setter.sig.ident.clone();
    setter.sig.inputs = parse_quote!(self, value: V);
    setter.block = parse_quote!({ self.with(|builder| builder.#ident(value)) });
    docs::set(&mut setter.attrs, doc);
    Ok(setter)
}
