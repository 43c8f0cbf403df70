//! Extractors that know the caller.
//!
//! What a request carries is read only after its caller is known: a stranger learns nothing about
//! paths, fields or sizes, and costs no more than a header.

use std::future::Future;
use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev, web};
use registry_domain::caller::Caller;
use registry_domain::ports::{Ensured, RegistryPorts};
use registry_domain::use_cases::{SignedIn, caller_of, identify_caller};

use crate::bearer;
use crate::client_address::client_address;
use crate::code::Code;
use crate::edge::Edge;
use crate::limits;
use crate::problem::Problem;

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
            let SignedIn { caller, ensured } = signed_in(&request)
                .await?
                .ok_or_else(|| bearer::required("Authentication required: send a bearer token"))?;
            let input = T::from_request(&request, &mut payload).await.map_err(Into::into)?;
            Ok(Self { caller, ensured, input })
        })
    }
}

/// A caller of an open address: a token is not needed, but a bad one is refused, never ignored.
#[derive(Debug)]
pub struct Visitor {
    /// Who asks, where they say it.
    pub caller: Option<Caller>,
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let signed_in = signed_in(&request).await?;
            Ok(Self { caller: signed_in.map(|signed_in| signed_in.caller) })
        })
    }
}

/// Verifies, limits, identifies. A request without a good token counts against its address, so
/// that guessing is limited too; limits come before the store, so that it is spared.
async fn signed_in(request: &HttpRequest) -> Result<Option<SignedIn>, Problem> {
    let (edge, ports) = context(request)?;
    let token = match token_of(&edge, request).await {
        Ok(Some(token)) => token,
        nobody => {
            let address = client_address(request, &edge.settings.trusted_proxies);
            let keys = edge.settings.limits.of_address(address);
            limits::admit(edge.limiter.as_ref(), &keys).await?;
            return nobody.map(|_| None);
        }
    };
    let keys = edge.settings.limits.of_caller(&caller_of(&token));
    limits::admit(edge.limiter.as_ref(), &keys).await?;
    Ok(Some(identify_caller(&ports, &token).await?))
}

async fn token_of(
    edge: &Edge,
    request: &HttpRequest,
) -> Result<Option<std::sync::Arc<registry_domain::ports::VerifiedToken>>, Problem> {
    match bearer::token_of(request)? {
        Some(token) => bearer::verify(edge.verifier.as_ref(), token).await.map(Some),
        None => Ok(None),
    }
}

type Context = (web::Data<Edge>, web::Data<RegistryPorts>);

fn context(request: &HttpRequest) -> Result<Context, Problem> {
    request
        .app_data::<web::Data<Edge>>()
        .cloned()
        .zip(request.app_data::<web::Data<RegistryPorts>>().cloned())
        .ok_or_else(|| Problem::new(Code::InternalError, "Something went wrong on our side"))
}
