//! An answer's body collected, where it has to be looked at as a whole; bounded.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;

use crate::answer::AnswerBody;

/// Collects a body.
///
/// # Errors
/// The upstream's failure, or that there are more than `max_bytes`.
pub(crate) async fn collect(body: AnswerBody, max_bytes: usize) -> Result<Bytes, UpstreamFailure> {
    let mut parts = match body {
        AnswerBody::Whole(bytes) => return Ok(bytes),
        AnswerBody::Parts(parts) => parts,
    };
    let mut whole = BytesMut::new();
    while let Some(part) = parts.next().await {
        let part = part?;
        if whole.len().saturating_add(part.len()) > max_bytes {
            return Err(UpstreamFailure {
                class: FaultClass::ProtocolViolation,
                detail: "the answer is longer than one may be".to_owned(),
                request_sent: true,
            });
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole.freeze())
}
