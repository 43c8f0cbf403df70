//! `config`: every setting, its value, and where that came from. Secrets are masked, and there is
//! no way to print them.

use std::process::ExitCode;

use super::{fail, print, refuse};
use crate::settings::Loaded;

pub(super) fn run(loaded: &Loaded) -> ExitCode {
    let width = loaded.shown.iter().map(|shown| shown.name.len()).max().unwrap_or(0);
    for shown in &loaded.shown {
        let by = shown.set_by.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
        let line = format!("{:width$}  {}  ({}{by})", shown.name, shown.value, shown.origin);
        if let Err(error) = print(&line) {
            return fail(&error);
        }
    }
    if loaded.problems.is_empty() { ExitCode::SUCCESS } else { refuse(&loaded.problems) }
}
