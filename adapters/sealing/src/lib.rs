//! Sealed values: what leaves our hands or lies in a store, and must come back unread and unchanged.
//!
//! # Map
//! | file | what it does |
//! |---|---|
//! | `sealer` | [`AeadSealer`]: the port `Sealer`, and the form of a sealed value |
//! | `key` | [`SealingKey`]: a key with a name, as settings and files write it |
//! | `secrets` | [`RandomSecrets`]: texts that nobody guesses |
//! | `secret_file` | a secret in a file that only its owner reads, made once by whoever comes first |
//!
//! # What is deliberately absent
//! - No choice of algorithm: a sealed value does not say how it is opened, its first byte says of
//!   which form it is, and there is one.
//! - No way to print a key but [`SealingKey::to_setting`], which makes the line of a new one.
//!
//! # How to extend
//! - **Another form** (another algorithm): a new first byte, which seals from then on; the old one
//!   goes on being opened.

mod key;
mod sealer;
pub mod secret_file;
mod secrets;

pub use key::{KeyNotMade, SealingKey};
pub use sealer::{AeadSealer, OVERHEAD_BYTES, UnusableKeys};
pub use secrets::RandomSecrets;
