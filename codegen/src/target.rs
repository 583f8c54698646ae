//! Describes the crate or module that code is generated for.

/// The crate or module that receives the generated code.
#[derive(Clone, Debug)]
pub struct Target {
    /// The path of the runtime: `crate::runtime` or `::pgbeam_api::runtime`.
    pub runtime: String,
    /// The path of the module that contains `types`, `ids`, `builder` and `operations`.
    pub root: String,
    /// Whether the target is `pgbeam-api`. If so, each area is a Cargo feature, and handles and mocks are
    /// generated too.
    pub sdk: bool,
}

impl Target {
    /// Returns the target for the crate `pgbeam-api`.
    pub fn pgbeam_api() -> Self {
        Self {
            runtime: "crate::runtime".to_owned(),
            root: "crate".to_owned(),
            sdk: true,
        }
    }

    /// Returns the target for a module of a crate that depends on `pgbeam-api`. All areas are generated,
    /// without features.
    ///
    /// `root` is the module's path in that crate, such as `crate::fixtures::lists`.
    pub fn module(root: impl Into<String>) -> Self {
        Self {
            runtime: "::pgbeam_api::runtime".to_owned(),
            root: root.into(),
            sdk: false,
        }
    }
}
