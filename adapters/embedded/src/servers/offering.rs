//! Servers by what they offer.

use diesel::dsl::sql;
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use registry_domain::ports::{Matching, NamePattern, OfferKind, OfferQuery, ServerView};

use super::list::{narrowed, views};
use super::row::ViewRow;
use crate::error::StoreError;
use crate::schema::servers;

type Condition<'q> = Box<dyn BoxableExpression<servers::table, Sqlite, SqlType = Bool> + 'q>;

/// The servers, each with those of its definitions that are looked for.
pub(super) fn find(
    conn: &mut SqliteConnection,
    query: &OfferQuery,
) -> Result<Vec<ServerView>, StoreError> {
    let mut rows = narrowed(&query.tenant, query.health, &query.tags);
    let conditions = query.names.iter().map(|pattern| offers(query.kind, pattern));
    match query.matching {
        Matching::All => {
            for condition in conditions {
                rows = rows.filter(condition);
            }
        }
        Matching::Any => {
            let any = conditions.reduce(|one, other| Box::new(one.or(other)));
            if let Some(any) = any {
                rows = rows.filter(any);
            }
        }
    }
    let rows: Vec<ViewRow> = rows
        .order((servers::name.asc(), servers::id.asc()))
        .limit(query.limit.into())
        .select(ViewRow::as_select())
        .load(conn)?;
    let mut found = views(conn, rows, query.kind.include())?;
    for view in &mut found {
        view.definitions.retain(|definition| query.means(definition));
    }
    Ok(found)
}

/// That a server has a definition of such a name.
fn offers<'q>(kind: OfferKind, pattern: &NamePattern) -> Condition<'q> {
    let (before, text, after) = match (kind, pattern) {
        (OfferKind::Tools, NamePattern::Exact(name)) => {
            ("server_tools WHERE full_name = ", name.clone(), ")")
        }
        (OfferKind::Tools, NamePattern::Glob(glob)) => {
            ("server_tools WHERE full_name GLOB ", literal(glob), ")")
        }
        (OfferKind::Tools, NamePattern::Contains(part)) => {
            ("server_tools WHERE instr(full_name, ", part.clone(), "))")
        }
        (OfferKind::Resources, NamePattern::Exact(name)) => {
            ("server_resources WHERE uri_template = ", name.clone(), ")")
        }
        (OfferKind::Resources, NamePattern::Glob(glob)) => {
            ("server_resources WHERE uri_template GLOB ", literal(glob), ")")
        }
        (OfferKind::Resources, NamePattern::Contains(part)) => {
            ("server_resources WHERE instr(uri_template, ", part.clone(), "))")
        }
    };
    let having = format!("servers.id IN (SELECT server_id FROM {before}");
    Box::new(sql::<Bool>(&having).bind::<Text, _>(text).sql(after))
}

/// The pattern of SQLite's GLOB in which only `*` has a meaning of its own.
fn literal(glob: &str) -> String {
    let mut pattern = String::new();
    for letter in glob.chars() {
        match letter {
            '?' | '[' => pattern.extend(['[', letter, ']']),
            letter => pattern.push(letter),
        }
    }
    pattern
}
