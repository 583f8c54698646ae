//! The handles of the SDK: `project.agents().list()` and the like, one method an operation.
//!
//! Where an operation stands is said in the contract: `x-method: project.agents.list` is its scope,
//! its handle and its method. An operation without one has no method here; its area is written by
//! hand. What a handle gives are the SDK's own requests around the generated builders, so that there
//! is next to nothing here but names, arguments and documentation.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{FnArg, ImplItem, ImplItemFn, Item, Type, parse_quote, visit_mut::VisitMut};

use super::{
    MARK, file,
    homes::Homes,
    names::{method_name, operation_doc},
    requests,
    resources::Resource,
};
use crate::{
    contract::{Contract, Location, Operation, ParameterPlan},
    docs,
    method_path::{MethodPath, Scope},
    progenitor::{Generated, unexpected},
    setters,
    syntax::{Rewrite, implemented},
};
use pgbeam_spec::error::Result;

/// Parameters that the SDK's requests have by themselves.
const GENERAL: [&str; 5] = [
    "page_size",
    "page_token",
    "If-None-Match",
    "If-Match",
    "Idempotency-Key",
];

/// What handles are made from.
pub struct Source<'a> {
    pub contract: &'a Contract,
    pub generated: &'a Generated,
    pub homes: &'a Homes,
    /// The operations that return one page of a list.
    pub listed: &'a BTreeSet<String>,
    pub resources: &'a [Resource<'a>],
}

/// The files of all areas that have handles: path under the SDK's folder of generated code, and text.
pub fn files(source: &Source<'_>) -> Result<Vec<(String, String)>> {
    let areas: BTreeSet<&str> = operations(source.contract)
        .map(|(of, _)| of.area.as_str())
        .collect();
    let mut files = Vec::new();
    let mut root = format!("{MARK}//! The areas whose handles are made from the contract.\n\n");
    for area in areas {
        files.push((format!("{area}.rs"), area_file(source, area)?));
        root.push_str(&format!("#[cfg(feature = {area:?})]\npub mod {area};\n"));
    }
    files.push(("mod.rs".to_owned(), root));
    Ok(files)
}

fn operations(contract: &Contract) -> impl Iterator<Item = (&Operation, &MethodPath)> {
    contract
        .operations
        .iter()
        .filter_map(|of| Some((of, of.method_path.as_ref()?)))
}

fn area_file(source: &Source<'_>, area: &str) -> Result<String> {
    let contract = source.contract;
    let mut handles: BTreeMap<(Scope, &str), Vec<&Operation>> = BTreeMap::new();
    for (operation, path) in operations(contract).filter(|(of, _)| of.area == area) {
        handles
            .entry((path.scope, &path.handle))
            .or_default()
            .push(operation);
    }
    let mut tokens = TokenStream::new();
    let mut names = BTreeSet::new();
    for ((scope, handle), operations) in &handles {
        let twice = handles.keys().filter(|(_, other)| other == handle).count() > 1;
        let name = if twice {
            format!("{}_{handle}", scope.name()).to_upper_camel_case()
        } else {
            handle.to_upper_camel_case()
        };
        tokens.extend(self::handle(source, &name, *scope, handle, operations)?);
        names.insert(name);
    }
    let types = types(contract, source.homes, area, &names)?;
    let area_doc = contract.area_description(area);
    let (first, rest) = area_doc.split_once("\n\n").unwrap_or((&area_doc, ""));
    let table = table(&handles);
    let doc = format!("{first}\n\n{rest}\n\n{table}");
    let text = file("", quote! { #types #tokens })?;
    let text = text
        .strip_prefix(MARK)
        .unwrap_or(&text)
        .trim_start_matches("//!")
        .trim_start();
    Ok(format!("{MARK}{}\n{text}", module_doc(&doc)))
}

/// The documentation of a module, a line each.
fn module_doc(text: &str) -> String {
    let line = |line: &str| match line {
        "" => "//!\n".to_owned(),
        line => format!("//! {line}\n"),
    };
    docs::wrap(text).lines().map(line).collect()
}

/// Which method is which operation.
fn table(handles: &BTreeMap<(Scope, &str), Vec<&Operation>>) -> String {
    let mut out = String::from("| call | operation |\n| --- | --- |\n");
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

/// The types that the operations of an area take and give, so that who uses the area finds them in
/// one place.
fn types(
    contract: &Contract,
    homes: &Homes,
    area: &str,
    handles: &BTreeSet<String>,
) -> Result<TokenStream> {
    let (mut types, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let of_the_runtime = |name: &String| {
        contract
            .replacements
            .get(name)
            .is_some_and(|of| of.is_of_the_runtime())
    };
    for name in homes
        .types_of(area)
        .into_iter()
        .filter(|name| !of_the_runtime(name))
    {
        if handles.contains(&name) {
            let message =
                format!("the handle `{name}` has the name of a type: change its `x-method`");
            return Err(contract.places.at_schema(&name, message));
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

fn handle(
    source: &Source<'_>,
    name: &str,
    scope: Scope,
    handle: &str,
    operations: &[&Operation],
) -> Result<TokenStream> {
    let name = format_ident!("{name}");
    let getter = method_name(handle);
    let scope_type = format_ident!("{}", scope.name().to_upper_camel_case());
    let text = source.contract.handle_description(handle);
    let from = format!(
        "{text}\n\nFrom [`{scope_type}::{getter}`](crate::{scope_type}::{getter}). Cheap to clone. Every \
         method gives a request that is sent when it is awaited; what is wrong with its parts is \
         reported then, all at once, and nothing is sent."
    );
    let from = docs::attributes(&from);
    let getter_doc = docs::attributes(&text);
    let mut methods = Vec::new();
    let mut setters = Vec::new();
    for operation in operations {
        let (method, more) = method(source, scope, operation)?;
        methods.push(method);
        setters.extend(more);
        let mut resources = source.resources.iter();
        if let Some(resource) = resources.find(|resource| resource.update.id == operation.id) {
            methods.push(edit_method(scope, resource));
            setters.push(edit_setters(source.contract, resource)?);
        }
    }
    Ok(quote! {
        impl crate::#scope_type {
            #(#getter_doc)*
            pub fn #getter(&self) -> #name {
                #name { scope: self.clone() }
            }
        }
        #(#from)*
        #[derive(Clone, Debug)]
        pub struct #name {
            pub(crate) scope: crate::#scope_type,
        }
        impl #name { #(#methods)* }
        #(#setters)*
    })
}

/// The method of an operation, and the setters of its request.
fn method(
    source: &Source<'_>,
    scope: Scope,
    operation: &Operation,
) -> Result<(TokenStream, Option<TokenStream>)> {
    let Some(path) = &operation.method_path else {
        return Err(unexpected("a method without a name"));
    };
    let builder = format_ident!("{}", operation.id.to_upper_camel_case());
    let is_list = operation.conditional && source.listed.contains(&operation.id);
    let request = match is_list {
        true => format_ident!("ListRequest"),
        false => format_ident!("Request"),
    };
    let setter = setters(source.generated, operation)?;
    let mut arguments: Vec<FnArg> = Vec::new();
    let mut calls = Vec::new();
    let mut generics: Vec<syn::Ident> = Vec::new();
    let mut bounds: Vec<syn::WherePredicate> = Vec::new();
    for parameter in operation.parameters.iter().filter(|of| of.required) {
        let name = method_name(&parameter.name);
        if Some(parameter.name.as_str()) == scope.parameter() {
            calls.push(quote!(.#name(self.scope.id())));
        } else if parameter.location == Location::Path {
            arguments.push(parse_quote!(#name: impl AsRef<str>));
            calls.push(quote!(.#name(#name.as_ref())));
        } else {
            take(&setter, &parameter.name, &name, &mut generics, &mut bounds)?;
            let generic = generics.last();
            arguments.push(parse_quote!(#name: #generic));
            calls.push(quote!(.#name(#name)));
        }
    }
    if operation.body.as_ref().is_some_and(|body| body.required) {
        let name = format_ident!("body");
        take(&setter, "body", &name, &mut generics, &mut bounds)?;
        let generic = generics.last();
        arguments.push(parse_quote!(body: #generic));
        calls.push(quote!(.body(body)));
    }
    let angle = (!generics.is_empty()).then(|| quote!(<#(#generics),*>));
    let bounds = (!bounds.is_empty()).then(|| quote!(where #(#bounds),*));
    let method = method_name(&path.method);
    let doc = docs::attributes(&operation_doc(operation));
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
    let optional = operation.parameters.iter().filter(|of| !of.required);
    let optional = optional.filter(|of| !GENERAL.contains(&of.name.as_str()));
    let mut more: Vec<ImplItemFn> = optional
        .map(|of| {
            forward(
                &setter,
                &method_name(&of.name).to_string(),
                &description(of),
            )
        })
        .collect::<Result<_>>()?;
    if operation.body.as_ref().is_some_and(|body| !body.required) {
        more.push(forward(
            &setter,
            "body",
            "Sends a body. Unless it is set, none is sent.",
        )?);
    }
    let more = (!more.is_empty()).then(|| {
        let doc = docs::attributes(&format!(
            "What `{}` takes beyond what every request does.",
            operation.id
        ));
        quote! {
            #(#doc)*
            impl crate::request::#request<pgbeam_api::builder::#builder> { #(#more)* }
        }
    });
    Ok((tokens, more))
}

/// The method that starts an edit.
fn edit_method(scope: Scope, resource: &Resource<'_>) -> TokenStream {
    let Resource {
        update,
        read_back,
        output,
        ..
    } = resource;
    let output = &output.ident;
    let doc = docs::attributes(&format!(
        "Changes some fields and leaves the others exactly as they are: reads the resource \
         (`{}`), changes the fields that are set, and replaces it with `If-Match` (`{}`).\n\n\
         See [`Edit`](crate::request::Edit) for concurrent changes and errors.",
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

/// The setters of an edit, and the methods that put a field back to its default.
fn edit_setters(contract: &Contract, resource: &Resource<'_>) -> Result<TokenStream> {
    let runtime = parse_quote!(pgbeam_api::runtime);
    let mut methods = Vec::new();
    for field in setters::fields(contract, resource.input, &runtime) {
        let (wire, setter) = (&field.wire, &field.setter);
        let doc = docs::attributes(&field.doc);
        let mut argument: Type = syn::parse2(field.argument)
            .map_err(|error| unexpected(&format!("the argument of `{setter}`: {error}")))?;
        for mut rewrite in outside()? {
            rewrite.visit_type_mut(&mut argument);
        }
        methods.push(quote! {
            #(#doc)*
            pub fn #setter(self, value: #argument) -> Self {
                self.change(#wire, crate::request::Change::Set, |input| input.#setter(value))
            }
        });
        if !field.required {
            let clear = format_ident!("clear_{setter}");
            let doc = docs::attributes(&match resource.read_back.meaning.get(wire) {
                Some(default) => format!("Puts `{wire}` back to its default, `{default}`."),
                None => format!("Unsets `{wire}`."),
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
    Ok(quote! {
        /// The fields that an edit can set.
        impl crate::request::Edit<pgbeam_api::types::#output> { #(#methods)* }
    })
}

/// How the names of the low-level crate begin when another crate uses them.
fn outside() -> Result<Vec<Rewrite>> {
    let rewrites = [
        ("crate", "pgbeam_api"),
        ("types", "pgbeam_api::types"),
        ("runtime", "pgbeam_api::runtime"),
    ];
    let rewrites = rewrites.into_iter();
    rewrites.map(|(from, to)| Rewrite::new(from, to)).collect()
}

fn description(parameter: &ParameterPlan) -> String {
    parameter
        .description
        .clone()
        .unwrap_or_else(|| format!("Sets `{}`.", parameter.name))
}

/// The setters of an operation's builder, as another crate sees them.
fn setters(generated: &Generated, operation: &Operation) -> Result<BTreeMap<String, ImplItemFn>> {
    let refined: syn::File = syn::parse2(requests::builder(generated, operation)?)
        .map_err(|error| unexpected(&format!("a builder is not Rust: {error}")))?;
    let own = refined.items.into_iter().find_map(|item| match item {
        Item::Impl(item) if item.trait_.is_none() && implemented(&item).is_some() => {
            Some(item.items)
        }
        _ => None,
    });
    let mut rewrites = outside()?;
    let mut found = BTreeMap::new();
    for item in own.into_iter().flatten() {
        if let ImplItem::Fn(mut function) = item {
            rewrites
                .iter_mut()
                .for_each(|rewrite| rewrite.visit_signature_mut(&mut function.sig));
            found.insert(function.sig.ident.to_string(), function);
        }
    }
    Ok(found)
}

/// Takes over what a setter asks of its value, under a name of its own.
fn take(
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
    let setter = setter.ok_or_else(|| unexpected(&format!("no setter of `{parameter}`")))?;
    // Not the parameter's name: a type may have that, too.
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
        .flat_map(|of| of.predicates.clone())
    {
        rename.visit_where_predicate_mut(&mut predicate);
        bounds.push(predicate);
    }
    generics.push(generic);
    Ok(())
}

/// A setter of the SDK's request that hands on to the builder's.
fn forward(setters: &BTreeMap<String, ImplItemFn>, name: &str, doc: &str) -> Result<ImplItemFn> {
    let setter = setters
        .get(name)
        .ok_or_else(|| unexpected(&format!("no setter `{name}`")))?;
    let mut setter = setter.clone();
    let ident = setter.sig.ident.clone();
    setter.sig.inputs = parse_quote!(self, value: V);
    setter.block = parse_quote!({ self.with(|builder| builder.#ident(value)) });
    docs::set(&mut setter.attrs, doc);
    Ok(setter)
}
