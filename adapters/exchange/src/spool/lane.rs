//! A file that some of the process's threads append to. Threads with lanes of their own never wait
//! for each other: the kernel lets one thread at a time append to a file.

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arc_swap::ArcSwap;

use super::segment::Segment;

thread_local! {
    /// Threads take their numbers when they first append.
    static OWN: Cell<Option<usize>> = const { Cell::new(None) };
}
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Which of `lanes` is the calling thread's.
pub(super) fn of_thread(lanes: &[Lane]) -> Option<&Lane> {
    let number = OWN.get().unwrap_or_else(|| {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        OWN.set(Some(number));
        number
    });
    lanes.get(number.checked_rem(lanes.len())?)
}

/// The file that is appended to now, and how that went.
#[derive(Debug)]
pub(super) struct Lane {
    current: ArcSwap<Segment>,
    /// The last append failed.
    broken: AtomicBool,
}

impl Lane {
    /// Begins a file in the folder.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let current = ArcSwap::from_pointee(Segment::create(folder)?);
        Ok(Self { current, broken: AtomicBool::new(false) })
    }

    /// Where is appended to now.
    pub(super) fn path(&self) -> PathBuf {
        self.current.load().path.clone()
    }

    /// Whether the last append failed.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Appends a line and answers how many bytes that were.
    pub(super) fn append(&self, line: &mut Vec<u8>) -> io::Result<usize> {
        if self.is_broken() {
            // The append that failed may have left half a line, which must not swallow this one.
            line.insert(0, b'\n');
        }
        self.current.load().append(line)?;
        self.broken.store(false, Ordering::Relaxed);
        Ok(line.len())
    }

    /// Notes that an append failed; answers whether the one before had, too.
    pub(super) fn breaks(&self) -> bool {
        self.broken.swap(true, Ordering::Relaxed)
    }

    /// Begins a new file if the old one has records, or does not work, or is gone; answers the old
    /// one if it is gone. `stuck`: beginning one failed before.
    pub(super) fn rotate(&self, folder: &Path, stuck: bool) -> io::Result<Option<Arc<Segment>>> {
        let current = self.current.load();
        let is_gone = current.is_gone();
        if !is_gone && !stuck && !self.is_broken() && current.is_empty() {
            return Ok(None);
        }
        let (path, bytes) = (current.path.display(), current.len());
        if is_gone && !stuck {
            tracing::error!(%path, bytes, "the spool's file is gone from its folder; a new one is made");
        }
        let next = Segment::create(folder)?;
        drop(current);
        // Whoever is appending to the old file right now keeps its lock until they are done: then
        // the file is copied by the next drain instead of this one.
        let old = self.current.swap(Arc::new(next));
        self.broken.store(false, Ordering::Relaxed);
        Ok(is_gone.then_some(old))
    }
}

#[cfg(test)]
impl Lane {
    /// From here on the disk takes nothing, until a new file is begun.
    pub(super) fn fills_up(&self) {
        self.current.store(Arc::new(Segment::on_full_disk()));
    }
}
