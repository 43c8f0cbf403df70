//! `OperationLog`: one entry per id.

use async_trait::async_trait;
use registry_domain::chain::Chain;
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationLog, PortError};

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
}
