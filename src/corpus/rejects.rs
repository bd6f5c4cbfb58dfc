//! The records that could not be used, as a file: where each stood, why, and what it was.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::article::Rejected;
use crate::output::{Destination, GrowingFile, OutputError};

/// Writes one JSON object a line: `place` (file, or part of an archive), `line` (line, row or record there, from 1),
/// `reason`, and `record`, what stood there or its beginning.
///
/// A run without rejects leaves no such file.
pub(super) struct RejectsFile {
    path: PathBuf,
    file: GrowingFile,
}

impl RejectsFile {
    pub(super) fn open(path: &Path, length: u64) -> Result<Self, OutputError> {
        Ok(Self {
            path: path.to_owned(),
            file: GrowingFile::open(path, "jsonl", length)?,
        })
    }

    pub(super) fn write(&mut self, rejected: &Rejected) -> Result<(), OutputError> {
        let row = json!({
            "place": rejected.place,
            "line": rejected.number,
            "reason": rejected.reason.to_string(),
            "record": rejected.record,
        });
        serde_json::to_writer(&mut self.file, &row).map_err(std::io::Error::from)?;
        Ok(self.file.write_all(b"\n")?)
    }

    pub(super) fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.file.checkpoint()
    }

    pub(super) fn discard(self) -> Result<(), OutputError> {
        self.file.discard()
    }

    /// Puts the file in its place; returns where that is, unless it is empty.
    pub(super) fn commit(self) -> Result<Option<PathBuf>, OutputError> {
        if self.file.length() > 0 {
            self.file.commit()?;
            return Ok(Some(self.path));
        }
        // Rejects of an earlier run to this output would be taken for this one's.
        let stale = std::fs::remove_file(&self.path);
        match stale {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(OutputError::File {
                path: self.path.display().to_string(),
                source,
            }),
            _ => self.file.discard().map(|()| None),
        }
    }
}
