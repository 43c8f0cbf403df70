//! All that a use case may answer instead of its result.

use std::time::Duration;

use crate::caller::Denied;
use crate::field::Violation;
use crate::id::{ApiKeyId, CollectionId, DocumentId, LinkId, RegistrationId, ServerId, UserId};
use crate::ports::{GrantFault, PortError, SignInFailure};
use crate::registration::{IllegalTransition, RegistrationStatus};

/// What something that was looked for is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A registration.
    Registration(RegistrationId),
    /// A registration, looked for by its address.
    RegistrationByUrl,
    /// A user.
    User(UserId),
    /// A document of a registration.
    Document(DocumentId),
    /// A link of a registration.
    Link(LinkId),
    /// A server.
    Server(ServerId),
    /// An API key.
    ApiKey(ApiKeyId),
    /// A collection.
    Collection(CollectionId),
}

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields broke their rules.
    #[error("a field breaks its rule")]
    Invalid(Vec<Violation>),
    /// The caller may not.
    #[error("not permitted")]
    Denied(Denied),
    /// There is no such thing, as far as the caller may know.
    #[error("not found")]
    NotFound(Subject),
    /// Another registration has this address.
    #[error("the endpoint URL is registered already")]
    UrlTaken {
        /// The registration that has it and its status, where that may be told.
        holder: Option<(RegistrationId, RegistrationStatus)>,
    },
    /// Another server of the tenant has this name or alias.
    #[error("the {what} is taken")]
    NameTaken {
        /// `name` or `alias`.
        what: &'static str,
        /// What was wished for.
        wanted: String,
        /// The server that has it, where that is known.
        holder: Option<ServerId>,
    },
    /// Another collection of the tenant has this slug.
    #[error("the slug is taken")]
    SlugTaken {
        /// What was wished for.
        wanted: String,
        /// The collection that has it, where that is known.
        holder: Option<CollectionId>,
    },
    /// A file is larger than any may be.
    #[error("the file is larger than {most_bytes} bytes")]
    TooLarge {
        /// How large one may be.
        most_bytes: u64,
    },
    /// A file is of no type that is kept; in words for the caller.
    #[error("{0}")]
    UnsupportedType(String),
    /// There are as many of its kind as may be.
    #[error("there are {most} {what} already, as many as may be")]
    Full {
        /// What there are enough of: `documents`, `links`.
        what: &'static str,
        /// How many there may be.
        most: u32,
    },
    /// The registration has this link.
    #[error("the registration links to this address already")]
    LinkTaken {
        /// The link that it has.
        existing: LinkId,
    },
    /// The state does not allow it.
    #[error(transparent)]
    IllegalTransition(#[from] IllegalTransition),
    /// It changed since it was read: content or manifest.
    #[error("it changed since it was read")]
    Stale {
        /// What changed, in words.
        what: &'static str,
    },
    /// No sign-in was begun with this state, or it was by another browser.
    #[error("the sign-in's state is unknown")]
    UnknownState,
    /// Whoever signs people in refused.
    #[error("the sign-in was refused")]
    SignInRefused {
        /// OAuth's error code.
        code: String,
    },
    /// Whoever signs people in cannot be asked, or answered something that does not hold.
    #[error("the identity provider failed")]
    Provider(#[source] SignInFailure),
    /// A server's own sign-in is of no use.
    #[error("the server's sign-in is of no use")]
    Grant(#[source] GrantFault),
    /// A store or a service cannot be used right now.
    #[error("temporarily unavailable")]
    Unavailable {
        /// After how long to try again.
        retry_after: Duration,
        /// The cause.
        #[source]
        source: PortError,
    },
    /// A bug, or stored data that no longer reads.
    #[error("internal error")]
    Internal(#[source] PortError),
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<SignInFailure> for Error {
    fn from(failure: SignInFailure) -> Self {
        match failure {
            SignInFailure::Refused { code } => Self::SignInRefused { code },
            failure => Self::Provider(failure),
        }
    }
}

impl From<GrantFault> for Error {
    fn from(fault: GrantFault) -> Self {
        Self::Grant(fault)
    }
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Conflict { .. } => {
                Self::Stale { what: "somebody else changed it at the same time" }
            }
            PortError::Unavailable { retry_after, .. } => {
                Self::Unavailable { retry_after, source: error }
            }
            PortError::NotFound | PortError::AlreadyExists { .. } | PortError::Corrupt { .. } => {
                Self::Internal(error)
            }
        }
    }
}
