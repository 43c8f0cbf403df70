//! The upstream client against real sockets on loopback.

#[cfg(test)]
mod below;
#[cfg(test)]
mod discovering;
#[cfg(test)]
mod links;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod permits;
#[cfg(test)]
mod reaching;
#[cfg(test)]
mod rmcp_server;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod support;
