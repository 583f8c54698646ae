#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgbeam_fuzz::fuzz::answer_json::check(data));
