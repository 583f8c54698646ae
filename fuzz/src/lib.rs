//! The checks of the fuzz targets, compiled with instrumentation. The sources are those of `pgbeam-tests`,
//! which has many more dependencies and build steps.

#[path = "../../tests/src/fuzz/mod.rs"]
pub mod fuzz;
#[path = "../../tests/src/recorder.rs"]
pub mod recorder;
