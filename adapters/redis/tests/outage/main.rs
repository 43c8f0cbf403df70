//! What happens when Redis goes and comes back, and what lies in it; against the Redis that
//! `TEST_REDIS_URL` names.

#[cfg(test)]
mod full;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod stray;
#[cfg(test)]
mod support;
