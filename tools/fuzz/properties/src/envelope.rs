//! A message is refused with a code of the protocol, or read so that it can be changed by splicing.

use mcp_wire::splice::RequestEdit;
use mcp_wire::{Envelope, MessageKind};

const NEW_ID: &str = r#""spliced""#;

/// Reads the bytes as a message, and gives a request another id.
pub fn envelope(bytes: &[u8]) {
    let read = match Envelope::parse(bytes) {
        Ok(read) => read,
        Err(error) => {
            assert!([-32700, -32600].contains(&error.code), "refused with {}", error.code);
            return;
        }
    };
    if read.kind() != MessageKind::Request {
        return;
    }
    let edit = RequestEdit { id: Some(NEW_ID), ..RequestEdit::default() };
    let Some(edited) = edit.apply(bytes) else { return };
    let again = match Envelope::parse(&edited) {
        Ok(again) => again,
        Err(error) => panic!("a spliced request is no message any more: {error}"),
    };
    assert_eq!(again.id_json(), NEW_ID);
    assert_eq!(again.method, read.method);
    let [then, now] =
        [read.params, again.params].map(|params| params.map(|raw| raw.get().to_owned()));
    assert_eq!(then, now, "the params are as they came");
}
