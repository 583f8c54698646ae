#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgbeam_fuzz::fuzz::spec_loader::check(data));
