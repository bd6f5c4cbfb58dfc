//! A file that grows through a long run, and that a later run can go on with.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Destination, OutputError};

/// A file that grows under a name of its own beside its place, and is put there by `commit`.
///
/// Dropped before that, it stays: what a checkpoint made last can be gone on with.
pub struct GrowingFile {
    place: PathBuf,
    partial: PathBuf,
    stream: BufWriter<File>,
    length: u64,
}

impl GrowingFile {
    /// The name under which the file at `place` grows; its ending tells what it holds.
    pub fn partial_path(place: &Path, ending: &str) -> PathBuf {
        let mut name = place.as_os_str().to_owned();
        name.push(format!(".partial.{ending}"));
        name.into()
    }

    /// Begins the file, or goes on with it where `length` bytes of it are to be kept.
    ///
    /// # Errors
    /// [`OutputError::File`] where it cannot be written, [`OutputError::Shorter`] where less is there than is to
    /// be kept.
    pub fn open(place: &Path, ending: &str, length: u64) -> Result<Self, OutputError> {
        let partial = Self::partial_path(place, ending);
        let named = |source| OutputError::File {
            path: partial.display().to_string(),
            source,
        };
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(length == 0)
            .truncate(false)
            .open(&partial)
            .map_err(|source| match length {
                0 => explain(source, place),
                _ => source,
            })
            .map_err(named)?;
        let found = file.metadata().map_err(named)?.len();
        if found < length {
            return Err(OutputError::Shorter {
                path: partial.display().to_string(),
                found,
                expected: length,
            });
        }
        // What was written after the last checkpoint is written again.
        file.set_len(length).map_err(named)?;
        file.seek(SeekFrom::End(0)).map_err(named)?;
        if length == 0 {
            sync_folder_of(&partial);
        }
        Ok(Self {
            place: place.to_owned(),
            partial,
            stream: BufWriter::with_capacity(1 << 16, file),
            length,
        })
    }

    /// How many bytes have been written.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Removes the file: nothing in it was wanted.
    ///
    /// # Errors
    /// [`OutputError::File`].
    pub fn discard(self) -> Result<(), OutputError> {
        std::fs::remove_file(&self.partial).map_err(|source| self.named(source))
    }

    fn named(&self, source: std::io::Error) -> OutputError {
        OutputError::File {
            path: self.partial.display().to_string(),
            source,
        }
    }
}

/// A missing folder is what "no such file" means where a file is to be created.
pub(crate) fn explain(source: std::io::Error, place: &Path) -> std::io::Error {
    match place.parent() {
        Some(folder) if source.kind() == std::io::ErrorKind::NotFound && !folder.as_os_str().is_empty() => {
            no_folder(folder)
        }
        _ => source,
    }
}

/// The error that a folder is not there.
pub(crate) fn no_folder(folder: &Path) -> std::io::Error {
    let reason = format!("there is no folder {}; create it first", folder.display());
    std::io::Error::new(std::io::ErrorKind::NotFound, reason)
}

/// The folder that a file is in: the working folder where its path names none.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes last that a file was created, renamed or removed: its folder says so, not the file.
pub(crate) fn sync_folder_of(path: &Path) {
    // Not every system lets a folder be opened; there it has to do without.
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}

impl Write for GrowingFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self
            .stream
            .write(bytes)
            .map_err(|source| std::io::Error::new(source.kind(), self.named(source)))?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream
            .flush()
            .map_err(|source| std::io::Error::new(source.kind(), self.named(source)))
    }
}

impl Destination for GrowingFile {
    fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.stream.flush().map_err(|source| self.named(source))?;
        self.stream
            .get_ref()
            .sync_data()
            .map_err(|source| self.named(source))?;
        Ok(self.length)
    }

    fn commit(mut self) -> Result<(), OutputError> {
        self.checkpoint()?;
        std::fs::rename(&self.partial, &self.place).map_err(|source| self.named(source))?;
        sync_folder_of(&self.place);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_checkpoint_made_last_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("out.jsonl");
        let mut file = GrowingFile::open(&place, "jsonl", 0).unwrap();
        file.write_all(b"kept").unwrap();
        assert_eq!(file.checkpoint().unwrap(), 4);
        file.write_all(b"lost").unwrap();
        drop(file);
        assert!(!place.exists());

        let mut file = GrowingFile::open(&place, "jsonl", 4).unwrap();
        file.write_all(b" and whole").unwrap();
        file.commit().unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"kept and whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_gone_or_shorter_than_it_was_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("out.jsonl");
        assert!(GrowingFile::open(&place, "jsonl", 4).is_err());
        std::fs::write(GrowingFile::partial_path(&place, "jsonl"), "ab").unwrap();
        assert!(matches!(
            GrowingFile::open(&place, "jsonl", 4),
            Err(OutputError::Shorter {
                found: 2,
                expected: 4,
                ..
            })
        ));
        let missing = GrowingFile::open(&folder.path().join("no/out.csv"), "csv", 0)
            .err()
            .unwrap();
        assert!(missing.to_string().contains("create it first"), "{missing}");
    }
}
