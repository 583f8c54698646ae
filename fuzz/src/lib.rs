//! The bodies of the fuzz targets, built with instrumentation: they are those of `pgbeam-tests`, which
//! itself would generate and build far more than they need.

#[path = "../../tests/src/fuzz/mod.rs"]
pub mod fuzz;
#[path = "../../tests/src/recorder.rs"]
pub mod recorder;
