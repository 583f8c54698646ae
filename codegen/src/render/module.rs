//! Renders all generated Rust files: a folder for each area, a folder for the types that several areas use, and
//! modules that re-export the items in these folders. For `pgbeam-api`, also renders the handles and mocks.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, ItemStruct};

use super::{
    HEADER, enums, format_file, handles, ids, mocks,
    module_placement::{ModulePlacement, SHARED},
    names::{method_name, operation_doc, table_name},
    operations,
    pages::PageType,
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
    syntax::{parse_path, type_names},
    target::Target,
};
use pgbeam_spec::error::Result;

/// The generated files of three folders. Each file is a pair of its path, relative to its folder, and its content.
pub struct Files {
    /// The files of the target: types, request builders, validation and the operation table.
    pub code: Vec<(String, String)>,
    /// The handles. Empty if the target is not `pgbeam-api`.
    pub handles: Vec<(String, String)>,
    /// The mocks. Empty if the target is not `pgbeam-api`.
    pub mocks: Vec<(String, String)>,
}

/// Renders the code for a target. If the target is `pgbeam-api`, also renders the handles and mocks.
///
/// # Errors
///
/// Two names in the generated code conflict, or progenitor's output is not as expected.
pub fn render_files(contract: &Contract, generated: &Generated, target: &Target) -> Result<Files> {
    let areas: BTreeSet<&str> = contract
        .operations
        .iter()
        .map(|operation| operation.area.as_str())
        .collect();
    let placement = ModulePlacement::new(contract, target)?;
    let type_module = |type_name: &str| placement.type_module(type_name).map(str::to_owned);
    let request_types = request_types(contract)?;
    let mut types = types::post_process(
        contract,
        generated,
        &target.runtime,
        &request_types,
        &type_module,
    )?;
    let validated = validated_types(&types, &request_types);

    let types_shared = types.get(SHARED).map(structs).into_iter().flatten();
    let types_shared = types_shared.map(|item| (item.ident.to_string(), "types"));
    let enums_shared = contract
        .enums
        .keys()
        .map(|name| (name.to_upper_camel_case(), "enums"));
    let shared: BTreeMap<String, &str> = types_shared.chain(enums_shared).collect();
    let shared_with = |module: &str| -> Vec<String> {
        let used = shared
            .iter()
            .filter(|(name, _)| placement.is_shared_type(name, module));
        used.map(|(name, file)| format!("{file}::{name}")).collect()
    };

    let list_operations = list_operations(contract, generated, &types)?;
    let all: BTreeMap<String, ItemStruct> = types
        .values()
        .flat_map(structs)
        .map(|item| (item.ident.to_string(), item.clone()))
        .collect();
    let resources = resources::find_all(contract, &all)?;
    let mut files = vec![(
        "ids.rs".to_owned(),
        ids::render(&target.runtime, &contract.ids, &placement),
    )];
    let patterns = super::patterns::render(contract, &target.runtime)?;
    files.push(("patterns.rs".to_owned(), patterns));
    for module in areas.iter().copied().chain([SHARED]) {
        let module_types = types.remove(module).unwrap_or_default();
        let enums_here = contract
            .enums
            .iter()
            .filter(|(name, _)| placement.component_module(name) == module);
        let title = format!("of the area `{module}`");
        let title = if module == SHARED {
            "that several areas use".to_owned()
        } else {
            title
        };
        let doc = format!("Enumerations {title}.");
        files.push((
            format!("{module}/enums.rs"),
            enums::render(
                &doc,
                &target.runtime,
                &contract.locations,
                &placement,
                enums_here,
            )?,
        ));
        let doc = format!("Types {title}.");
        files.push((
            format!("{module}/types.rs"),
            format_file(&doc, types_tokens(&module_types, &placement, target)?)?,
        ));
        let doc = format!("Validation of the types {title}.");
        let checks = checks_tokens(contract, &module_types, &validated, &placement, target)?;
        files.push((format!("{module}/checks.rs"), format_file(&doc, checks)?));
        if module != SHARED {
            let area_operations = || {
                let operations = contract.operations.iter();
                operations.filter(|operation| operation.area == module)
            };
            let doc = format!("Request builders {title}.");
            let requests = requests_tokens(
                generated,
                module,
                area_operations(),
                &list_operations,
                target,
            )?;
            files.push((
                format!("{module}/requests.rs"),
                format_file(&doc, requests)?,
            ));
            let runtime = parse_path(&target.runtime)?;
            let statics = operations::render(area_operations());
            let statics = quote! { use #runtime; #statics };
            let doc = format!("The operation table {title}.");
            files.push((
                format!("{module}/operations.rs"),
                format_file(&doc, statics)?,
            ));
            let has_resources = resources
                .iter()
                .any(|resource| resource.update.area == module);
            let doc = match has_resources {
                true => format!(
                    "Editable resources {title}: accessors of their fields, and conversions to the body of a PUT."
                ),
                false => format!("The area `{module}` has no editable resources."),
            };
            let editable = resources_tokens(contract, &resources, module, target)?;
            files.push((
                format!("{module}/resources.rs"),
                format_file(&doc, editable)?,
            ));
        }
        files.push((
            format!("{module}/mod.rs"),
            module_file(module, &shared_with(module)),
        ));
    }
    files.push(("mod.rs".to_owned(), root_file(&areas, contract, target)));
    files.sort();
    let list_operations: BTreeSet<String> = list_operations.into_keys().collect();
    let (handles, mocks) = match target.sdk {
        true => (
            handles::render(&handles::HandleContext {
                contract,
                generated,
                placement: &placement,
                list_operations: &list_operations,
                resources: &resources,
            })?,
            mocks::render(contract, generated)?,
        ),
        false => (Vec::new(), Vec::new()),
    };
    Ok(Files {
        code: files,
        handles,
        mocks,
    })
}

/// Returns the names of the Rust types that request bodies contain, directly or inside other types. For each
/// operation with a body, also returns the name that progenitor gives to the type of an inline body, such as
/// `CreateThingBody`.
fn request_types(contract: &Contract) -> Result<BTreeSet<String>> {
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
        reachable::reachable_from(&contract.api, bodies)?
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

/// Returns the names of the structs in request bodies. Codegen implements `Validate` for these structs.
fn validated_types(
    types: &BTreeMap<String, Types>,
    request_types: &BTreeSet<String>,
) -> BTreeSet<String> {
    let structs = types.values().flat_map(structs).map(|item| &item.ident);
    let names = structs.map(ToString::to_string);
    names.filter(|name| request_types.contains(name)).collect()
}

/// Returns the operations that have a parameter `page_token` and respond with one page of a list.
///
/// The key is the operation id. The value is the name of the response type, and the code that implements `ListPage`
/// for this type. The code is empty if an earlier operation has the same response type.
fn list_operations(
    contract: &Contract,
    generated: &Generated,
    types: &BTreeMap<String, Types>,
) -> Result<BTreeMap<String, (String, TokenStream)>> {
    let by_name: BTreeMap<String, &ItemStruct> = types
        .values()
        .flat_map(structs)
        .map(|item| (item.ident.to_string(), item))
        .collect();
    let mut implemented = BTreeSet::new();
    let mut list_operations = BTreeMap::new();
    for operation in &contract.operations {
        let is_paged = operation
            .parameters
            .iter()
            .any(|parameter| parameter.name == "page_token");
        let names = type_names(&RequestTypes::from_generated(generated, operation)?.output);
        let item = names
            .iter()
            .find_map(|name| by_name.get(name).filter(|_| is_paged));
        if let Some(item) = item
            && let Some(page_type) = PageType::from_struct(item)
        {
            // Two operations may share a type, which gets one implementation.
            let is_first = implemented.insert(item.ident.clone());
            let implementation = if is_first {
                page_type.render_impl(&item.ident)
            } else {
                TokenStream::new()
            };
            list_operations.insert(
                operation.id.clone(),
                (item.ident.to_string(), implementation),
            );
        }
    }
    Ok(list_operations)
}

fn types_tokens(
    types: &Types,
    placement: &ModulePlacement,
    target: &Target,
) -> Result<TokenStream> {
    let root = parse_path(&target.root)?;
    let gated = |(name, item): &(String, Item)| {
        let gate = placement.type_cfg(name);
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
    validated: &BTreeSet<String>,
    placement: &ModulePlacement,
    target: &Target,
) -> Result<TokenStream> {
    let (root, runtime) = (parse_path(&target.root)?, parse_path(&target.runtime)?);
    let constraints: BTreeMap<String, _> = contract
        .constraints
        .iter()
        .map(|(name, fields)| (name.to_upper_camel_case(), fields))
        .collect();
    let exclusive_fields: BTreeMap<String, &Vec<_>> = contract
        .exclusive_fields
        .iter()
        .map(|(name, groups)| (name.to_upper_camel_case(), groups))
        .collect();
    let is_validated = |item: &&ItemStruct| validated.contains(&item.ident.to_string());
    let checks = structs(types).filter(is_validated).map(|item| {
        let name = item.ident.to_string();
        let check = validate::render_impl(
            item,
            constraints.get(&name).copied(),
            exclusive_fields
                .get(&name)
                .map_or(&[], |groups| groups.as_slice()),
            validated,
        );
        let gate = placement.type_cfg(&name);
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
    let (root, runtime) = (parse_path(&target.root)?, parse_path(&target.runtime)?);
    let area_resources = resources
        .iter()
        .filter(|resource| resource.update.area == area);
    let items: Vec<TokenStream> = area_resources
        .map(|resource| resources::render(contract, resource))
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
    list_operations: &BTreeMap<String, (String, TokenStream)>,
    target: &Target,
) -> Result<TokenStream> {
    let (root, runtime) = (parse_path(&target.root)?, parse_path(&target.runtime)?);
    let builders: Vec<TokenStream> = operations
        .clone()
        .map(|operation| requests::render_builder(generated, operation))
        .collect::<Result<_>>()?;
    let pages: Vec<&TokenStream> = operations
        .clone()
        .filter_map(|operation| list_operations.get(&operation.id))
        .map(|(_, implementation)| implementation)
        .collect();
    let methods: Vec<(TokenStream, TokenStream)> = operations
        .map(|operation| {
            let name = method_name(&operation.id);
            let builder = quote::format_ident!("{}", operation.id.to_upper_camel_case());
            let inputs = match (operation.parameters.is_empty(), operation.body.is_some()) {
                (true, false) => "Call",
                (true, true) => "Set the body, then call",
                (false, false) => "Set the parameters, then call",
                (false, true) => "Set the parameters and the body, then call",
            };
            let doc = docs::attributes(&format!(
                "{}\n\nReturns a request builder. {inputs} [`send`]({builder}::send).",
                operation_doc(operation)
            ));
            let deprecated = operation.deprecated.then(|| quote!(#[deprecated]));
            (
                quote!(#(#doc)* #deprecated),
                quote!(fn #name(&self) -> #builder { #builder::new(self) }),
            )
        })
        .collect();
    let client_methods = if target.sdk {
        let methods = methods.iter().map(|(doc, method)| quote!(#doc pub #method));
        quote! { impl runtime::Client { #(#methods)* } }
    } else {
        operations_trait(area, &methods)
    };
    Ok(quote! {
        use #root::{operations, types};
        use #runtime;
        #client_methods
        #(#builders)*
        #(#pages)*
    })
}

/// Renders an extension trait of the client with the methods of an area. A target outside `pgbeam-api` needs this
/// trait, because it cannot add methods to the client itself. Each item of `methods` is the documentation and the
/// code of one method.
fn operations_trait(area: &str, methods: &[(TokenStream, TokenStream)]) -> TokenStream {
    let doc = format!(" The operations of the area `{area}`.");
    let name = quote::format_ident!("{}Operations", area.to_upper_camel_case());
    let (docs, methods): (Vec<_>, Vec<_>) = methods.iter().cloned().unzip();
    // Removes the method body, which is the last token.
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

/// Renders `mod.rs` of an area or of [`SHARED`]. The file re-exports the types in `shared`. `shared` contains the
/// paths of the shared types that the area uses, such as `types::Thing`.
fn module_file(module: &str, shared: &[String]) -> String {
    let (doc, modules) = if module == SHARED {
        (
            "Types, enumerations and validation that several areas use.".to_owned(),
            "",
        )
    } else {
        (
            format!(
                "Types, request builders, validation and operation table of the area `{module}`."
            ),
            "pub mod operations;\npub mod requests;\nmod resources;\n",
        )
    };
    let mut out =
        format!("{HEADER}//! {doc}\n\nmod checks;\npub mod enums;\n{modules}pub mod types;\n");
    if !shared.is_empty() {
        out.push_str("\n// Shared with other areas.\npub use super::shared::{\n");
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
    let mut out =
        format!("{HEADER}//! Code generated from the API contract, one module per area.\n\n");
    out.push_str("// Generated code does not follow style lints and has unused imports.\n#![allow(clippy::all, unused_imports)]\n\npub mod ids;\nmod shared;\n");
    out.push_str("mod patterns;\n");
    for area in areas {
        out.push_str(&format!("{}mod {area};\n", gate(area, "")));
    }
    let each = |out: &mut String, indent: &str, parent: &str, items: &str| {
        for area in areas {
            let gate = gate(area, indent);
            out.push_str(&format!(
                "{gate}{indent}pub use {parent}::{area}::{items};\n"
            ));
        }
    };
    out.push_str("\n/// Types of requests and responses.\npub mod types {\n");
    out.push_str("    pub use super::shared::{enums::*, types::*};\n");
    each(&mut out, "    ", "super", "{enums::*, types::*}");
    out.push_str("}\n\n/// Request builders, one per operation.\npub mod builder {\n");
    each(&mut out, "    ", "super", "requests::*");
    out.push_str("}\n\n/// The operation table: the method, path, parameters and idempotency of each operation.\n");
    out.push_str("pub mod operations {\n");
    each(&mut out, "    ", "super", "operations::*");
    out.push_str("\n    /// Every operation of the enabled areas, sorted by area.\n");
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
