//! The journal of a run: what a later run needs to go on where this one stopped.
//!
//! It is a file of JSON lines that only grows: first what the run is, then, as it goes, each input that has been
//! read and each checkpoint. A checkpoint says how much of the output was safely on disk when it was written. A
//! line that was cut off by a crash, and inputs after the last checkpoint, count for nothing.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CorpusError, InputDone, Tally};
use crate::output::{explain, sync_folder_of, OutputError};

/// Where a run was when everything before was safely written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Blocks that are done.
    pub(super) blocks: u64,
    /// Of all that was read in them.
    pub(super) digest: String,
    pub(super) lengths: Lengths,
    pub(super) tally: Tally,
    pub(super) took: Took,
    /// True where nothing is left to classify.
    pub(super) is_complete: bool,
}

/// How long the files of a run are, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lengths {
    pub(super) records: u64,
    pub(super) rejects: u64,
    pub(super) summary: u64,
}

/// How long a run has taken, those before it included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Took {
    pub(super) seconds: f64,
    /// Of all worker threads together.
    pub(super) network_seconds: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Run {
        started: String,
        identity: Map<String, Value>,
    },
    Input(InputDone),
    Checkpoint(Box<Checkpoint>),
}

/// The journal of the run that writes to `output`.
pub(super) struct Journal {
    path: PathBuf,
    /// Locked while the run goes on: two runs cannot write to one output.
    file: File,
    started: String,
    /// Inputs that have been written of since the last checkpoint.
    waiting: Vec<u8>,
}

/// What a journal tells of an unfinished run.
pub(super) struct Unfinished {
    pub(super) journal: Journal,
    /// `None` where it stopped before the first.
    pub(super) checkpoint: Option<Checkpoint>,
}

impl Journal {
    pub(super) fn path_for(output: &Path) -> PathBuf {
        let mut name = output.as_os_str().to_owned();
        name.push(".progress.jsonl");
        name.into()
    }

    /// Begins the journal of a new run.
    pub(super) fn create(
        output: &Path,
        started: String,
        identity: Map<String, Value>,
    ) -> Result<Self, CorpusError> {
        let path = Self::path_for(output);
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|source| unwritable(output, explain(source, output)))?;
        let mut journal = Self::locked(path, file, started.clone())?;
        journal.file.set_len(0).map_err(|source| journal.error(source))?;
        journal.append(&Line::Run { started, identity })?;
        journal.flush()?;
        sync_folder_of(&journal.path);
        Ok(journal)
    }

    /// Opens the journal of an unfinished run, to go on with it; `None` where there is none.
    ///
    /// # Errors
    /// [`CorpusError::OtherRun`] where that run was another one.
    pub(super) fn resume(
        output: &Path,
        identity: &Map<String, Value>,
    ) -> Result<Option<Unfinished>, CorpusError> {
        let path = Self::path_for(output);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(unwritable(&path, source)),
        };
        let mut journal = Self::locked(path, file, String::new())?;
        let (mut length, mut kept) = (0, 0);
        let mut checkpoint = None;
        let mut lines = BufReader::new(&journal.file);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = lines.read_until(b'\n', &mut bytes);
            length += read.map_err(|source| unwritable(&journal.path, source))? as u64;
            let Some(line) = bytes.strip_suffix(b"\n") else {
                break;
            };
            match serde_json::from_slice(line) {
                Ok(Line::Run {
                    started,
                    identity: found,
                }) => {
                    refuse_another(&found, identity)?;
                    journal.started = started;
                    kept = length;
                }
                Ok(Line::Checkpoint(found)) => {
                    checkpoint = Some(*found);
                    kept = length;
                }
                Ok(Line::Input(_)) => {}
                Err(_) => break,
            }
        }
        // Not even its first line was written.
        if kept == 0 {
            return Ok(None);
        }
        let cut = journal
            .file
            .set_len(kept)
            .and_then(|()| journal.file.seek(SeekFrom::End(0)));
        cut.map_err(|source| journal.error(source))?;
        Ok(Some(Unfinished { journal, checkpoint }))
    }

    fn locked(path: PathBuf, file: File, started: String) -> Result<Self, CorpusError> {
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(CorpusError::Running {
                    journal: path.display().to_string(),
                })
            }
            // Some network file systems have no locks; a run must be possible there all the same.
            Err(std::fs::TryLockError::Error(_)) => {}
        }
        Ok(Self {
            path,
            file,
            started,
            waiting: Vec::new(),
        })
    }

    /// When the first of its runs began, as RFC 3339 has it.
    pub(super) fn started(&self) -> &str {
        &self.started
    }

    /// An input has been read to its end.
    pub(super) fn input(&mut self, input: InputDone) -> Result<(), CorpusError> {
        self.append(&Line::Input(input))
    }

    /// All that the checkpoint speaks of is safely written.
    pub(super) fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), CorpusError> {
        self.append(&Line::Checkpoint(Box::new(checkpoint)))?;
        self.flush()
    }

    /// The inputs that have been read, in order.
    pub(super) fn inputs(&self) -> Result<impl Iterator<Item = InputDone>, CorpusError> {
        let file = File::open(&self.path).map_err(|source| self.error(source))?;
        let lines = BufReader::new(file).lines().map_while(Result::ok);
        Ok(lines.filter_map(|line| match serde_json::from_str(&line) {
            Ok(Line::Input(input)) => Some(input),
            _ => None,
        }))
    }

    /// The run is over, and all it was for is in its place.
    pub(super) fn remove(self) -> Result<(), CorpusError> {
        std::fs::remove_file(&self.path).map_err(|source| self.error(source))
    }

    fn append(&mut self, line: &Line) -> Result<(), CorpusError> {
        serde_json::to_writer(&mut self.waiting, line).map_err(|error| self.error(error.into()))?;
        self.waiting.push(b'\n');
        Ok(())
    }

    fn flush(&mut self) -> Result<(), CorpusError> {
        let written = self
            .file
            .write_all(&self.waiting)
            .and_then(|()| self.file.sync_data());
        written.map_err(|source| self.error(source))?;
        self.waiting.clear();
        Ok(())
    }

    fn error(&self, source: std::io::Error) -> CorpusError {
        unwritable(&self.path, source)
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> CorpusError {
    CorpusError::Output(OutputError::File {
        path: path.display().to_string(),
        source,
    })
}

/// A run can only be gone on with by the same command.
pub(super) fn refuse_another(
    found: &Map<String, Value>,
    wanted: &Map<String, Value>,
) -> Result<(), CorpusError> {
    let differing = found
        .keys()
        .chain(wanted.keys())
        .find(|key| found.get(*key) != wanted.get(*key));
    let Some(key) = differing else { return Ok(()) };
    let value = |map: &Map<String, Value>| map.get(key).map_or("not set".to_owned(), Value::to_string);
    Err(CorpusError::OtherRun {
        what: key.replace('_', " "),
        was: value(found),
        is: value(wanted),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn identity(precision: &str) -> Map<String, Value> {
        json!({"precision": precision}).as_object().unwrap().clone()
    }

    fn checkpoint(blocks: u64) -> Checkpoint {
        Checkpoint {
            blocks,
            digest: String::new(),
            lengths: Lengths::default(),
            tally: Tally::default(),
            took: Took::default(),
            is_complete: false,
        }
    }

    fn input(path: &str) -> InputDone {
        InputDone {
            path: path.to_owned(),
            digest: None,
            entries: 1,
            windows_1252_rows: 0,
            left_alone: Default::default(),
        }
    }

    #[test]
    fn what_stands_after_the_last_checkpoint_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.jsonl");
        assert!(Journal::resume(&output, &identity("int8")).unwrap().is_none());
        let mut journal =
            Journal::create(&output, "2026-01-01T00:00:00Z".to_owned(), identity("int8")).unwrap();
        journal.input(input("a.txt")).unwrap();
        journal.checkpoint(checkpoint(1)).unwrap();
        journal.input(input("b.txt")).unwrap();
        journal.flush().unwrap();
        journal.file.write_all(b"{\"checkpoint\": {\"blo").unwrap();
        drop(journal);

        let found = Journal::resume(&output, &identity("int8")).unwrap().unwrap();
        assert_eq!(found.checkpoint.unwrap().blocks, 1);
        assert_eq!(found.journal.started(), "2026-01-01T00:00:00Z");
        let inputs: Vec<String> = found.journal.inputs().unwrap().map(|input| input.path).collect();
        assert_eq!(inputs, ["a.txt"]);
    }

    #[test]
    fn another_run_and_a_running_one_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.jsonl");
        let journal = Journal::create(&output, String::new(), identity("int8")).unwrap();
        assert!(matches!(
            Journal::resume(&output, &identity("int8")),
            Err(CorpusError::Running { .. })
        ));
        drop(journal);
        let error = Journal::resume(&output, &identity("f32"))
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("precision was \"int8\", is \"f32\""), "{error}");
    }

    #[test]
    fn a_journal_that_was_never_begun_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.jsonl");
        std::fs::write(Journal::path_for(&output), "{\"run\": {\"star").unwrap();
        assert!(Journal::resume(&output, &identity("int8")).unwrap().is_none());
    }
}
