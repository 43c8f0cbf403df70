//! `OperationLog`: one entry per id.

use async_trait::async_trait;
use registry_domain::chain::Chain;
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationLog, OperationQuery, Page, PortError};

use super::{Memory, count, page};

#[async_trait]
impl OperationLog for Memory {
    async fn append(&self, _chain: &Chain, operations: Vec<Operation>) -> Result<(), PortError> {
        self.write(|state| {
            for operation in operations {
                state.operations.entry(operation.id).or_insert(operation);
            }
            Ok(())
        })
    }

    async fn count(&self) -> Result<u64, PortError> {
        Ok(self.read(|state| count(state.operations.len())))
    }

    async fn newest(&self, limit: u32) -> Result<Vec<Operation>, PortError> {
        Ok(self.read(|state| page(state.operations.values().rev().cloned(), 0, limit)))
    }

    async fn list(&self, query: &OperationQuery) -> Result<Page<Operation>, PortError> {
        Ok(self.read(|state| {
            let all = state.operations.values().rev().filter(|one| is_asked_for(query, one));
            let after = all.clone().filter(|one| comes_after(query, one)).cloned();
            Page { total: count(all.count()), items: page(after, 0, query.limit) }
        }))
    }

    async fn list_on(&self, query: &OperationQuery) -> Result<Vec<Operation>, PortError> {
        Ok(self.list(query).await?.items)
    }
}

fn is_asked_for(query: &OperationQuery, one: &Operation) -> bool {
    let is = |asked: &Option<String>, has: Option<&str>| {
        asked.as_deref().is_none_or(|asked| has == Some(asked))
    };
    is(&query.user, one.user_id.as_deref())
        && is(&query.tenant, one.tenant_id.as_deref())
        && is(&query.method, Some(&one.method))
        && is(&query.tool, one.tool_name.as_deref())
        && query.server.is_none_or(|server| one.server_id == Some(server))
        && query.success.is_none_or(|success| one.success == success)
        && query.from.is_none_or(|from| one.at >= from)
        && query.to.is_none_or(|to| one.at <= to)
}

fn comes_after(query: &OperationQuery, one: &Operation) -> bool {
    query.after.is_none_or(|after| (one.at, one.id) < (after.created_at, after.id))
}
