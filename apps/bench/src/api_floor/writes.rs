//! The transactions that write, as `adapters/postgres` writes them, without looking for reasons
//! when one is refused.

use diesel::prelude::*;
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager as _,
};

use super::reads;
use super::rows::{AuditRow, EventRow, RegistrationRow, ServerRow, ToolRow};
use super::schema::{audit_log, events, registrations, server_tools, servers};

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// What a change leaves in the audit trail and in the event log.
#[derive(Default)]
pub(super) struct Trail {
    pub(super) audit: Vec<AuditRow>,
    pub(super) events: Vec<EventRow>,
}

impl Trail {
    async fn append(self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        for row in self.audit {
            diesel::insert_into(audit_log::table).values(row).execute(conn).await?;
        }
        for row in self.events {
            let _seq: i64 = diesel::insert_into(events::table)
                .values(row)
                .returning(events::seq)
                .get_result(conn)
                .await?;
        }
        Ok(())
    }
}

/// What an approval writes beside its trail.
pub(super) struct Approval {
    pub(super) decided: RegistrationRow,
    /// The revision that was read.
    pub(super) expected: i64,
    pub(super) digest: Option<String>,
    pub(super) server: ServerRow,
    pub(super) tools: Vec<ToolRow>,
}

/// Inserts a registration with its trail; without one, the registration alone.
pub(super) async fn create(
    conn: &mut AsyncPgConnection,
    row: RegistrationRow,
    trail: Trail,
) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(conn, BEGIN).await?;
    let done = async {
        diesel::insert_into(registrations::table).values(row).execute(conn).await?;
        trail.append(conn).await
    };
    let done = done.await;
    end(conn, done).await
}

/// Writes a decision and its server, if it was made on the present candidate.
pub(super) async fn approve(
    conn: &mut AsyncPgConnection,
    approval: Approval,
    trail: Trail,
) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(conn, BEGIN).await?;
    let done = write_approval(conn, approval, trail).await;
    end(conn, done).await
}

async fn write_approval(
    conn: &mut AsyncPgConnection,
    Approval { decided, expected, digest, server, tools }: Approval,
    trail: Trail,
) -> QueryResult<()> {
    let id = decided.registration_id;
    let now = server.created_at.to_jiff();
    let alias = server.alias.clone().unwrap_or_default();
    let written = diesel::update(registrations::table)
        .filter(registrations::registration_id.eq(id))
        .filter(registrations::revision.eq(expected))
        .set(decided)
        .execute(conn)
        .await?;
    let is_current = reads::digest(conn, id).await? == digest;
    if written == 0 || !is_current {
        return Err(diesel::result::Error::RollbackTransaction);
    }
    diesel::insert_into(servers::table).values(server).execute(conn).await?;
    if reads::is_in_quarantine(conn, &alias, now).await? {
        return Err(diesel::result::Error::RollbackTransaction);
    }
    if !tools.is_empty() {
        diesel::insert_into(server_tools::table).values(&tools).execute(conn).await?;
    }
    trail.append(conn).await
}

async fn end(conn: &mut AsyncPgConnection, done: QueryResult<()>) -> QueryResult<()> {
    match done {
        Ok(()) => AnsiTransactionManager::commit_transaction(conn).await,
        Err(error) => {
            AnsiTransactionManager::rollback_transaction(conn).await?;
            Err(error)
        }
    }
}
