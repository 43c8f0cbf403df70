//! Values that leave our hands, or lie in a store, and must come back as they were.

use super::PortError;

/// What a sealed value is for. Each purpose has a key of its own, so that a value of one kind is
/// never taken for one of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Who is signed in.
    Session,
    /// Where a list goes on.
    Cursor,
    /// What a browser or a client carries through a flow of several requests.
    State,
    /// Secrets at rest: credentials of upstreams, tokens, signing keys.
    Vault,
    /// A cookie.
    Cookie,
    /// What replicas say to each other.
    Replica,
}

impl Purpose {
    /// The purpose's name, which its key is made from: changing one makes all that was sealed
    /// for it unreadable.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Cursor => "cursor",
            Self::State => "state",
            Self::Vault => "vault",
            Self::Cookie => "cookie",
            Self::Replica => "replica",
        }
    }
}

/// Encrypts values and proves that nobody changed them (AEAD).
///
/// It takes no time to speak of and asks nobody, so that it is not async.
pub trait Sealer: Send + Sync {
    /// Seals a value with the newest key. What is opened later must name the same purpose and the
    /// same `context`, which is not kept in the value: the row or the person it belongs to.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the machine has no random numbers.
    fn seal(&self, purpose: Purpose, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, PortError>;

    /// The value, unless it was changed, or sealed for something else or by a key that we do not
    /// have (any more).
    fn open(&self, purpose: Purpose, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>>;
}
