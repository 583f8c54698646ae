//! Runs progenitor without the normalization passes of codegen, for tests that show why a pass is needed.

use std::path::{Path, PathBuf};

use pgbeam_codegen::progenitor::base_settings;
use pgbeam_spec::{bundle, panics};
use syn::Item;

/// Returns the path of the document `<name>.yaml` in `fixtures/codegen`.
pub fn fixture_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/codegen/{name}.yaml"))
}

/// The code that progenitor generated from a document.
pub struct ProgenitorOutput(syn::File);

impl ProgenitorOutput {
    /// Runs progenitor on the fixture `name` (see [`fixture_path`]), with codegen's [`base_settings`].
    ///
    /// # Errors
    ///
    /// The error or panic message of progenitor, or the error of reading or parsing the document or the code.
    pub fn generate(name: &str) -> Result<Self, String> {
        let document =
            bundle::read_document(&fixture_path(name)).map_err(|error| error.to_string())?;
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

    /// Returns the whole code, formatted.
    pub fn code(&self) -> String {
        prettyplease::unparse(&self.0)
    }

    /// Returns the struct or enum of this name in `mod types`, formatted. `None` if no type has this name.
    pub fn type_definition(&self, name: &str) -> Option<String> {
        let types = self.0.items.iter().find_map(|item| match item {
            Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
            _ => None,
        });
        let (_, items) = types?;
        let definition = items.iter().find(|item| match item {
            Item::Struct(item) => item.ident == name,
            Item::Enum(item) => item.ident == name,
            _ => false,
        });
        let file = syn::File {
            shebang: None,
            frontmatter: None,
            attrs: Vec::new(),
            items: vec![definition?.clone()],
        };
        Some(prettyplease::unparse(&file))
    }

    /// Returns the names of all structs and enums in `mod types`.
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
