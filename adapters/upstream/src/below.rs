//! Servers that were registered by their host alone and have their endpoint at `/mcp` there.
//!
//! An address is taken at its word. Only one without a path that answers 404 or 405, and never
//! answered otherwise, is asked once more at `/mcp`; where that is answered, it is where the server
//! is asked from then on. Nothing of it is kept outside this process: the next one finds it out by
//! itself, with one request more.

use std::collections::HashMap;

use http::{Response, StatusCode, Uri};
use parking_lot::RwLock;

/// Where endpoints are that are not at their registered address.
const PATH: &str = "/mcp";

/// The address to try beside a registered one, if that has neither path nor query.
pub(crate) fn address_below(registered: &Uri) -> Option<Uri> {
    if registered.path() != "/" || registered.query().is_some() {
        return None;
    }
    let mut parts = registered.clone().into_parts();
    parts.path_and_query = Some(http::uri::PathAndQuery::from_static(PATH));
    Uri::from_parts(parts).ok()
}

/// Whether an answer says that there is no endpoint at its address.
pub(crate) fn is_elsewhere<B>(response: &Response<B>) -> bool {
    matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
}

/// Where a server that is known by its host alone has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the registered address.
    There,
    /// At `/mcp`.
    Below,
}

/// Where such servers were found.
#[derive(Debug, Default)]
pub(crate) struct Found(RwLock<HashMap<Uri, Place>>);

impl Found {
    /// How many are remembered; beyond it all are forgotten, and found again as they are asked.
    const MAX: usize = 10_000;

    pub(crate) fn place(&self, registered: &Uri) -> Option<Place> {
        self.0.read().get(registered).copied()
    }

    pub(crate) fn note(&self, registered: &Uri, place: Place) {
        let mut found = self.0.write();
        if found.len() >= Self::MAX {
            found.clear();
        }
        found.insert(registered.clone(), place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_without_a_path_has_one_below_it() {
        let below = |text: &str| address_below(&text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(below("https://mcp.example.com").unwrap(), "https://mcp.example.com/mcp");
        assert_eq!(below("http://example.com:81/").unwrap(), "http://example.com:81/mcp");
        for whole in
            ["https://example.com/mcp", "https://example.com/a/", "https://example.com/?a=1"]
        {
            assert_eq!(below(whole), None, "{whole}");
        }
    }
}
