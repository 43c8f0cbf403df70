//! Recognising servers of the HTTP+SSE transport (2024-11-05) at addresses of HTTP. Where it is
//! switched on they are then spoken to so (`sse.rs`); where not, to tell a submitter so is kinder than
//! to call the server broken.

use std::time::Duration;

use http_body_util::BodyExt;
use mcp_wire::sse::FrameSplitter;

use crate::ask::Inquiry;

/// Such a server says at once where it wants its messages, in a first event named `endpoint`.
const MAX_BYTES: usize = 4096;
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the endpoint answers GET as HTTP+SSE does.
pub(crate) async fn is_spoken(inquiry: &Inquiry<'_>) -> bool {
    let patience = inquiry.settings().request_timeout.min(PATIENCE);
    tokio::time::timeout(patience, begins_with_endpoint(inquiry, patience)).await.unwrap_or(false)
}

async fn begins_with_endpoint(inquiry: &Inquiry<'_>, patience: Duration) -> bool {
    let Some(response) = inquiry.listen(patience).await else { return false };
    let mut body = response.into_body();
    let mut frames = FrameSplitter::new(MAX_BYTES);
    let mut left = MAX_BYTES;
    while let Some(Ok(part)) = body.frame().await {
        let Ok(part) = part.into_data() else { continue };
        left = left.saturating_sub(part.len());
        frames.push(part);
        while let Some(frame) = frames.next_frame() {
            match frame {
                // A comment says nothing.
                Ok(frame) if frame.event.is_none() && frame.data.is_empty() => {}
                Ok(frame) => return frame.event.is_some_and(|name| name == "endpoint"),
                Err(_) => return false,
            }
        }
        if left == 0 {
            return false;
        }
    }
    false
}
