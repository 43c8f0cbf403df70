//! `export` and `import`: everything that lasts, in one file that either store writes and reads.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use registry_domain::archive::{ArchiveBatch, ArchiveFault, ArchiveReader, ArchiveWriter, Table};
use registry_domain::ports::{ArchiveSink, ArchiveSource, PortError};

use super::{Failure, print, tell};
use crate::boot::{self, Storage};
use crate::settings::Settings;

#[derive(Args)]
#[command(
    after_help = "The archive has everything that lasts: people, registrations with candidates, \
                        documents and links, servers with what is pinned and withheld, API keys (their \
                        digests), events, the audit trail, records of operations, chains and seals. It \
                        has no sessions and nothing sealed: people sign in again. It is for its owner's \
                        eyes: it holds addresses and what calls were about."
)]
pub(super) struct ExportArguments {
    /// The file to make, which must not be there yet; - for standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Args)]
#[command(
    after_help = "Either store reads what either wrote: with DATABASE_URL set to PostgreSQL, this \
                        moves an embedded store there. The store has to be empty and nobody may be \
                        serving from it. All of the archive is taken, or nothing; the checksum at its \
                        end is verified before."
)]
pub(super) struct ImportArguments {
    /// The archive; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Whether a file is standard input or output.
fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}

pub(super) async fn export(arguments: ExportArguments, settings: Settings) -> Result<(), Failure> {
    let file = arguments.file;
    if !is_standard(&file) && file.exists() {
        return Err(Failure::usage(&format!("{} is there already", file.display())));
    }
    let storage = boot::storage(&settings).await?;
    let done = if is_standard(&file) {
        written(&storage, io::stdout()).await
    } else {
        written_as_file(&storage, &file).await
    };
    storage.finish().await;
    done
}

/// The file gets its name once it is whole and on the disk.
async fn written_as_file(storage: &Storage, file: &Path) -> Result<(), Failure> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = file.with_file_name(name);
    let out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
    let out = out.map_err(|error| format!("{} cannot be written: {error}", part.display()))?;
    let kept = async {
        written(storage, out.try_clone()?).await?;
        out.sync_all()?;
        fs::rename(&part, file)?;
        Ok(())
    };
    let kept: Result<(), Failure> = kept.await;
    if kept.is_err() {
        // What is half written is of no use; if it cannot go either, its name says what it is.
        let _ = fs::remove_file(&part);
    }
    kept
}

async fn written(storage: &Storage, out: impl io::Write + Send + 'static) -> Result<(), Failure> {
    let archive = storage.archive();
    let writer = ArchiveWriter::new(BufWriter::new(out), &archive.schema()?)?;
    let sink = Told { inner: writer, progress: Progress::new("exported") };
    Ok(archive.export(Box::new(sink)).await.map_err(in_words)?)
}

pub(super) async fn import(arguments: ImportArguments, settings: Settings) -> Result<(), Failure> {
    let file = arguments.file;
    let input: Box<dyn io::BufRead + Send> = if is_standard(&file) {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let opened = File::open(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Box::new(BufReader::new(opened))
    };
    let storage = boot::storage(&settings).await?;
    let done = taken(&storage, input).await;
    storage.finish().await;
    done?;
    print(&format!("imported into {}", settings.store.database))?;
    Ok(())
}

async fn taken(storage: &Storage, input: Box<dyn io::BufRead + Send>) -> Result<(), Failure> {
    let archive = storage.archive();
    let reader = ArchiveReader::new(input, &archive.schema()?)?;
    let source = Told { inner: reader, progress: Progress::new("read") };
    Ok(archive.import(Box::new(source)).await.map_err(in_words)?)
}

/// What went wrong, as who called the program understands it.
fn in_words(error: PortError) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        PortError::AlreadyExists { key, .. } => {
            format!("the store is not empty: there are rows in {key}; nothing was imported").into()
        }
        PortError::Corrupt { source, .. } if source.is::<ArchiveFault>() => source,
        error => error.into(),
    }
}

/// Says on standard error how far it is: a line for each table.
struct Progress {
    done: &'static str,
    table: Option<&'static str>,
    rows: u64,
}

impl Progress {
    fn new(done: &'static str) -> Self {
        Self { done, table: None, rows: 0 }
    }

    fn at(&mut self, table: &'static Table, rows: u64) {
        if self.table != Some(table.name) {
            self.end();
            self.table = Some(table.name);
        }
        self.rows = self.rows.saturating_add(rows);
    }

    fn end(&mut self) {
        if let Some(table) = self.table.take() {
            tell(&format!("{} {table}: {} rows", self.done, self.rows));
        }
        self.rows = 0;
    }
}

/// An archive of whose progress is told.
struct Told<T> {
    inner: T,
    progress: Progress,
}

impl<T: ArchiveSink> ArchiveSink for Told<T> {
    fn row(&mut self, table: &'static Table, stored: &str) -> Result<(), ArchiveFault> {
        self.progress.at(table, 1);
        self.inner.row(table, stored)
    }

    fn finish(&mut self) -> Result<(), ArchiveFault> {
        self.progress.end();
        self.inner.finish()
    }
}

impl<T: ArchiveSource> ArchiveSource for Told<T> {
    fn next(&mut self) -> Result<Option<ArchiveBatch>, ArchiveFault> {
        let next = self.inner.next()?;
        match &next {
            Some(batch) => self.progress.at(batch.table, batch.count),
            None => self.progress.end(),
        }
        Ok(next)
    }
}
