//! Behaviours of the spool, on real files.
