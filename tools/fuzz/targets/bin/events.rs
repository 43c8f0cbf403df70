//! Hunts for bytes that break what holds of streams of events.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_properties::events(bytes));
