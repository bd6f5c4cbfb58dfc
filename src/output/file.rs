//! Where results go: a stream, a file that appears only when it is whole, or one that grows through a long run.

use std::fs::File;
use std::io::{BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::growing::{folder_of, no_folder, sync_folder_of};
use super::OutputError;

/// A stream that is told when everything has been written to it.
pub trait Destination: Write {
    /// Makes last what has been written so far; returns its length in bytes.
    ///
    /// # Errors
    /// The stream's.
    fn checkpoint(&mut self) -> Result<u64, OutputError>;

    /// Everything is written: make it last.
    ///
    /// # Errors
    /// Where the last bytes cannot be written.
    fn commit(self) -> Result<(), OutputError>;
}

impl Destination for BufWriter<Stdout> {
    fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.flush()?;
        // Nobody goes on from what a pipe has swallowed.
        Ok(0)
    }

    fn commit(mut self) -> Result<(), OutputError> {
        Ok(self.flush()?)
    }
}

#[cfg(test)]
impl Destination for &mut Vec<u8> {
    fn checkpoint(&mut self) -> Result<u64, OutputError> {
        Ok(self.len() as u64)
    }

    fn commit(self) -> Result<(), OutputError> {
        Ok(())
    }
}

const PARTIAL_SUFFIX: &str = ".partial";

/// A file written beside its place under a temporary name, and put there by `commit`.
///
/// Dropped before that, it leaves nothing behind, and a file that stood there before is untouched.
pub struct OutputFile {
    path: PathBuf,
    stream: Stream,
}

enum Stream {
    /// To be renamed when it is whole.
    Partial(BufWriter<NamedTempFile>),
    /// A device or a named pipe: there is nothing to rename.
    Direct(BufWriter<File>),
}

impl OutputFile {
    /// Begins a file, in a folder that must exist.
    ///
    /// # Errors
    /// [`OutputError::File`] where nothing can be written there.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let error = |source| OutputError::File {
            path: path.display().to_string(),
            source,
        };
        // Through a link, so that what it points to is replaced and not the link.
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => return Err(error(std::io::ErrorKind::IsADirectory.into())),
            Ok(metadata) if !metadata.is_file() => {
                let device = File::options().write(true).open(path).map_err(error)?;
                return Ok(Self {
                    path: path.to_owned(),
                    stream: Stream::Direct(BufWriter::new(device)),
                });
            }
            _ => {}
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(error(no_folder(folder)));
        }
        let mut builder = tempfile::Builder::new();
        let prefix = partial_prefix(path);
        builder.prefix(&prefix).suffix(PARTIAL_SUFFIX);
        // A temporary file is private by default; a result is as readable as any file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Ok(Self {
            path: path.to_owned(),
            stream: Stream::Partial(BufWriter::new(builder.tempfile_in(folder).map_err(error)?)),
        })
    }
}

/// Removes what processes left of a file that they were killed while writing.
///
/// Only for whoever is known to be the only writer of that file: another's work in progress would go, too.
///
/// # Errors
/// [`OutputError::File`] where the folder cannot be read or a leftover stays.
pub(crate) fn remove_leftovers(path: &Path) -> Result<(), OutputError> {
    let error = |source| OutputError::File {
        path: path.display().to_string(),
        source,
    };
    let prefix = partial_prefix(path);
    for entry in std::fs::read_dir(folder_of(path)).map_err(error)? {
        let entry = entry.map_err(error)?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(&prefix) && name.to_string_lossy().ends_with(PARTIAL_SUFFIX) {
            std::fs::remove_file(entry.path()).map_err(error)?;
        }
    }
    Ok(())
}

/// How the temporary names of a file begin; random characters and [`PARTIAL_SUFFIX`] follow.
fn partial_prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(".{name}.")
}

impl Destination for OutputFile {
    fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.flush()?;
        Ok(0)
    }

    fn commit(self) -> Result<(), OutputError> {
        let error = |source| OutputError::File {
            path: self.path.display().to_string(),
            source,
        };
        let partial = match self.stream {
            Stream::Partial(partial) => partial,
            Stream::Direct(mut device) => return device.flush().map_err(error),
        };
        let partial = partial
            .into_inner()
            .map_err(|failed| error(failed.into_error()))?;
        partial.as_file().sync_all().map_err(error)?;
        let _: File = partial
            .persist(&self.path)
            .map_err(|failed| error(failed.error))?;
        sync_folder_of(&self.path);
        Ok(())
    }
}

impl OutputFile {
    fn stream(&mut self) -> &mut dyn Write {
        match &mut self.stream {
            Stream::Partial(partial) => partial,
            Stream::Direct(device) => device,
        }
    }

    /// A full disk should say which disk: the error names the file.
    fn named<T>(&self, result: std::io::Result<T>) -> std::io::Result<T> {
        result.map_err(|error| {
            std::io::Error::new(
                error.kind(),
                format!("{}: cannot be written: {error}", self.path.display()),
            )
        })
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let result = self.stream().write(bytes);
        self.named(result)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let result = self.stream().flush();
        self.named(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_leftovers_of_the_file_itself_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            ".a.json.Xy1.partial",
            ".b.json.Xy1.partial",
            "a.json",
            ".a.json.kept",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        remove_leftovers(&folder.path().join("a.json")).unwrap();
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut left: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".a.json.kept", ".b.json.Xy1.partial", "a.json"]);
    }

    #[test]
    fn nothing_appears_before_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        std::fs::write(&path, "old").unwrap();
        let mut dropped = OutputFile::create(&path).unwrap();
        dropped.write_all(b"half").unwrap();
        drop(dropped);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");

        let mut kept = OutputFile::create(&path).unwrap();
        kept.write_all(b"new").unwrap();
        kept.commit().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target.csv"), folder.path().join("link.csv"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut file = OutputFile::create(&link).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "new");

        let mut device = OutputFile::create(Path::new("/dev/null")).unwrap();
        device.write_all(b"nothing").unwrap();
        device.commit().unwrap();
        assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    }

    #[test]
    fn an_unwritable_place_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("missing/out.csv"), folder.path().to_owned()] {
            let error = OutputFile::create(&path).err().unwrap();
            assert!(
                error.to_string().starts_with(&path.display().to_string()),
                "{error}"
            );
        }
    }
}
