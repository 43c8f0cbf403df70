//! One block of content: what it is, and what it is made into.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::reply::scanner::{ValueScanner, is_whitespace};
use crate::splice::object::decode_key;

/// What a block is, as far as revisions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Audio,
    Link,
    Other,
}

/// What of a block is read.
#[derive(Deserialize)]
struct Block {
    data: Option<Value>,
    #[serde(rename = "mimeType")]
    mime_type: Option<Value>,
    uri: Option<Value>,
    name: Option<String>,
    title: Option<String>,
    description: Option<String>,
    annotations: Option<Value>,
}

/// What a block is, of which this is the beginning; `None` while its `type` is not read.
pub(super) fn kind(beginning: &[u8]) -> Option<Kind> {
    let mut rest = trimmed(beginning.strip_prefix(b"{")?);
    loop {
        if rest.first() == Some(&b'}') {
            return Some(Kind::Other);
        }
        let (key, behind) = value(rest)?;
        let behind = trimmed(trimmed(behind).strip_prefix(b":")?);
        let (said, behind) = value(behind)?;
        if decode_key(std::str::from_utf8(key).ok()?) == "type" {
            return Some(match serde_json::from_slice::<String>(said).as_deref() {
                Ok("audio") => Kind::Audio,
                Ok("resource_link") => Kind::Link,
                _ => Kind::Other,
            });
        }
        rest = trimmed(behind);
        rest = trimmed(rest.strip_prefix(b",").unwrap_or(rest));
    }
}

/// A value, and what is behind it; `None` for one that is not complete.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = text.split_first()?;
    let end = ValueScanner::begin(*first)?.scan(rest)?;
    text.split_at_checked(end + 1)
}

fn trimmed(text: &[u8]) -> &[u8] {
    let space = text.iter().take_while(|byte| is_whitespace(**byte)).count();
    text.get(space..).unwrap_or_default()
}

/// What a block is made into, the so many-th of its result; `None` for one that lacks what it must
/// have, which stays.
pub(super) fn made(kind: Kind, block: &[u8], number: usize) -> Option<Vec<u8>> {
    let block: Block = serde_json::from_slice(block).ok()?;
    let mut made = match kind {
        Kind::Audio => json!({
            "type": "resource",
            "resource": {
                // What is embedded has to have an address; nobody can read it there.
                "uri": format!("embedded:///audio/{number}"),
                "mimeType": block.mime_type?,
                "blob": block.data?,
            },
        }),
        Kind::Link => json!({ "type": "text", "text": words(&block)? }),
        Kind::Other => return None,
    };
    if let (Some(annotations), Some(members)) = (block.annotations, made.as_object_mut()) {
        members.insert("annotations".to_owned(), annotations);
    }
    serde_json::to_vec(&made).ok()
}

/// A link in words: what it is called, where it is, and what is said of it.
fn words(link: &Block) -> Option<String> {
    let uri = link.uri.as_ref()?.as_str()?;
    let mut words = match link.title.as_deref().or(link.name.as_deref()) {
        Some(name) => format!("{name}: {uri}"),
        None => uri.to_owned(),
    };
    if let Some(description) = &link.description {
        words.push('\n');
        words.push_str(description);
    }
    Some(words)
}

/// What stands in place of a block that is too long to be made another.
pub(super) fn left_out(kind: Kind) -> Vec<u8> {
    let what = match kind {
        Kind::Audio => "audio",
        Kind::Link => "a link to a resource",
        Kind::Other => "something",
    };
    let text = format!(
        "[{what} was left out: the client's revision of the protocol does not know it, and it is too long to be passed on otherwise]"
    );
    json!({ "type": "text", "text": text }).to_string().into_bytes()
}
