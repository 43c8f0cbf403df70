//! The pages of our own lists, and the cursors between them.
//!
//! A list is put together from the snapshot and told in pages of a fixed size. A cursor says where
//! the next one begins, and of which list: it is sealed, for one caller, one address and one method,
//! and names what the list was made of. When that has changed, the cursor is refused: pages of
//! two lists would leave entries out, or tell them twice.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcp_wire::WireError;
use registry_domain::ports::{Purpose, Sealer};

use crate::exchange::Exchange;
use crate::inbound::Door;
use crate::request::Request;

/// The most entries of a page.
const MOST: usize = 500;
/// The most bytes of a page's entries; one entry is told however long it is.
const MOST_BYTES: usize = 2 << 20;
/// The longest cursor that is looked at.
const LONGEST_CURSOR: usize = 512;

/// What seals cursors.
#[derive(Clone)]
pub(crate) struct Cursors(pub(crate) Arc<dyn Sealer>);

impl fmt::Debug for Cursors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Cursors").finish_non_exhaustive()
    }
}

/// What a list is made of, so that another is told from it: the same on every replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View(u64);

impl View {
    /// Of nothing yet. What is noted is hashed (FNV-1a): whoever could make two lists of one hash would
    /// spoil their own pages alone.
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Notes a part of what the list is made of.
    pub(crate) fn note(&mut self, part: &[u8]) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes();
        for byte in length.iter().chain(part) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Which entries a page has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The first.
    pub(crate) from: usize,
    /// The one after the last.
    pub(crate) to: usize,
    /// Where the next page begins, for the client.
    pub(crate) next: Option<String>,
}

/// The page that a request asks for, of a list whose entries are so many bytes long each.
///
/// # Errors
/// -32602 for a cursor that is forged, somebody else's or another list's, or of a list that is no
/// longer what it was.
pub(crate) fn page(
    exchange: &Exchange,
    request: &Request<'_>,
    sizes: &[usize],
    view: impl FnOnce() -> View,
) -> Result<Page, WireError> {
    let cursor = request.params.cursor.as_deref();
    if cursor.is_none() && sizes.len() <= MOST && sizes.iter().sum::<usize>() <= MOST_BYTES {
        return Ok(Page { from: 0, to: sizes.len(), next: None });
    }
    // Without a sealer no cursor was ever given, and lists are told whole.
    let Some(Cursors(sealer)) = &exchange.cursors else {
        return match cursor {
            Some(_) => Err(foreign()),
            None => Ok(Page { from: 0, to: sizes.len(), next: None }),
        };
    };
    let (sealer, context, view) = (sealer.as_ref(), context(request), view());
    let from = match cursor {
        Some(cursor) => opened(sealer, &context, cursor, view)?,
        None => 0,
    };
    let to = end(sizes, from);
    let next = if to < sizes.len() { Some(sealed(sealer, &context, to, view)?) } else { None };
    Ok(Page { from, to, next })
}

/// Where a page ends that begins there.
fn end(sizes: &[usize], from: usize) -> usize {
    let mut bytes = 0_usize;
    let fitting = sizes.iter().skip(from).take(MOST).take_while(|size| {
        let is_first = bytes == 0;
        bytes = bytes.saturating_add(**size);
        is_first || bytes <= MOST_BYTES
    });
    from.saturating_add(fitting.count()).min(sizes.len())
}

/// Whose cursor it is, and of which list.
fn context(request: &Request<'_>) -> Vec<u8> {
    let door = match &request.inbound.door {
        Door::Federated => ("all", ""),
        Door::Server(server) => ("server", server.as_str()),
        Door::Collection(slug) => ("collection", slug.as_str()),
        Door::Any(_) => ("any", ""),
    };
    let party = &request.inbound.party;
    let tenant = party.tenant().map(registry_domain::id::TenantId::as_str);
    serde_json::json!(["list", request.method, door, tenant, party.subject()])
        .to_string()
        .into_bytes()
}

fn sealed(sealer: &dyn Sealer, context: &[u8], at: usize, view: View) -> Result<String, WireError> {
    let at = u64::try_from(at).unwrap_or(u64::MAX);
    let plain = [view.0.to_be_bytes(), at.to_be_bytes()].concat();
    let value = sealer.seal(Purpose::Cursor, context, &plain).map_err(|error| {
        tracing::warn!(%error, "a cursor cannot be sealed");
        WireError::unavailable("the next page cannot be named right now; try again later")
    })?;
    Ok(URL_SAFE_NO_PAD.encode(value))
}

fn opened(
    sealer: &dyn Sealer,
    context: &[u8],
    cursor: &str,
    view: View,
) -> Result<usize, WireError> {
    let plain = Some(cursor)
        .filter(|cursor| cursor.len() <= LONGEST_CURSOR)
        .and_then(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok())
        .and_then(|sealed| sealer.open(Purpose::Cursor, context, &sealed))
        .ok_or_else(foreign)?;
    let (seen, at) = plain.split_first_chunk::<8>().ok_or_else(foreign)?;
    let at = <[u8; 8]>::try_from(at).map_err(|_| foreign())?;
    if u64::from_be_bytes(*seen) != view.0 {
        let words = "params.cursor is of a list that has changed since: begin again without one";
        return Err(WireError::invalid_params(words));
    }
    usize::try_from(u64::from_be_bytes(at)).map_err(|_| foreign())
}

fn foreign() -> WireError {
    WireError::invalid_params("params.cursor is not one that this server gave")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_after_so_many_entries_or_bytes_and_has_at_least_one() {
        assert_eq!(end(&[1; 1200], 0), MOST);
        assert_eq!(end(&[1; 1200], 1000), 1200);
        assert_eq!(end(&[MOST_BYTES / 2; 5], 0), 2);
        assert_eq!(end(&[MOST_BYTES * 2; 3], 1), 2);
        assert_eq!(end(&[1, MOST_BYTES, 1], 0), 1);
        assert_eq!(end(&[1; 3], 9), 3);
    }

    #[test]
    fn a_view_tells_lists_apart_also_where_their_parts_run_together() {
        let of = |parts: &[&str]| {
            let mut view = View::new();
            for part in parts {
                view.note(part.as_bytes());
            }
            view
        };
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["ab"]));
        assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a"]), of(&["a", ""]));
    }
}
