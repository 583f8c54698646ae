//! The generated files: a folder an area, and the modules that hold them together.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, ItemStruct};

use super::{
    MARK, enums, file, handles,
    homes::{Homes, SHARED},
    ids, mocks,
    names::{method_name, operation_doc, table_name},
    operations,
    pages::Listed,
    requests, resources, validate,
};
use crate::{
    contract::Contract,
    docs,
    normalize::reachable,
    post_process::{
        request_types::RequestTypes,
        types::{self, Types},
    },
    progenitor::Generated,
    syntax::{names_of, path},
    target::Target,
};
use pgbeam_spec::error::Result;

/// What is generated: paths below the folder that holds it, and texts.
pub struct Files {
    /// The low-level code.
    pub code: Vec<(String, String)>,
    /// The handles of the SDK, where the target has them.
    pub handles: Vec<(String, String)>,
    /// The mocks, where the target has handles.
    pub mocks: Vec<(String, String)>,
}

/// Writes all files.
pub fn files(contract: &Contract, generated: &Generated, target: &Target) -> Result<Files> {
    let areas: BTreeSet<&str> = contract
        .operations
        .iter()
        .map(|of| of.area.as_str())
        .collect();
    let homes = Homes::find(contract, target)?;
    let module_of = |type_name: &str| homes.of_type(type_name).map(str::to_owned);
    let requested = requested(contract)?;
    let mut types = types::refine(contract, generated, &target.runtime, &requested, &module_of)?;
    let checked = checked(&types, &requested);

    let types_shared = types.get(SHARED).map(structs).into_iter().flatten();
    let types_shared = types_shared.map(|item| (item.ident.to_string(), "types"));
    let enums_shared = contract
        .enums
        .keys()
        .map(|name| (name.to_upper_camel_case(), "enums"));
    let shared: BTreeMap<String, &str> = types_shared.chain(enums_shared).collect();
    let shared_by = |module: &str| -> Vec<String> {
        let used = shared
            .iter()
            .filter(|(name, _)| homes.is_shared_by(name, module));
        used.map(|(name, of)| format!("{of}::{name}")).collect()
    };

    let listed = listed(contract, generated, &types)?;
    let all: BTreeMap<String, ItemStruct> = types
        .values()
        .flat_map(structs)
        .map(|item| (item.ident.to_string(), item.clone()))
        .collect();
    let resources = resources::find(contract, &all)?;
    let mut files = vec![(
        "ids.rs".to_owned(),
        ids::file(&target.runtime, &contract.ids, &homes),
    )];
    let patterns = super::patterns::render(contract, &target.runtime)?;
    files.push(("patterns.rs".to_owned(), patterns));
    for module in areas.iter().copied().chain([SHARED]) {
        let refined = types.remove(module).unwrap_or_default();
        let enums_here = contract
            .enums
            .iter()
            .filter(|(name, _)| homes.of_component(name) == module);
        let title = format!("of the area `{module}`");
        let title = if module == SHARED {
            "that more than one area uses".to_owned()
        } else {
            title
        };
        let doc = format!("Enumerations {title}.");
        files.push((
            format!("{module}/enums.rs"),
            enums::file(&doc, &target.runtime, &contract.places, &homes, enums_here)?,
        ));
        let doc = format!("Types {title}.");
        files.push((
            format!("{module}/types.rs"),
            file(&doc, types_tokens(&refined, &homes, target)?)?,
        ));
        let doc = format!("Checks of the types {title}.");
        let checks = checks_tokens(contract, &refined, &checked, &homes, target)?;
        files.push((format!("{module}/checks.rs"), file(&doc, checks)?));
        if module != SHARED {
            let of_area = || contract.operations.iter().filter(|of| of.area == module);
            let doc = format!("Request builders {title}.");
            let requests = requests_tokens(generated, module, of_area(), &listed, target)?;
            files.push((format!("{module}/requests.rs"), file(&doc, requests)?));
            let runtime = path(&target.runtime)?;
            let entries = operations::entries(of_area());
            let entries = quote! { use #runtime; #entries };
            let doc = format!("Operations {title}.");
            files.push((format!("{module}/operations.rs"), file(&doc, entries)?));
            let doc = format!("Resources {title} that can be edited.");
            let editable = resources_tokens(contract, &resources, module, target)?;
            files.push((format!("{module}/resources.rs"), file(&doc, editable)?));
        }
        files.push((
            format!("{module}/mod.rs"),
            module_file(module, &shared_by(module)),
        ));
    }
    files.push(("mod.rs".to_owned(), root_file(&areas, contract, target)));
    files.sort();
    let listed: BTreeSet<String> = listed.into_keys().collect();
    let (handles, mocks) = match target.sdk {
        true => (
            handles::files(&handles::Source {
                contract,
                generated,
                homes: &homes,
                listed: &listed,
                resources: &resources,
            })?,
            mocks::files(contract, generated)?,
        ),
        false => (Vec::new(), Vec::new()),
    };
    Ok(Files {
        code: files,
        handles,
        mocks,
    })
}

/// The types that requests take.
fn requested(contract: &Contract) -> Result<BTreeSet<String>> {
    let mut bodies = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (_, _, operation) in contract.api.operations() {
        if let Some(body) = &operation.request_body {
            bodies.extend(reachable::references(body)?);
            let id = operation
                .operation_id
                .clone()
                .unwrap_or_default()
                .to_upper_camel_case();
            names.insert(format!("{id}Body"));
        }
    }
    names.extend(
        reachable::closure(&contract.api, bodies)?
            .into_iter()
            .map(|name| name.to_upper_camel_case()),
    );
    Ok(names)
}

fn structs(types: &Types) -> impl Iterator<Item = &ItemStruct> {
    types.iter().filter_map(|(_, item)| match item {
        Item::Struct(item) => Some(item),
        _ => None,
    })
}

/// The types that requests take and that have fields to check.
fn checked(types: &BTreeMap<String, Types>, requested: &BTreeSet<String>) -> BTreeSet<String> {
    let structs = types.values().flat_map(structs).map(|item| &item.ident);
    let names = structs.map(ToString::to_string);
    names.filter(|name| requested.contains(name)).collect()
}

/// The operations that answer with one page of a list, each with the name of the type and the
/// implementation that takes it apart.
fn listed(
    contract: &Contract,
    generated: &Generated,
    types: &BTreeMap<String, Types>,
) -> Result<BTreeMap<String, (String, TokenStream)>> {
    let by_name: BTreeMap<String, &ItemStruct> = types
        .values()
        .flat_map(structs)
        .map(|item| (item.ident.to_string(), item))
        .collect();
    let mut done = BTreeSet::new();
    let mut found = BTreeMap::new();
    for operation in &contract.operations {
        let paged = operation
            .parameters
            .iter()
            .any(|of| of.name == "page_token");
        let names = names_of(&RequestTypes::of(generated, operation)?.output);
        let item = names
            .iter()
            .find_map(|name| by_name.get(name).filter(|_| paged));
        if let Some(item) = item
            && let Some(listed) = Listed::find(item)
        {
            // Two lists may answer with one type, which is a page once.
            let first = done.insert(item.ident.clone());
            let page = if first {
                listed.implementation(&item.ident)
            } else {
                TokenStream::new()
            };
            found.insert(operation.id.clone(), (item.ident.to_string(), page));
        }
    }
    Ok(found)
}

fn types_tokens(types: &Types, homes: &Homes, target: &Target) -> Result<TokenStream> {
    let root = path(&target.root)?;
    let gated = |(name, item): &(String, Item)| {
        let gate = homes.gate_of_type(name);
        quote!(#gate #item)
    };
    let items = types.iter().map(gated);
    Ok(quote! {
        use #root::types::*;
        #(#items)*
    })
}

fn checks_tokens(
    contract: &Contract,
    types: &Types,
    checked: &BTreeSet<String>,
    homes: &Homes,
    target: &Target,
) -> Result<TokenStream> {
    let (root, runtime) = (path(&target.root)?, path(&target.runtime)?);
    let bounds: BTreeMap<String, _> = contract
        .bounds
        .iter()
        .map(|(name, of)| (name.to_upper_camel_case(), of))
        .collect();
    let exclusive: BTreeMap<String, &Vec<_>> = contract
        .exclusive
        .iter()
        .map(|(name, of)| (name.to_upper_camel_case(), of))
        .collect();
    let wanted = |name: &str| checked.contains(name);
    let checks = structs(types)
        .filter(|item| wanted(&item.ident.to_string()))
        .map(|item| {
            let name = item.ident.to_string();
            let check = validate::implementation(
                item,
                bounds.get(&name).copied(),
                exclusive.get(&name).map_or(&[], |all| all.as_slice()),
                checked,
            );
            let gate = homes.gate_of_type(&name);
            quote!(#gate #check)
        });
    Ok(quote! {
        use #root::types;
        use #runtime;
        use runtime::Validate as _;
        #(#checks)*
    })
}

fn resources_tokens(
    contract: &Contract,
    resources: &[resources::Resource<'_>],
    area: &str,
    target: &Target,
) -> Result<TokenStream> {
    let (root, runtime) = (path(&target.root)?, path(&target.runtime)?);
    let of_area = resources
        .iter()
        .filter(|resource| resource.update.area == area);
    let items: Vec<TokenStream> = of_area
        .map(|resource| resources::implementation(contract, resource))
        .collect::<Result<_>>()?;
    Ok(quote! {
        use #root::{operations, types};
        use #runtime;
        #(#items)*
    })
}

fn requests_tokens<'a>(
    generated: &Generated,
    area: &str,
    operations: impl Iterator<Item = &'a crate::contract::Operation> + Clone,
    listed: &BTreeMap<String, (String, TokenStream)>,
    target: &Target,
) -> Result<TokenStream> {
    let (root, runtime) = (path(&target.root)?, path(&target.runtime)?);
    let builders: Vec<TokenStream> = operations
        .clone()
        .map(|operation| requests::builder(generated, operation))
        .collect::<Result<_>>()?;
    let pages: Vec<&TokenStream> = operations
        .clone()
        .filter_map(|operation| listed.get(&operation.id))
        .map(|(_, implementation)| implementation)
        .collect();
    let methods: Vec<(TokenStream, TokenStream)> = operations
        .map(|operation| {
            let doc = docs::attributes(&operation_doc(operation));
            let name = method_name(&operation.id);
            let builder = quote::format_ident!("{}", operation.id.to_upper_camel_case());
            let deprecated = operation.deprecated.then(|| quote!(#[deprecated]));
            (
                quote!(#(#doc)* #deprecated),
                quote!(fn #name(&self) -> #builder { #builder::new(self) }),
            )
        })
        .collect();
    let starts = if target.sdk {
        let methods = methods.iter().map(|(doc, method)| quote!(#doc pub #method));
        quote! { impl runtime::Client { #(#methods)* } }
    } else {
        as_trait(area, &methods)
    };
    Ok(quote! {
        use #root::{operations, types};
        use #runtime;
        #starts
        #(#builders)*
        #(#pages)*
    })
}

/// The methods as a trait: no other crate can give the runtime's client methods of its own.
fn as_trait(area: &str, methods: &[(TokenStream, TokenStream)]) -> TokenStream {
    let doc = format!(" The operations of the area `{area}`.");
    let name = quote::format_ident!("{}Operations", area.to_upper_camel_case());
    let (docs, methods): (Vec<_>, Vec<_>) = methods.iter().cloned().unzip();
    // All but the block.
    let signatures = methods.iter().map(|method| {
        let mut tokens: Vec<_> = method.clone().into_iter().collect();
        tokens.pop();
        tokens.into_iter().collect::<TokenStream>()
    });
    quote! {
        #[doc = #doc]
        pub trait #name {
            #(#docs #signatures;)*
        }
        impl #name for runtime::Client {
            #(#methods)*
        }
    }
}

/// The file of a module. Whoever looks for a type of an area finds it there even if other areas use
/// it, too.
fn module_file(module: &str, shared: &[String]) -> String {
    let (what, more) = if module == SHARED {
        ("What more than one area uses.".to_owned(), "")
    } else {
        (
            format!("The area `{module}`."),
            "pub mod operations;\npub mod requests;\nmod resources;\n",
        )
    };
    let mut out =
        format!("{MARK}//! {what}\n\nmod checks;\npub mod enums;\n{more}pub mod types;\n");
    if !shared.is_empty() {
        out.push_str("\n// What it shares with other areas.\npub use super::shared::{\n");
        for name in shared {
            out.push_str(&format!("    {name},\n"));
        }
        out.push_str("};\n");
    }
    out
}

fn root_file(areas: &BTreeSet<&str>, contract: &Contract, target: &Target) -> String {
    let gate = |area: &str, indent: &str| match target.sdk {
        true => format!("{indent}#[cfg(feature = \"{area}\")]\n"),
        false => String::new(),
    };
    let mut out = format!("{MARK}//! All that is made from the contract, a module an area.\n\n");
    out.push_str("// The generator writes what lints of style would not, and imports for every case.\n#![allow(clippy::all, unused_imports)]\n\npub mod ids;\nmod shared;\n");
    out.push_str("mod patterns;\n");
    for area in areas {
        out.push_str(&format!("{}mod {area};\n", gate(area, "")));
    }
    let each = |out: &mut String, indent: &str, before: &str, what: &str| {
        for area in areas {
            let gate = gate(area, indent);
            out.push_str(&format!(
                "{gate}{indent}pub use {before}::{area}::{what};\n"
            ));
        }
    };
    out.push_str("\n/// Types of requests and answers.\npub mod types {\n");
    out.push_str("    pub use super::shared::{enums::*, types::*};\n");
    each(&mut out, "    ", "super", "{enums::*, types::*}");
    out.push_str("}\n\n/// Request builders, one an operation.\npub mod builder {\n");
    each(&mut out, "    ", "super", "requests::*");
    out.push_str("}\n\n/// The operation table: what the contract says of each operation.\n");
    out.push_str("pub mod operations {\n");
    each(&mut out, "    ", "super", "operations::*");
    out.push_str(
        "\n    /// Every operation of the areas that are built, in the contract's order.\n",
    );
    let runtime = &target.runtime;
    out.push_str(&format!(
        "    pub static ALL: &[&{runtime}::Operation] = &[\n"
    ));
    for operation in &contract.operations {
        let name = table_name(&operation.id);
        let gate = gate(&operation.area, "        ");
        out.push_str(&format!("{gate}        &{name},\n"));
    }
    out.push_str("    ];\n}\n");
    out
}
