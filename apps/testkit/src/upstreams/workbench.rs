//! A test's handles on the tools of a running SDK server.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use rmcp::model::Tool;

use super::gate::Gate;

/// Handles that a test holds on the running tools.
#[derive(Clone, Debug)]
pub struct Workbench {
    /// What `slow` without `ms` waits at.
    pub slow_gate: Gate,
    slow_running: Arc<AtomicUsize>,
    slow_cancelled: Arc<AtomicUsize>,
    descriptions: Arc<Mutex<HashMap<String, Option<String>>>>,
}

impl Default for Workbench {
    fn default() -> Self {
        Self {
            slow_gate: Gate::new(),
            slow_running: Arc::default(),
            slow_cancelled: Arc::default(),
            descriptions: Arc::default(),
        }
    }
}

impl Workbench {
    /// How many calls of `slow` run now.
    pub fn slow_running(&self) -> usize {
        self.slow_running.load(Ordering::SeqCst)
    }

    /// How many calls of `slow` were cancelled or abandoned before their result.
    pub fn slow_cancelled(&self) -> usize {
        self.slow_cancelled.load(Ordering::SeqCst)
    }

    /// Changes a tool's description: its definition drifts from what was approved.
    pub fn redescribe(&self, tool: &str, description: &str) {
        self.descriptions.lock().insert(tool.to_owned(), Some(description.to_owned()));
    }

    /// Leaves a tool out of `tools/list` (it can still be called).
    pub fn hide(&self, tool: &str) {
        self.descriptions.lock().insert(tool.to_owned(), None);
    }

    /// Shows every definition as it was at the start.
    pub fn restore(&self) {
        self.descriptions.lock().clear();
    }

    /// The definitions as they are to be shown now.
    pub(super) fn shown(&self, mut tools: Vec<Tool>) -> Vec<Tool> {
        let descriptions = self.descriptions.lock();
        tools.retain(|tool| descriptions.get(tool.name.as_ref()) != Some(&None));
        for tool in &mut tools {
            if let Some(Some(description)) = descriptions.get(tool.name.as_ref()) {
                tool.description = Some(description.clone().into());
            }
        }
        tools
    }
}

/// Counts one call of `slow` while it lives, and as cancelled unless it finished.
pub(super) struct SlowCall<'a> {
    workbench: &'a Workbench,
    finished: bool,
}

impl<'a> SlowCall<'a> {
    /// One more runs.
    pub(super) fn begin(workbench: &'a Workbench) -> Self {
        workbench.slow_running.fetch_add(1, Ordering::SeqCst);
        Self { workbench, finished: false }
    }

    /// It has its result.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }
}

impl Drop for SlowCall<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.workbench.slow_cancelled.fetch_add(1, Ordering::SeqCst);
        }
        self.workbench.slow_running.fetch_sub(1, Ordering::SeqCst);
    }
}
