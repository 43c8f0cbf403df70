//! What a result contains that the client's revision does not know, made into what it knows.
//!
//! | what | known from | before that |
//! |---|---|---|
//! | a block of type `audio` | 2025-03-26 | an embedded resource with the same bytes |
//! | a block of type `resource_link` | 2025-06-18 | a text that names it |
//! | `structuredContent` that is no object | 2026-07-28 | an object with the one member `result` |
//!
//! What is only more than a revision knows (titles, icons, annotations) stays: every revision lets
//! objects have members that it does not know.
//!
//! [`OlderEditor`] reads chunks, cut anywhere. It holds a block until its `type` was read, and one
//! that changes until its end, both within a bound; all else is passed on as it comes.
//!
//! - `older/block.rs`: one block made another
//!
//! Absent on purpose: validation. What is no JSON passes as it is; whoever relays it looks at that.

use bytes::{Bytes, BytesMut};
use memchr::memmem;

use crate::addresses::Place;
use crate::reply::scanner::{StringScanner, ValueScanner, is_whitespace};
use crate::revision::Revision;
use crate::splice::object::decode_key;

mod block;

use block::Kind;

/// A block whose `type` was not read after so many bytes is passed on as it is.
const TYPE_WITHIN: usize = 64 << 10;
/// The longest block that is made another, in bytes; in place of a longer one a text says so.
const LONGEST: usize = 4 << 20;
/// A key longer than this is none of ours, however it is spelled.
const LONGEST_KEY: usize = 64;
/// How deep blocks lie at most, with lists in lists.
const DEEPEST: usize = 12;

/// What a client knows of what results contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Knows {
    audio: bool,
    links: bool,
    any_structured: bool,
}

impl Knows {
    const fn of(revision: Revision) -> Self {
        let (audio, links, any_structured) = match revision {
            Revision::V2024_11_05 => (false, false, false),
            Revision::V2025_03_26 => (true, false, false),
            Revision::V2025_06_18 | Revision::V2025_11_25 => (true, true, false),
            Revision::V2026_07_28 => (true, true, true),
        };
        Self { audio, links, any_structured }
    }
}

/// Makes one response what a client of an older revision knows, chunk by chunk.
#[derive(Debug, Clone)]
pub struct OlderEditor {
    knows: Knows,
    place: Place,
    state: State,
    /// The containers that are open, outermost first.
    open: Vec<Open>,
    /// A key or a block, as far as it was read.
    held: Vec<u8>,
    /// How many blocks there were.
    blocks: usize,
    is_begun: bool,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    node: Node,
    is_list: bool,
}

/// What a value is; a list of such values is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Message,
    Result,
    PromptMessage,
    Block,
    Structured,
    Other,
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
    /// In a value that is passed on.
    Skipped(ValueScanner),
    /// In a value that an object was put around.
    Wrapped(ValueScanner),
    /// In a block that is held; what it is, once that is known.
    Block(ValueScanner, Option<Kind>),
    /// In a block that something else was put in place of.
    Dropped(ValueScanner),
    /// Behind a value.
    Behind,
    /// Nothing changes any more.
    Over,
}

impl Node {
    fn member(self, key: &str, place: Place) -> Self {
        match (self, key, place) {
            (Self::Message, "result", _) => Self::Result,
            (Self::Result, "content", Place::Content)
            | (Self::PromptMessage, "content", Place::Messages) => Self::Block,
            (Self::Result, "structuredContent", Place::Content) => Self::Structured,
            (Self::Result, "messages", Place::Messages) => Self::PromptMessage,
            _ => Self::Other,
        }
    }

    const fn is_container(self) -> bool {
        matches!(self, Self::Message | Self::Result | Self::PromptMessage | Self::Block)
    }
}

impl OlderEditor {
    /// An editor for the response to a method, for a client of that revision; `None` where the
    /// client knows all that such a result may contain.
    pub fn of(method: &str, client: Revision) -> Option<Self> {
        let knows = Knows::of(client);
        let place = Place::of(method).filter(|place| match place {
            Place::Content => !(knows.audio && knows.links && knows.any_structured),
            Place::Messages => !(knows.audio && knows.links),
            Place::Contents => false,
        })?;
        Some(Self {
            knows,
            place,
            state: State::Value(Node::Message),
            open: Vec::new(),
            held: Vec::new(),
            blocks: 0,
            is_begun: false,
        })
    }

    /// Takes the next chunk and gives what has become of it. With `is_whole` the chunk is all there
    /// is.
    pub fn pass(&mut self, chunk: Bytes, is_whole: bool) -> Bytes {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        if is_whole && is_first && !self.may_change(&chunk) {
            return chunk;
        }
        let mut out = BytesMut::with_capacity(chunk.len());
        let mut at = 0;
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            at += self.step(rest, &mut out);
        }
        out.freeze()
    }

    /// Whether a whole response may have something to change: it has the word, or one that is not
    /// spelled out.
    fn may_change(&self, message: &[u8]) -> bool {
        let has = |word: &[u8]| memmem::find(message, word).is_some();
        (!self.knows.audio && has(b"\"audio\""))
            || (!self.knows.links && has(b"\"resource_link\""))
            || (!self.knows.any_structured && has(b"\"structuredContent\""))
            || has(b"\\u")
    }

    /// Reads up to the next token, at least one byte, and says how many they were.
    fn step(&mut self, rest: &[u8], out: &mut BytesMut) -> usize {
        match self.state {
            State::Over => {
                out.extend_from_slice(rest);
                rest.len()
            }
            State::Skipped(mut scanner) => {
                let end = scanner.scan(rest);
                self.state = if end.is_some() { State::Behind } else { State::Skipped(scanner) };
                tell(out, rest, end)
            }
            State::Wrapped(mut scanner) => {
                let end = scanner.scan(rest);
                let read = tell(out, rest, end);
                self.state = if end.is_some() { State::Behind } else { State::Wrapped(scanner) };
                if end.is_some() {
                    out.extend_from_slice(b"}");
                }
                read
            }
            State::Dropped(mut scanner) => {
                let end = scanner.scan(rest);
                self.state = if end.is_some() { State::Behind } else { State::Dropped(scanner) };
                end.unwrap_or(rest.len())
            }
            State::Block(scanner, kind) => self.block(scanner, kind, rest, out),
            State::Key(scanner, is_short) => self.key(scanner, is_short, rest, out),
            State::Value(_) | State::BeforeKey | State::Colon(_) | State::Behind => {
                let space = rest.iter().take_while(|byte| is_whitespace(**byte)).count();
                match rest.get(space) {
                    Some(token) if space == 0 => {
                        self.token(*token, out);
                        1
                    }
                    _ => tell(out, rest, Some(space)),
                }
            }
        }
    }

    fn block(
        &mut self,
        mut scanner: ValueScanner,
        kind: Option<Kind>,
        rest: &[u8],
        out: &mut BytesMut,
    ) -> usize {
        let end = scanner.scan(rest);
        let read = end.unwrap_or(rest.len());
        self.held.extend_from_slice(rest.get(..read).unwrap_or_default());
        let kind = kind.or_else(|| block::kind(&self.held));
        let is_ours = match kind {
            Some(Kind::Audio) => !self.knows.audio,
            Some(Kind::Link) => !self.knows.links,
            Some(Kind::Other) => false,
            None => end.is_none() && self.held.len() <= TYPE_WITHIN,
        };
        let is_too_long = self.held.len() > LONGEST;
        self.state = match end {
            Some(_) => State::Behind,
            None if !is_ours => State::Skipped(scanner),
            None if is_too_long => State::Dropped(scanner),
            None => {
                self.state = State::Block(scanner, kind);
                return read;
            }
        };
        let made = match kind {
            Some(kind) if is_ours && is_too_long => Some(block::left_out(kind)),
            Some(kind) if is_ours => block::made(kind, &self.held, self.blocks),
            _ => None,
        };
        out.extend_from_slice(made.as_deref().unwrap_or(&self.held));
        self.held = Vec::new();
        read
    }

    fn key(
        &mut self,
        mut scanner: StringScanner,
        is_short: bool,
        rest: &[u8],
        out: &mut BytesMut,
    ) -> usize {
        let end = scanner.scan(rest);
        let read = tell(out, rest, end);
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
    fn token(&mut self, token: u8, out: &mut BytesMut) {
        if let (State::Value(Node::Block), b'{') = (self.state, token) {
            self.blocks = self.blocks.saturating_add(1);
            self.held.push(token);
            self.state = ValueScanner::begin(token)
                .map_or(State::Over, |scanner| State::Block(scanner, None));
            return;
        }
        let wraps = !self.knows.any_structured && token != b'{';
        if let (State::Value(Node::Structured), true) = (self.state, wraps) {
            out.extend_from_slice(b"{\"result\":");
            out.extend_from_slice(&[token]);
            self.state = ValueScanner::begin(token).map_or(State::Over, State::Wrapped);
            return;
        }
        out.extend_from_slice(&[token]);
        self.state = match (self.state, token) {
            (State::BeforeKey, b'"') => {
                self.held.push(b'"');
                State::Key(StringScanner::default(), true)
            }
            (State::Colon(node), b':') => State::Value(node),
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

/// Passes on what was read, and says how much that is.
fn tell(out: &mut BytesMut, rest: &[u8], end: Option<usize>) -> usize {
    let read = end.unwrap_or(rest.len());
    out.extend_from_slice(rest.get(..read).unwrap_or_default());
    read
}

#[cfg(test)]
mod tests;
