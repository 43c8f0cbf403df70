//! `validate`: whether the settings are good.

use std::process::ExitCode;

use super::{print, refuse};
use crate::settings::Loaded;

pub(super) fn run(loaded: &Loaded) -> ExitCode {
    if loaded.problems.is_empty() {
        print("the settings are good");
        ExitCode::SUCCESS
    } else {
        refuse(&loaded.problems)
    }
}
