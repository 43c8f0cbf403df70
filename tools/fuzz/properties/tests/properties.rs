//! The properties of `make fuzz`, on bytes at random and on some that are not.

use fuzz_properties::{envelope, events, sealed, sentinel};
use proptest::prelude::*;

/// Anything, and what looks like a message, an event or a header.
fn input() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        r#"\{"jsonrpc":"2.0","id":[0-9"a{\[]{1,4},"method":"[a-z/\\"]{1,6}"(,"params":[\[{}\]"a:,0-9]{0,9})?\}?"#
            .prop_map(String::into_bytes),
        "(data: ?|event:|id:|retry:1|a|:|\u{feff}|\r\n|\r|\n|\n\n){0,40}".prop_map(String::into_bytes),
        r"[ -~é]{0,20}(\?=)?".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn every_message_is_refused_or_can_be_spliced(bytes in input()) {
        envelope(&bytes);
    }

    #[test]
    fn events_say_the_same_however_they_are_cut(bytes in input()) {
        events(&bytes);
    }

    #[test]
    fn every_text_goes_through_a_header(bytes in input()) {
        sentinel(&bytes);
    }

    #[test]
    fn what_is_sealed_opens_for_nothing_else(bytes in input()) {
        sealed(&bytes);
    }
}

#[test]
fn nesting_costs_no_stack() {
    for open in ["[", r#"{"a":"#] {
        let params = open.repeat(100_000);
        envelope(format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{params}"#).as_bytes());
    }
}
