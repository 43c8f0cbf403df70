//! Who hears of commits.

use async_trait::async_trait;

/// Is told of every write to the store, after it was committed and before the one who asked for it
/// is answered: so nothing that was remembered from before can be given to anybody who knows of it.
#[async_trait]
pub trait CommitWatch: Send + Sync {
    /// Hears of a write by its name. It was committed, or may have been. Whoever wrote waits for
    /// this: it must end soon, whatever happens.
    async fn committed(&self, name: &'static str);
}
