//! Hunts for bytes that break what holds of names in headers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_properties::sentinel(bytes));
