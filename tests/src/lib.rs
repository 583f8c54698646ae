//! pgbeam-tests
