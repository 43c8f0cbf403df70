//! The port `Leases`: rows of the file, as several processes may have it open.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use registry_domain::ports::{LeaseHolder, Leases, PortError, end_after};

use crate::place::time_text;
use crate::schema::leases;
use crate::store::EmbeddedStore;

#[async_trait]
impl Leases for EmbeddedStore {
    async fn try_acquire(
        &self,
        name: &str,
        LeaseHolder(holder): LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        let (name, holder, now) = (name.to_owned(), holder.to_string(), self.clock.now());
        self.write("acquire_lease", move |conn| {
            // Rows whose holder never came back; there are few, and no index is worth their while.
            diesel::delete(leases::table.filter(leases::ends_at.le(time_text(now))))
                .execute(conn)?;
            let has: Option<String> =
                leases::table.find(&name).select(leases::holder).first(conn).optional()?;
            if has.is_some_and(|has| has != holder) {
                return Ok(false);
            }
            diesel::replace_into(leases::table)
                .values((
                    leases::name.eq(name),
                    leases::holder.eq(holder),
                    leases::ends_at.eq(time_text(end_after(now, ttl))),
                ))
                .execute(conn)?;
            Ok(true)
        })
        .await
    }

    async fn renew(
        &self,
        name: &str,
        LeaseHolder(holder): LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        let (name, holder, now) = (name.to_owned(), holder.to_string(), self.clock.now());
        self.write("renew_lease", move |conn| {
            let ours = leases::table
                .find(name)
                .filter(leases::holder.eq(holder))
                .filter(leases::ends_at.gt(time_text(now)));
            let renewed = diesel::update(ours)
                .set(leases::ends_at.eq(time_text(end_after(now, ttl))))
                .execute(conn)?;
            Ok(renewed > 0)
        })
        .await
    }

    async fn release(&self, name: &str, LeaseHolder(holder): LeaseHolder) -> Result<(), PortError> {
        let (name, holder) = (name.to_owned(), holder.to_string());
        self.write("release_lease", move |conn| {
            let ours = leases::table.find(name).filter(leases::holder.eq(holder));
            diesel::delete(ours).execute(conn)?;
            Ok(())
        })
        .await
    }
}
