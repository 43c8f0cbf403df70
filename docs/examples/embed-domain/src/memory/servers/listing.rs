//! Lists of servers.

use std::cmp::Reverse;

use registry_domain::ports::{Include, Matching, OfferQuery, Order, Page, ServerQuery, ServerView};
use registry_domain::search::{fold, server_search_key};
use registry_domain::server::Server;

use super::super::{count, page};

/// A page, and how many match in all.
pub(super) fn list<'a>(
    servers: impl Iterator<Item = &'a Server>,
    query: &ServerQuery,
) -> Page<ServerView> {
    let mut matching: Vec<&Server> = servers
        .filter(|server| {
            query.tenant.includes(server.tenant.as_ref())
                && query.health.is_none_or(|health| server.health == health)
                && query.tags.iter().all(|tag| server.tags.contains(tag))
                && query.name.as_ref().is_none_or(|name| server.name == *name)
                && query.search.as_ref().is_none_or(|text| key(server).contains(&fold(text)))
        })
        .collect();
    match query.order {
        Order::NewestFirst => {
            matching.sort_by_key(|server| Reverse((server.created_at, server.id)));
        }
        Order::OldestFirst => matching.sort_by_key(|server| (server.created_at, server.id)),
    }
    let total = count(matching.len());
    let after = matching.into_iter().filter(|server| {
        query.after.is_none_or(|after| {
            let (row, last) = ((server.created_at, server.id), (after.created_at, after.id));
            if query.order == Order::NewestFirst { row < last } else { row > last }
        })
    });
    let views = after.map(|server| ServerView::of(server, query.include));
    Page { total, items: page(views, query.offset, query.limit) }
}

/// Servers by what they offer, by name.
pub(super) fn offering<'a>(
    servers: impl Iterator<Item = &'a Server>,
    query: &OfferQuery,
) -> Vec<ServerView> {
    let include: Include = query.kind.include();
    let mut found: Vec<ServerView> = servers
        .filter(|server| {
            query.tenant.includes(server.tenant.as_ref())
                && query.health.is_none_or(|health| server.health == health)
                && query.tags.iter().all(|tag| server.tags.contains(tag))
        })
        .map(|server| ServerView::of(server, include))
        .filter(|view| {
            let mut offered = query.names.iter().map(|pattern| {
                view.definitions.iter().any(|definition| pattern.matches(&definition.name))
            });
            match query.matching {
                Matching::All => offered.all(|offered| offered),
                Matching::Any => offered.any(|offered| offered),
            }
        })
        .collect();
    for view in &mut found {
        view.definitions.retain(|definition| query.means(definition));
    }
    found.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    page(found.into_iter(), 0, query.limit)
}

fn key(server: &Server) -> String {
    let alias = server.alias.as_str();
    server_search_key(&server.name, alias, server.description.as_deref(), &server.tags)
}
