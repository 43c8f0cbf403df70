//! The crate as its users see it: a fake Entra over real loopback sockets, keys made in process,
//! a clock that tests set.

#[cfg(test)]
mod development;
#[cfg(test)]
mod fake_host;
#[cfg(test)]
mod key_fetching;
#[cfg(test)]
mod support;
#[cfg(test)]
mod verification;
