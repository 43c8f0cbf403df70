//! What probes and dashboards ask. No limits, no token: a probe must always get its answer.

pub(crate) mod ready;
pub(crate) mod show;
