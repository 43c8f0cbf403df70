//! Servers by what they offer.

use diesel::dsl::{AsExprOf, sql};
use diesel::expression::{SqlLiteral, UncheckedBind};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};
use diesel_async::RunQueryDsl;
use registry_domain::ports::{Matching, NamePattern, OfferKind, OfferQuery, ServerView};

use super::list::{narrowed, views};
use super::row::ViewRow;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::schema::servers;

/// The servers, each with those of its definitions that are looked for.
pub(super) async fn find(
    conn: &mut Connection,
    query: &OfferQuery,
) -> Result<Vec<ServerView>, StoreError> {
    let mut rows = narrowed(&query.tenant, query.health, &query.tags);
    match query.matching {
        Matching::All => {
            for pattern in &query.names {
                rows = rows.filter(offers_any(query.kind, std::slice::from_ref(pattern)));
            }
        }
        Matching::Any => rows = rows.filter(offers_any(query.kind, &query.names)),
    }
    let rows: Vec<ViewRow> = rows
        .order((servers::name.asc(), servers::id.asc()))
        .limit(query.limit.into())
        .select(ViewRow::as_select())
        .load(conn)
        .await?;
    let mut found = views(conn, rows, query.kind.include()).await?;
    for view in &mut found {
        view.definitions.retain(|definition| query.means(definition));
    }
    Ok(found)
}

type Texts = AsExprOf<Vec<String>, Array<Text>>;
type OneBind = SqlLiteral<Bool, UncheckedBind<SqlLiteral<Bool>, Texts>>;
type Condition = SqlLiteral<Bool, UncheckedBind<OneBind, Texts>>;

/// That a server has a definition of one of some names. Whole names are looked up by their digests,
/// in the index; patterns go through all names.
fn offers_any(kind: OfferKind, names: &[NamePattern]) -> Condition {
    let (table, name) = match kind {
        OfferKind::Tools => ("server_tools", "full_name"),
        OfferKind::Resources => ("server_resources", "uri_template"),
    };
    let (mut whole, mut patterns) = (Vec::new(), Vec::new());
    for pattern in names {
        match pattern {
            NamePattern::Exact(wanted) => whole.push(wanted.clone()),
            NamePattern::Glob(glob) => patterns.push(like(glob)),
            NamePattern::Contains(part) => patterns.push(format!("%{}%", like_literally(part))),
        }
    }
    let by_digest = format!(
        "servers.id IN (SELECT server_id FROM {table} WHERE name_digest({name}) = ANY \
         (ARRAY(SELECT name_digest(wanted) FROM unnest("
    );
    let by_pattern = if patterns.is_empty() {
        // Said so that the index alone answers.
        ") AS wanted)) AND cardinality(".to_owned()
    } else {
        format!(") AS wanted)) OR {name} LIKE ANY (")
    };
    let end = if patterns.is_empty() { ") = 0)" } else { "))" };
    sql::<Bool>(&by_digest)
        .bind::<Array<Text>, _>(whole)
        .sql(&by_pattern)
        .bind::<Array<Text>, _>(patterns)
        .sql(end)
}

/// The pattern of LIKE in which only what was `*` has a meaning of its own.
fn like(glob: &str) -> String {
    glob.split('*').map(like_literally).collect::<Vec<_>>().join("%")
}

/// The pattern of LIKE that means a text itself.
fn like_literally(text: &str) -> String {
    let mut pattern = String::new();
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
