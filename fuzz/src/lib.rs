//! The checks of the fuzz targets, compiled with instrumentation. They are source files of `pgbeam-tests`. This
//! crate does not depend on `pgbeam-tests`, because that would add many dependencies and build steps.

#[path = "../../tests/src/fuzz/mod.rs"]
pub mod fuzz;
#[path = "../../tests/src/recorder.rs"]
pub mod recorder;
