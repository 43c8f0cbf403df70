//! What is to change in a response, and which of its members are ours to know.

use bytes::Bytes;
use memchr::memmem;

use super::call_id::CallId;
use crate::splice::object;

/// What is to change in a response; the default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplyEdit {
    /// The client's id in place of the one that was sent. A response without an id gets it too:
    /// some servers leave it out of errors, and the client would wait for ever. `None` leaves ids
    /// alone, and any will do.
    pub id: Option<CallId>,
    /// What changes in `result`.
    pub result: ResultEdit,
}

impl ReplyEdit {
    /// Whether something changes in a response that is as it should be.
    pub(super) fn changes(&self) -> bool {
        self.result != ResultEdit::Keep || self.id.as_ref().is_some_and(CallId::differs)
    }
}

/// What is to change in `result`; a result that is no object stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ResultEdit {
    /// Nothing.
    #[default]
    Keep,
    /// It becomes a modern one.
    ToModern {
        /// The members put first, as JSON without the braces, e.g. `"resultType":"complete"`.
        /// Members of these names that the result has itself are dropped, `resultType` always.
        members: Bytes,
    },
    /// It becomes a legacy one: `resultType`, `ttlMs` and `cacheScope` are dropped.
    ToLegacy,
}

/// How deep a member lies, of the two depths that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// In the response itself.
    Message,
    /// In its `result`.
    Result,
}

/// A member that means something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Version,
    Id,
    Result,
    Error,
    Method,
    ResultType,
    TtlMs,
    CacheScope,
    IsError,
    Other,
}

impl Name {
    /// The name that a key (raw, with its quotes) says at this level.
    pub(super) fn of(raw_key: &[u8], level: Level) -> Self {
        let Ok(text) = std::str::from_utf8(raw_key) else { return Self::Other };
        match (level, object::decode_key(text).as_ref()) {
            (Level::Message, "jsonrpc") => Self::Version,
            (Level::Message, "id") => Self::Id,
            (Level::Message, "result") => Self::Result,
            (Level::Message, "error") => Self::Error,
            (Level::Message, "method") => Self::Method,
            (Level::Result, "resultType") => Self::ResultType,
            (Level::Result, "ttlMs") => Self::TtlMs,
            (Level::Result, "cacheScope") => Self::CacheScope,
            (Level::Result, "isError") => Self::IsError,
            _ => Self::Other,
        }
    }
}

/// Which members of `result` are dropped.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Drops {
    result_type: bool,
    ttl_ms: bool,
    cache_scope: bool,
}

impl Drops {
    /// The members that this edit drops.
    pub(super) fn of(edit: &ResultEdit) -> Self {
        match edit {
            ResultEdit::Keep => Self::default(),
            ResultEdit::ToModern { members } => Self {
                result_type: true,
                ttl_ms: memmem::find(members, b"\"ttlMs\"").is_some(),
                cache_scope: memmem::find(members, b"\"cacheScope\"").is_some(),
            },
            ResultEdit::ToLegacy => Self { result_type: true, ttl_ms: true, cache_scope: true },
        }
    }

    /// Whether a member of this name may be dropped.
    pub(super) fn contains(self, name: Name) -> bool {
        match name {
            Name::ResultType => self.result_type,
            Name::TtlMs => self.ttl_ms,
            Name::CacheScope => self.cache_scope,
            Name::Version
            | Name::Id
            | Name::Result
            | Name::Error
            | Name::Method
            | Name::IsError
            | Name::Other => false,
        }
    }

    /// Whether nothing is dropped.
    pub(super) fn is_empty(self) -> bool {
        !(self.result_type || self.ttl_ms || self.cache_scope)
    }
}
