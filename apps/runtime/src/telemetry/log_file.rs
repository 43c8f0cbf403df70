//! The log file: when it is as large as it may be, it is kept under another name and a new one is
//! begun. Several processes may write to the same one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use tracing_subscriber::fmt::MakeWriter;

/// How large a log file may be, and how many old ones are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The most bytes of a file; none: without end.
    pub(super) bytes: Option<u64>,
    /// How many files are kept besides the one that is written.
    pub(super) backups: u32,
}

/// A log file.
pub(super) struct LogFile {
    path: PathBuf,
    bounds: Bounds,
    open: Mutex<Open>,
}

struct Open {
    file: File,
    /// How large the file is, by what was found when it was opened and written since.
    bytes: u64,
}

impl LogFile {
    /// Opens the file, or makes it with its folder.
    ///
    /// # Errors
    /// The system's own.
    pub(super) fn open(path: &Path, bounds: Bounds) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let open = Mutex::new(Open::at(path)?);
        Ok(Self { path: path.to_owned(), bounds, open })
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock();
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let is_full = |most: u64| open.bytes > 0 && open.bytes.saturating_add(length) > most;
        if self.bounds.bytes.is_some_and(is_full) {
            match self.begin_anew(&open.file) {
                Ok(begun) => *open = begun,
                Err(error) => {
                    // The lines go on into the file that there is; it is tried again once as much
                    // was written as fits into one. The log is what failed: this is for stderr.
                    open.bytes = 0;
                    let path = self.path.display();
                    let _ = writeln!(io::stderr(), "{path} cannot be begun anew: {error}");
                }
            }
        }
        open.bytes = open.bytes.saturating_add(length);
        open.file.write_all(line)
    }

    /// Keeps the full file as the newest of the old ones and begins another. Another process may
    /// have done that just before: then its file is gone on with.
    fn begin_anew(&self, full: &File) -> io::Result<Open> {
        full.lock()?;
        let done = self.rotate(full);
        full.unlock()?;
        done
    }

    fn rotate(&self, full: &File) -> io::Result<Open> {
        let is_still_there = match fs::metadata(&self.path) {
            Ok(there) => there.ino() == full.metadata()?.ino(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if is_still_there {
            for number in (1..self.bounds.backups).rev() {
                moved(&self.old(number), &self.old(number.saturating_add(1)))?;
            }
            if self.bounds.backups == 0 {
                fs::remove_file(&self.path)?;
            } else {
                moved(&self.path, &self.old(1))?;
            }
        }
        Open::at(&self.path)
    }

    /// The name of an old file: 1 is the newest.
    fn old(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }
}

/// Gives a file another name, if it is there.
fn moved(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A line's writer: what it is given at once stays together.
pub(super) struct Line<'a>(&'a LogFile);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn log(&self) -> PathBuf {
            self.0.join("logs/app.log")
        }

        fn files(&self) -> Vec<(String, String)> {
            let mut files: Vec<_> = fs::read_dir(self.0.join("logs"))
                .unwrap()
                .map(|entry| {
                    let entry = entry.unwrap();
                    let text = fs::read_to_string(entry.path()).unwrap();
                    (entry.file_name().into_string().unwrap(), text)
                })
                .collect();
            files.sort();
            files
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn named(files: &[(&str, &str)]) -> Vec<(String, String)> {
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn write(log: &LogFile, lines: &[&str]) {
        for line in lines {
            log.make_writer().write_all(line.as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_full_file_is_kept_and_the_oldest_goes() {
        let folder = Folder::new("log-file-full");
        let bounds = Bounds { bytes: Some(4), backups: 2 };
        let log = LogFile::open(&folder.log(), bounds).unwrap();
        write(&log, &["a\n", "b\n", "c\n", "d\n", "too long\n", "e\n"]);
        let expected = [("app.log", "e\n"), ("app.log.1", "too long\n"), ("app.log.2", "c\nd\n")];
        assert_eq!(folder.files(), named(&expected));
        // What was there before counts.
        drop(log);
        write(&LogFile::open(&folder.log(), bounds).unwrap(), &["f\n", "g\n"]);
        let expected = [("app.log", "g\n"), ("app.log.1", "e\nf\n"), ("app.log.2", "too long\n")];
        assert_eq!(folder.files(), named(&expected));
    }

    #[test]
    fn without_old_files_it_begins_anew_and_without_a_bound_never() {
        let folder = Folder::new("log-file-none");
        let none = Bounds { bytes: Some(4), backups: 0 };
        write(&LogFile::open(&folder.log(), none).unwrap(), &["a\n", "b\n", "c\n"]);
        assert_eq!(folder.files(), named(&[("app.log", "c\n")]));
        let endless = Bounds { bytes: None, backups: 5 };
        write(&LogFile::open(&folder.log(), endless).unwrap(), &["dddddddddd\n", "e\n"]);
        assert_eq!(folder.files(), named(&[("app.log", "c\ndddddddddd\ne\n")]));
    }

    #[test]
    fn of_two_who_write_one_file_each_finds_what_the_other_began() {
        let folder = Folder::new("log-file-two");
        let bounds = Bounds { bytes: Some(4), backups: 9 };
        let one = LogFile::open(&folder.log(), bounds).unwrap();
        let other = LogFile::open(&folder.log(), bounds).unwrap();
        write(&one, &["a\n", "b\n"]);
        write(&other, &["c\n", "d\n"]);
        write(&one, &["e\n"]);
        // The other still counted: its file was full for it, too. No line is lost, none is twice.
        write(&other, &["f\n"]);
        let all: String = folder.files().into_iter().rev().map(|(_, text)| text).collect();
        let mut lines: Vec<&str> = all.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["a", "b", "c", "d", "e", "f"]);
    }

    #[test]
    fn lines_are_kept_where_no_file_can_be_begun() {
        let folder = Folder::new("log-file-stuck");
        let log = LogFile::open(&folder.log(), Bounds { bytes: Some(4), backups: 1 }).unwrap();
        fs::create_dir_all(folder.0.join("logs/app.log.1/full")).unwrap();
        write(&log, &["a\n", "b\n", "c\n"]);
        assert_eq!(fs::read_to_string(folder.log()).unwrap(), "a\nb\nc\n");
    }
}
