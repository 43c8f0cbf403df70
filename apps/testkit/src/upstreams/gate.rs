//! A gate that a test opens: what waits at it goes on exactly then.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// A closed gate; each [`Gate::open`] lets one waiter through, now or later. Clones share it.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed gate.
    #[expect(
        clippy::new_without_default,
        reason = "`Gate::new()` at the call site says that it is one"
    )]
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets one waiter through.
    pub fn open(&self) {
        self.0.add_permits(1);
    }

    /// Lets everybody through from now on.
    pub fn open_for_all(&self) {
        self.0.close();
    }

    /// Waits until the gate lets one through.
    pub async fn pass(&self) {
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}
