//! Servers: the store is down.

use super::*;

#[async_trait]
impl ServerCatalog for Broken {
    async fn find(&self, _id: ServerId) -> Result<Option<Server>, PortError> {
        down()
    }

    async fn find_by_registration(&self, _id: RegistrationId) -> Result<Option<Server>, PortError> {
        down()
    }

    async fn load_routes(&self) -> Result<Routes, PortError> {
        down()
    }

    async fn taken(
        &self,
        _tenant: Option<&TenantId>,
        _name: &str,
        _alias: &Alias,
        _now: Timestamp,
    ) -> Result<Taken, PortError> {
        down()
    }

    async fn commit(&self, _change: &Change<Server>) -> Result<(), PortError> {
        down()
    }

    async fn taken_aliases(
        &self,
        _tenant: Option<&TenantId>,
        _aliases: &[Alias],
        _now: Timestamp,
    ) -> Result<HashSet<Alias>, PortError> {
        down()
    }

    async fn holders_of_names(
        &self,
        _tenant: Option<&TenantId>,
        _names: &[String],
    ) -> Result<HashMap<String, ServerId>, PortError> {
        down()
    }

    async fn drifts(
        &self,
        _ids: &[ServerId],
    ) -> Result<HashMap<ServerId, Option<Drift>>, PortError> {
        down()
    }

    async fn commit_batch(
        &self,
        _changes: &[Change<Server>],
        _atomicity: Atomicity,
    ) -> Result<Vec<BatchItem>, PortError> {
        down()
    }

    async fn commit_removal(
        &self,
        _removal: &ServerRemoval,
        _free: Timestamp,
    ) -> Result<(), PortError> {
        down()
    }

    async fn find_each(&self, _ids: &[ServerId]) -> Result<Vec<Server>, PortError> {
        down()
    }

    async fn find_view(
        &self,
        _id: ServerId,
        _include: Include,
    ) -> Result<Option<ServerView>, PortError> {
        down()
    }

    async fn list(&self, _query: &ServerQuery) -> Result<Page<ServerView>, PortError> {
        Ok(Page { total: 0, items: Vec::new() })
    }

    async fn find_offering(&self, _query: &OfferQuery) -> Result<Vec<ServerView>, PortError> {
        down()
    }

    async fn count(&self, _tenant: &TenantScope) -> Result<ServerCounts, PortError> {
        down()
    }

    async fn awaiting_manifest(&self, _limit: u32) -> Result<Vec<Server>, PortError> {
        down()
    }

    async fn upcoming_probes(&self, _limit: u32) -> Result<Vec<Watched>, PortError> {
        down()
    }

    async fn find_watched(&self, _id: ServerId) -> Result<Option<Watched>, PortError> {
        down()
    }

    async fn note_health(&self, _notes: &[HealthNote]) -> Result<Vec<ServerId>, PortError> {
        down()
    }

    async fn order_health(&self, _change: &Change<Server>) -> Result<(), PortError> {
        down()
    }
}
