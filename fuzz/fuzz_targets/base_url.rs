#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgbeam_fuzz::fuzz::base_url::check(data));
