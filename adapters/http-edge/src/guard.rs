//! Extractors that know the caller.
//!
//! What a request carries is read only after its caller is known: a stranger learns nothing about
//! paths, fields or sizes, and costs no more than a header.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use registry_domain::caller::Caller;
use registry_domain::oauth::CALL_SCOPE;
use registry_domain::party::Party;
use registry_domain::ports::{Ensured, RefusalClass, RegistryPorts, VerifiedToken};
use registry_domain::use_cases::{SignedIn, caller_of, identify_caller};

use crate::admission::Place;
use crate::bearer;
use crate::client_address::client_address;
use crate::edge::Edge;
use crate::limits;
use crate::problem::Problem;
use crate::session;

/// A signed-in caller and, extracted after that, what they sent.
#[derive(Debug)]
pub struct Guarded<T = ()> {
    /// Who asks.
    pub caller: Caller,
    /// Their row, and whether it was made for this.
    pub ensured: Ensured,
    /// What they sent.
    pub input: T,
}

impl<T: FromRequest + 'static> FromRequest for Guarded<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let SignedIn { caller, ensured } =
                signed_in(&request).await?.ok_or_else(bearer::required)?;
            let input = T::from_request(&request, &mut payload).await.map_err(Into::into)?;
            Ok(Self { caller, ensured, input })
        })
    }
}

/// A caller of an open address and, extracted after that, what they sent: a token is not needed,
/// but a bad one is refused, never ignored.
#[derive(Debug)]
pub struct Visitor<T = ()> {
    /// Who asks, where they say it.
    pub caller: Option<Caller>,
    /// What they sent.
    pub input: T,
}

impl<T: FromRequest + 'static> FromRequest for Visitor<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let caller = signed_in(&request).await?.map(|signed_in| signed_in.caller);
            let input = T::from_request(&request, &mut payload).await.map_err(Into::into)?;
            Ok(Self { caller, input })
        })
    }
}

/// Who a request turned out to come from, for layers around the handlers; absent for strangers.
///
/// It lives as long as the request, and with it the request's place.
#[derive(Debug)]
pub struct Asker {
    /// Who it is.
    pub caller: Caller,
    _place: Option<Place>,
}

/// Who a good token says it is, counted against their limits.
#[derive(Debug)]
pub struct Admitted {
    /// The token.
    pub token: Arc<VerifiedToken>,
    /// Who it alone says it is: without their row.
    pub caller: Caller,
}

/// What a layer outside the handler has found already: one request counts once.
pub(crate) struct AdmittedBefore(pub(crate) Option<Admitted>);

/// Verifies and limits; `None` for a request without a token and without a session. Without a good one it counts against
/// its address, so that guessing is limited too.
///
/// # Errors
/// 401 for a bad token, 503 when it cannot be judged or there is no place, 429 when a limit is used up.
pub async fn admitted(edge: &Edge, request: &HttpRequest) -> Result<Option<Admitted>, Problem> {
    if let Some(AdmittedBefore(admitted)) = request.extensions_mut().remove() {
        return Ok(admitted);
    }
    let verified = match bearer::token_of(request) {
        Ok(None) => by_session(edge, request).await,
        token => verified(edge, request, token).await,
    };
    counted(edge, request, verified).await
}

/// The same by a token that need not have come in the `Authorization` header.
///
/// # Errors
/// As [`admitted`].
pub async fn admitted_by(
    edge: &Edge,
    request: &HttpRequest,
    token: Result<Option<&str>, Problem>,
) -> Result<Option<Admitted>, Problem> {
    counted(edge, request, verified(edge, request, token).await).await
}

/// Who a browser's session says it is; a session that has ended is none.
async fn by_session(
    edge: &Edge,
    request: &HttpRequest,
) -> Result<Option<Arc<VerifiedToken>>, Problem> {
    let Some(sessions) = &edge.sessions else { return Ok(None) };
    let session = session::of_request(sessions.as_ref(), request).await?;
    Ok(session.map(|session| session.person))
}

async fn counted(
    edge: &Edge,
    request: &HttpRequest,
    verified: Result<Option<Arc<VerifiedToken>>, Problem>,
) -> Result<Option<Admitted>, Problem> {
    let limits = &edge.settings.limits;
    match verified {
        Ok(Some(token)) => {
            let mut caller = caller_of(&token);
            if let Some(administrators) = &edge.administrators {
                let made_by = administrators.made_by(&caller.subject);
                caller.is_admin |=
                    made_by.is_some_and(|source| source.counts(token.identity.in_admin_group));
            }
            let place = edge.settings.admission.as_ref();
            let place = place.map(|admission| admission.of_caller(&caller)).transpose()?;
            let asker = Asker { caller: caller.clone(), _place: place };
            request.extensions_mut().insert(asker);
            limits::admit(edge, request, &limits.of_caller(&caller)).await?;
            Ok(Some(Admitted { token, caller }))
        }
        nobody => {
            count_stranger(edge, request).await?;
            nobody.map(|_| None)
        }
    }
}

/// Counts more against a caller's limits than the one request that they came by: for a request that
/// carries several calls.
///
/// # Errors
/// 429 when a limit is used up.
pub async fn count_more(
    edge: &Edge,
    request: &HttpRequest,
    caller: &Caller,
    more: usize,
) -> Result<(), Problem> {
    let keys = edge.settings.limits.of_caller(caller);
    for _ in 0..more {
        limits::admit(edge, request, &keys).await?;
    }
    Ok(())
}

/// Counts a request of whoever it is against its address: for addresses where nobody is signed in
/// yet.
///
/// # Errors
/// 429 when the limit is used up, 503 when there is no place.
pub async fn count_stranger(edge: &Edge, request: &HttpRequest) -> Result<(), Problem> {
    if let Some(admission) = &edge.settings.admission {
        request.extensions_mut().insert(admission.of_stranger()?);
    }
    let address = client_address(request, &edge.settings.trusted_proxies);
    limits::admit(edge, request, &edge.settings.limits.of_address(address)).await
}

/// Who calls an open address that goes to no store: by a good token alone, or a stranger.
///
/// # Errors
/// As [`admitted`].
pub async fn party(edge: &Edge, request: &HttpRequest) -> Result<Party, Problem> {
    Ok(match admitted(edge, request).await? {
        Some(Admitted { caller, .. }) => Party::Caller(Arc::new(caller)),
        None => {
            Party::Anonymous { address: client_address(request, &edge.settings.trusted_proxies) }
        }
    })
}

/// Verifies a token, for what was asked: one of our own may be for another resource, or be granted
/// for less.
async fn verified(
    edge: &Edge,
    request: &HttpRequest,
    token: Result<Option<&str>, Problem>,
) -> Result<Option<Arc<VerifiedToken>>, Problem> {
    let Some(token) = token? else { return Ok(None) };
    let token = bearer::verify(edge.verifier.as_ref(), token).await?;
    if let Some(bounds) = &token.bounds {
        if !bounds.covers(request.path()) {
            return Err(bearer::refused(RefusalClass::WrongAudience));
        }
        if !bounds.permits(CALL_SCOPE) {
            return Err(bearer::granted_too_little());
        }
    }
    Ok(Some(token))
}

/// Admits and identifies: limits come before the store, so that it is spared.
async fn signed_in(request: &HttpRequest) -> Result<Option<SignedIn>, Problem> {
    let ports = request.app_data::<web::Data<RegistryPorts>>().ok_or_else(Problem::internal)?;
    match admitted(Edge::of(request)?, request).await? {
        Some(Admitted { token, .. }) => Ok(Some(identify_caller(ports, &token).await?)),
        None => Ok(None),
    }
}
