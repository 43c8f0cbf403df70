//! Who seals: the keys of the settings, or in development the key of the data folder.

use std::sync::Arc;

use registry_domain::ports::Sealer;
use registry_sealing::{AeadSealer, SealingKey};

use crate::boot::BootError;
use crate::settings::Settings;

/// The key of a data folder: processes that share the folder open what each other sealed.
const FILE_NAME: &str = "sealing.key";

/// Makes the sealer.
///
/// # Errors
/// [`BootError`] when the folder's key cannot be used.
pub(crate) fn start(settings: &Settings) -> Result<Arc<dyn Sealer>, BootError> {
    let mut keys = settings.sealing.keys.clone();
    if keys.is_empty() {
        let path = settings.store.data_dir.join(FILE_NAME);
        let key = SealingKey::load_or_create(&path)
            .map_err(|error| BootError::part("the sealing key cannot be used", error))?;
        keys.push(key);
    }
    let sealer = AeadSealer::new(&keys)
        .map_err(|error| BootError::part("the sealing keys cannot be used", error))?;
    Ok(Arc::new(sealer))
}
