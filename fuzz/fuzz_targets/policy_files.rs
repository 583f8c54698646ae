#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgbeam_fuzz::fuzz::policy_files::check(data));
