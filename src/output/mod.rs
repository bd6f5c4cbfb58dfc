//! Predictions → records → JSONL, CSV, Parquet, Arrow or a terminal.

mod arrow;
mod columns;
mod file;
mod format;
mod growing;
mod parquet;
mod record;
mod spooled;
mod terminal;
mod writers;

pub(crate) use file::remove_leftovers;
pub use file::{Destination, OutputFile};
pub use format::{OutputFormat, UnknownFormat};
pub use growing::GrowingFile;
pub(crate) use growing::{explain, folder_of, no_folder, sync_folder_of};
pub use record::{Record, Source};
pub use spooled::SpooledWriter;
pub(crate) use terminal::printable;
pub use terminal::{TerminalView, ViewOrder};
pub(crate) use writers::{csv_text, into_io, write_csv};
pub use writers::{CsvWriter, JsonlWriter, RecordWriter};

/// A number of things: `1 statement`, `2 statements`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Why results cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("{path}: cannot be written: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path}: has {found} bytes, but {expected} were written to it; the unfinished run cannot be gone on with")]
    Shorter { path: String, found: u64, expected: u64 },
    #[error("the columns cannot be written: {0}")]
    Columns(String),
    #[error(transparent)]
    Stream(#[from] std::io::Error),
}

impl OutputError {
    /// True where the reader of a pipe has gone, which is no error.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Stream(source) if source.kind() == std::io::ErrorKind::BrokenPipe)
    }
}
