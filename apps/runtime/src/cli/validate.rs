//! `validate`: whether the settings are good.

use std::process::ExitCode;

use super::{fail, print, refuse};
use crate::settings::Loaded;

pub(super) fn run(loaded: &Loaded) -> ExitCode {
    if loaded.problems.is_empty() {
        print("the settings are good").map_or_else(|error| fail(&error), |()| ExitCode::SUCCESS)
    } else {
        refuse(&loaded.problems)
    }
}
