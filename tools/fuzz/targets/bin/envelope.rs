//! Hunts for bytes that break what holds of messages.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_properties::envelope(bytes));
