//! Where the generated code will live.

/// Where the generated code will live.
#[derive(Clone, Debug)]
pub struct Target {
    /// The path of the runtime, `crate::runtime` or `::pgbeam_api::runtime`.
    pub runtime: String,
    /// The path under which `types`, `ids`, `builder` and `operations` will be reachable.
    pub root: String,
    /// Whether it is the SDK: each area has a feature, and there are handles and mocks.
    pub sdk: bool,
}

impl Target {
    /// The crate `pgbeam-api` itself.
    pub fn pgbeam_api() -> Self {
        Self {
            runtime: "crate::runtime".to_owned(),
            root: "crate".to_owned(),
            sdk: true,
        }
    }

    /// A module of another crate, which depends on `pgbeam-api`: all areas, without features.
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
