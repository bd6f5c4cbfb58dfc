//! Models from the Hugging Face Hub or a mirror, by way of the cache that Python's libraries share.
//!
//! ```text
//! HubModel (org/name@revision) ──► Hub (settings) ──► remote (what is there) ──► download ──► cache: Snapshot
//! ```
//!
//! What is in the cache for a commit is never asked for again. Files are checked: size, and SHA-256 of those whose name in the
//! cache it is, as weights have it.

mod cache;
mod download;
mod error;
mod name;
mod remote;
mod settings;

use std::path::PathBuf;
use std::time::Duration;

use super::FILES;
use cache::Entry;
use remote::Remote;

pub use cache::{CachedModel, Removed};
pub use error::HubError;
pub use name::{HubModel, ModelSource, NotAModel};
pub use settings::Hub;

/// A model's files in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub folder: PathBuf,
    /// Forty hexadecimal digits.
    pub commit: String,
}

/// Something that the person who waits may want to know.
#[derive(Debug)]
pub enum HubEvent<'a> {
    /// So much of a file is here.
    Progress { file: &'a str, bytes: u64, size: u64 },
    /// A file is here, whole and checked.
    Downloaded { file: &'a str },
    /// It is tried again, after a while.
    Retrying { why: &'a HubError, wait: Duration },
    /// A file in the cache is not what it should be; it is downloaded again.
    Damaged { file: &'a str },
    /// Nobody answers; what the cache has of the revision is used.
    Unreachable { why: &'a HubError, commit: &'a str },
}

impl Hub {
    /// A model's files, downloaded where the cache lacks them.
    ///
    /// # Errors
    /// [`HubError`]: the model or a file of it is not there or not for us, nobody answers and the cache does not have it, a
    /// file is not what it should be.
    pub fn snapshot(
        &self,
        model: &HubModel,
        watch: &mut dyn FnMut(HubEvent<'_>),
    ) -> Result<Snapshot, HubError> {
        let entry = Entry::new(self, model);
        let cached = entry.commit();
        if self.is_offline {
            return self.cached(model, &entry);
        }
        // A commit does not change: what is here of it is right.
        if let Some(commit) = cached.as_deref().filter(|_| model.is_commit()) {
            if entry.missing(commit).is_empty() && entry.damaged(commit)?.is_empty() {
                return Ok(entry.snapshot(commit));
            }
        }
        let remote = Remote::new(self)?;
        let whole = cached.filter(|commit| entry.missing(commit).is_empty());
        let commit = match remote.commit(model, whole.is_some(), watch) {
            Ok(commit) => commit,
            Err(why) if why.is_silence() => {
                let Some(commit) = whole else {
                    return Err(why);
                };
                self.check(model, &entry, &commit)?;
                watch(HubEvent::Unreachable {
                    why: &why,
                    commit: &commit,
                });
                return Ok(entry.snapshot(&commit));
            }
            Err(error) => return Err(error),
        };
        let damaged = entry.damaged(&commit)?;
        for file in FILES {
            if damaged.contains(&file) {
                watch(HubEvent::Damaged { file });
            } else if entry.has(&commit, file) {
                continue;
            }
            download::fetch(&remote, &entry, model, &commit, file, watch)?;
        }
        entry.note_revision(&commit)?;
        Ok(entry.snapshot(&commit))
    }

    /// What the cache has, or an error that says what it lacks.
    fn cached(&self, model: &HubModel, entry: &Entry) -> Result<Snapshot, HubError> {
        let missing = |files: Vec<&'static str>| HubError::NotCached {
            model: model.to_string(),
            files: files.join(", "),
            cache: self.cache.clone(),
        };
        let commit = entry.commit().ok_or_else(|| missing(FILES.to_vec()))?;
        match entry.missing(&commit) {
            files if files.is_empty() => {
                self.check(model, entry, &commit)?;
                Ok(entry.snapshot(&commit))
            }
            files => Err(missing(files)),
        }
    }

    fn check(&self, model: &HubModel, entry: &Entry, commit: &str) -> Result<(), HubError> {
        match entry.damaged(commit)?.first() {
            None => Ok(()),
            Some(file) => Err(HubError::Damaged {
                model: model.to_string(),
                file,
            }),
        }
    }
}
