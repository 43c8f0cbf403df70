//! What was seen of a response, and whether it is the response to the call.

use super::call_id::says;
use super::edit::{Name, ReplyEdit};

/// What was seen so far.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states of one thing")]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) method: bool,
    pub(super) result: bool,
    /// A member `error`, whatever it says.
    error_member: bool,
    /// An error, not `null`.
    pub(super) error: bool,
    pub(super) tool_error: bool,
    /// One of these members came twice: two readers could see two responses.
    repeated: bool,
    version: Version,
    id: Id,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Version {
    #[default]
    Absent,
    Begun,
    Right,
    Wrong,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Id {
    #[default]
    Absent,
    Begun,
    Null,
    OfTheCall,
    Foreign,
}

impl Seen {
    /// Notes a member whose value begins with this byte.
    pub(super) fn begin(&mut self, name: Name, first: u8) {
        let is_repeated = match name {
            Name::Version => {
                std::mem::replace(&mut self.version, Version::Begun) != Version::Absent
            }
            Name::Id => std::mem::replace(&mut self.id, Id::Begun) != Id::Absent,
            Name::Method => std::mem::replace(&mut self.method, true),
            Name::Result => std::mem::replace(&mut self.result, true),
            Name::Error => {
                self.error |= first != b'n';
                std::mem::replace(&mut self.error_member, true)
            }
            Name::IsError => {
                self.tool_error |= first == b't';
                false
            }
            Name::ResultType | Name::TtlMs | Name::CacheScope | Name::Other => false,
        };
        self.repeated |= is_repeated;
    }

    /// Notes what an id or a version says; `None` if it is longer than any of ours.
    pub(super) fn end(&mut self, name: Name, text: Option<&[u8]>, edit: &ReplyEdit) {
        match name {
            Name::Version => {
                let is_right = text.is_some_and(|text| says(text, b"2.0"));
                self.version = if is_right { Version::Right } else { Version::Wrong };
            }
            Name::Id => {
                self.id = match (text, &edit.id) {
                    (Some(b"null"), _) => Id::Null,
                    (_, None) => Id::OfTheCall,
                    (Some(text), Some(id)) if id.is_borne_by(text) => Id::OfTheCall,
                    _ => Id::Foreign,
                };
            }
            _ => {}
        }
    }

    /// Whether an id has come, whichever.
    pub(super) fn has_id(self) -> bool {
        self.id != Id::Absent
    }

    /// Whether this has an outcome and no method.
    pub(super) fn is_response(self) -> bool {
        (self.result || self.error_member) && !self.method
    }

    /// What is wrong with it; what may still come is missed only when all is there.
    ///
    /// An error may lack its id: a server that could not read the request knows none.
    pub(super) fn fault(self, is_complete: bool) -> Option<&'static str> {
        if self.repeated {
            Some("gives a member twice")
        } else if self.method {
            Some("is a request")
        } else if self.result && self.error {
            Some("has both a result and an error")
        } else if self.version == Version::Wrong {
            Some("is not of JSON-RPC 2.0")
        } else if self.id == Id::Foreign {
            Some("has the id of another call")
        } else if self.id == Id::Null && self.result {
            Some("is a result without an id")
        } else if !is_complete {
            None
        } else if self.version == Version::Absent {
            Some("lacks its version")
        } else if !(self.result || self.error) {
            Some("has neither a result nor an error")
        } else if self.id == Id::Absent && self.result {
            Some("is a result without an id")
        } else {
            None
        }
    }
}
