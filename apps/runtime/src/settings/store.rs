//! Where things are kept.

use std::path::PathBuf;

use super::{Reader, Stage};

const NAMES: &[&str] = &["MREG_DATABASE_URL", "DATABASE_URL"];

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The folder for everything that is kept in files.
    pub data_dir: PathBuf,
    /// The SQLite file.
    pub database: PathBuf,
}

impl StoreSettings {
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage) -> Self {
        let data_dir = reader
            .parsed(&["MREG_DATA_DIR"], "data", "a path", |text| Some(PathBuf::from(text)))
            .unwrap_or_default();
        let named = reader.optional(
            NAMES,
            "sqlite://PATH (this version has the embedded store only)",
            |url| url.strip_prefix("sqlite://").filter(|path| !path.is_empty()).map(PathBuf::from),
        );
        if reader.set_by(NAMES).is_none() && stage != Stage::Development {
            reader.problem("DATABASE_URL", format!("is required in {stage}"));
        }
        let database = named.unwrap_or_else(|| data_dir.join("registry.db"));
        Self { data_dir, database }
    }
}
