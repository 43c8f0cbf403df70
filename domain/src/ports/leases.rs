//! Leases: who of several replicas does something that one is to do.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::PortError;

/// Who holds a lease, this once: a new one for each time that it is acquired, so that a holder who
/// comes back after its lease has ended is told from the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseHolder(pub Uuid);

/// Keeps leases, shared by all replicas where the store is.
///
/// A lease that nobody renews ends by itself. It makes one who works certain that nobody else has
/// begun the same, not that nobody ever will: what is done under it must be harmless when it is done
/// twice.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes a lease for `ttl`, to the millisecond, unless another holder has it; answers whether
    /// it did. Who has it already has it for `ttl` from now on.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn try_acquire(
        &self,
        name: &str,
        holder: LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError>;

    /// Has a lease end `ttl` from now; answers whether the holder still had it. One that has ended
    /// is not taken again.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn renew(
        &self,
        name: &str,
        holder: LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError>;

    /// Gives a lease back, if the holder still has it.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn release(&self, name: &str, holder: LeaseHolder) -> Result<(), PortError>;
}
