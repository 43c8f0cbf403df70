//! The addresses of resources inside a result, under other URIs.
//!
//! Behind one endpoint a resource has another URI than at its server. So those that a result names
//! are replaced on their way: what a tool's content links to or embeds, what a prompt's messages do,
//! and the contents of a resource that was read. Nothing else is touched: text that looks like
//! an address, arguments and structured content are data, and whose they are nobody here knows.
//!
//! [`AddressEditor`] reads chunks, cut anywhere, and holds no more than one URI of bounded length; a chunk
//! in which nothing changes leaves as it came, without a copy.
//!
//! - `addresses/place.rs`: where in a result the addresses stand
//!
//! Absent on purpose: validation. What is no JSON passes as it is; whoever relays it looks at that.

use bytes::{Bytes, BytesMut};
use memchr::memmem;

use crate::reply::scanner::{StringScanner, ValueScanner, is_whitespace};
use crate::splice::object::decode_key;

mod place;

use place::Node;
pub use place::Place;

/// The longest address that is replaced, in bytes as it is spelled; longer ones stay.
const LONGEST: usize = 8 << 10;
/// A key longer than this is none of ours, however it is spelled.
const LONGEST_KEY: usize = 64;
/// How deep addresses lie at most, with lists in lists.
const DEEPEST: usize = 12;

/// Replaces the addresses of one response that arrives in chunks.
#[derive(Debug, Clone)]
pub struct AddressEditor {
    place: Place,
    state: State,
    /// The containers that are open, outermost first.
    open: Vec<Open>,
    /// A key or an address, as far as it was read, with its quotes.
    held: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    node: Node,
    is_list: bool,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Before a value.
    Value(Node),
    /// Before a key, or the end of the object.
    BeforeKey,
    /// In a key; `false`: in one that is too long to be ours.
    Key(StringScanner, bool),
    Colon(Node),
    /// In a value that has no address.
    Skipped(ValueScanner),
    /// In an address, which is held.
    Address(StringScanner),
    /// Behind a value.
    Behind,
    /// Nothing changes any more.
    Over,
}

impl AddressEditor {
    /// An editor for one response, whose addresses stand there.
    pub const fn new(place: Place) -> Self {
        Self { place, state: State::Value(Node::Message), open: Vec::new(), held: Vec::new() }
    }

    /// Takes the next chunk and gives what has become of it. `renamed` makes the new URI of one, or
    /// nothing, and it stays. With `is_whole` the chunk is all there is.
    pub fn pass(
        &mut self,
        chunk: Bytes,
        is_whole: bool,
        renamed: impl Fn(&str) -> Option<String>,
    ) -> Bytes {
        if is_whole && self.open.is_empty() && !may_have_addresses(&chunk) {
            return chunk;
        }
        let mut out = BytesMut::new();
        // What stands before is in `out`.
        let mut told = 0;
        let mut at = 0;
        let mut is_changed = matches!(self.state, State::Address(_));
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            let was_held = matches!(self.state, State::Address(_));
            at += self.step(rest);
            let is_held = matches!(self.state, State::Address(_));
            if !was_held && is_held {
                // The opening quote was the last that was read.
                out.extend_from_slice(chunk.get(told..at.saturating_sub(1)).unwrap_or_default());
                (told, is_changed) = (at, true);
            }
            if was_held {
                told = at;
                if !is_held {
                    self.tell(&mut out, &renamed);
                }
            }
        }
        if !is_changed {
            return chunk;
        }
        out.extend_from_slice(chunk.get(told..).unwrap_or_default());
        out.freeze()
    }

    /// Writes what was held: the new address, or the old one as it was spelled.
    fn tell(&mut self, out: &mut BytesMut, renamed: impl Fn(&str) -> Option<String>) {
        let new = serde_json::from_slice::<String>(&self.held)
            .ok()
            .and_then(|old| renamed(&old))
            .and_then(|new| serde_json::to_vec(&new).ok());
        out.extend_from_slice(new.as_deref().unwrap_or(&self.held));
        self.held.clear();
    }

    /// Reads up to the next token, at least one byte, and says how many they were.
    fn step(&mut self, rest: &[u8]) -> usize {
        match self.state {
            State::Over => rest.len(),
            State::Skipped(mut scanner) => {
                let read = scanner.scan(rest);
                self.state = if read.is_some() { State::Behind } else { State::Skipped(scanner) };
                // A number ends where the next token begins: nothing of it may be left to read.
                read.map_or(rest.len(), |read| read + self.behind(rest.get(read..)))
            }
            State::Address(scanner) => self.address(scanner, rest),
            State::Key(scanner, is_short) => self.key(scanner, is_short, rest),
            State::Value(_) | State::BeforeKey | State::Colon(_) | State::Behind => {
                let space = rest.iter().take_while(|byte| is_whitespace(**byte)).count();
                match rest.get(space) {
                    Some(token) if space == 0 => {
                        self.token(*token);
                        1
                    }
                    _ => space,
                }
            }
        }
    }

    /// What follows a value that was skipped, if it is there already.
    fn behind(&mut self, rest: Option<&[u8]>) -> usize {
        match rest.and_then(<[u8]>::first) {
            Some(token @ (b',' | b'}' | b']')) => {
                self.token(*token);
                1
            }
            _ => 0,
        }
    }

    fn address(&mut self, mut scanner: StringScanner, rest: &[u8]) -> usize {
        let end = scanner.scan(rest);
        let read = end.unwrap_or(rest.len());
        self.held.extend_from_slice(rest.get(..read).unwrap_or_default());
        self.state = match end {
            Some(_) => State::Behind,
            None if self.held.len() <= LONGEST => State::Address(scanner),
            None => State::Skipped(ValueScanner::String(scanner)),
        };
        read
    }

    fn key(&mut self, mut scanner: StringScanner, is_short: bool, rest: &[u8]) -> usize {
        let end = scanner.scan(rest);
        let read = end.unwrap_or(rest.len());
        let is_short = is_short && self.held.len() + read <= LONGEST_KEY;
        if is_short {
            self.held.extend_from_slice(rest.get(..read).unwrap_or_default());
        }
        if end.is_none() {
            self.state = State::Key(scanner, is_short);
            return read;
        }
        let node = self.open.last().map_or(Node::Other, |open| open.node);
        let key = std::str::from_utf8(&self.held).ok().filter(|_| is_short);
        let named = key.map_or(Node::Other, |key| node.member(&decode_key(key), self.place));
        self.state = State::Colon(named);
        self.held.clear();
        read
    }

    /// Reads one byte that is a token.
    fn token(&mut self, token: u8) {
        self.state = match (self.state, token) {
            (State::BeforeKey, b'"') => {
                self.held.push(b'"');
                State::Key(StringScanner::default(), true)
            }
            (State::Colon(node), b':') => State::Value(node),
            (State::Value(Node::Address), b'"') => {
                self.held.push(b'"');
                State::Address(StringScanner::default())
            }
            (State::Value(node), b'{' | b'[')
                if node.is_container() && self.open.len() < DEEPEST =>
            {
                let is_list = token == b'[';
                self.open.push(Open { node, is_list });
                if is_list { State::Value(node) } else { State::BeforeKey }
            }
            // An empty object; an empty list.
            (State::BeforeKey, b'}') | (State::Value(_), b']') | (State::Behind, b'}' | b']') => {
                self.open.pop();
                if self.open.is_empty() { State::Over } else { State::Behind }
            }
            (State::Value(_), first) => {
                ValueScanner::begin(first).map_or(State::Over, State::Skipped)
            }
            (State::Behind, b',') => match self.open.last() {
                Some(Open { node, is_list: true }) => State::Value(*node),
                Some(_) => State::BeforeKey,
                None => State::Over,
            },
            _ => State::Over,
        };
    }
}

/// Whether a whole response may have an address: it has the key, or one that is not spelled out.
fn may_have_addresses(message: &[u8]) -> bool {
    memmem::find(message, b"\"uri\"").is_some() || memmem::find(message, b"\\u").is_some()
}

/// The same for a response in memory.
pub fn relocate(message: Bytes, place: Place, renamed: impl Fn(&str) -> Option<String>) -> Bytes {
    AddressEditor::new(place).pass(message, true, renamed)
}

#[cfg(test)]
mod tests;
