//! The product's table of contents: one line per use case, one file each.
