//! What the generator makes of a document without our passes: the "before" of their tests.

use std::path::{Path, PathBuf};

use pgbeam_codegen::progenitor::base_settings;
use pgbeam_spec::{bundle, panics};
use syn::Item;

/// The document of this name in `fixtures/codegen`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/codegen/{name}.yaml"))
}

/// Code as the generator makes it.
pub struct Bare(syn::File);

impl Bare {
    /// Runs the generator over a fixture, with the settings that codegen has.
    ///
    /// # Errors
    ///
    /// What the generator says or panics with, in one line.
    pub fn generate(name: &str) -> Result<Self, String> {
        let document = bundle::read_document(&fixture(name)).map_err(|error| error.to_string())?;
        let json = serde_json::to_string(&document).map_err(|error| error.to_string())?;
        let api: openapiv3::OpenAPI =
            serde_json::from_str(&json).map_err(|error| error.to_string())?;
        let settings = base_settings();
        let run = || progenitor::Generator::new(&settings).generate_tokens(&api);
        let tokens = panics::catch_panic(run)?.map_err(|error| error.to_string())?;
        syn::parse2(tokens)
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// All of it, formatted.
    pub fn text(&self) -> String {
        prettyplease::unparse(&self.0)
    }

    /// The struct or enum of this name in `mod types`, formatted.
    pub fn type_named(&self, name: &str) -> Option<String> {
        let types = self.0.items.iter().find_map(|item| match item {
            Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
            _ => None,
        });
        let (_, items) = types?;
        let found = items.iter().find(|item| match item {
            Item::Struct(item) => item.ident == name,
            Item::Enum(item) => item.ident == name,
            _ => false,
        });
        let file = syn::File {
            shebang: None,
            frontmatter: None,
            attrs: Vec::new(),
            items: vec![found?.clone()],
        };
        Some(prettyplease::unparse(&file))
    }

    /// The names of all structs and enums in `mod types`.
    pub fn type_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for item in &self.0.items {
            let Item::Mod(module) = item else { continue };
            let items = module.content.iter().flat_map(|(_, items)| items);
            names.extend(
                items
                    .filter(|_| module.ident == "types")
                    .filter_map(|item| match item {
                        Item::Struct(item) => Some(item.ident.to_string()),
                        Item::Enum(item) => Some(item.ident.to_string()),
                        _ => None,
                    }),
            );
        }
        names
    }
}
