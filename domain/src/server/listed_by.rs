//! With which authority a server is listed.

/// With which authority a server is listed as it is. Only what somebody with authority vouches for
/// is served by the gateway; the rest is reachable through the management API's proxy alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListedBy {
    /// Its registration was approved.
    Approval,
    /// An administrator, or an operator at the command line.
    Administrator,
    /// A person who signed in.
    Person,
    /// Somebody who did not.
    Anyone,
}

impl ListedBy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Approval, Self::Administrator, Self::Person, Self::Anyone];

    /// The authority as SQL spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Administrator => "administrator",
            Self::Person => "person",
            Self::Anyone => "anyone",
        }
    }

    /// The inverse of [`ListedBy::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|listed_by| listed_by.as_str() == text)
    }

    /// Whether somebody with authority stands for the server.
    pub const fn is_vouched(self) -> bool {
        matches!(self, Self::Approval | Self::Administrator)
    }
}
