//! The cache that Python's libraries share: blobs by content, snapshots by commit, revisions by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use hf_hub::{Cache, CacheRepo, Repo, RepoType};

use super::name::is_commit;
use super::{Hub, HubError, HubModel, Snapshot};
use crate::input::digest_of;
use crate::model::FILES;

/// A model's place in the cache, at a revision.
pub(super) struct Entry {
    revision: String,
    folder: PathBuf,
    locks: PathBuf,
    layout: CacheRepo,
}

/// A snapshot of a model in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedModel {
    pub repository: String,
    pub commit: String,
    /// The branches and tags that were this commit when they were last asked for.
    pub revisions: Vec<String>,
    /// Bytes of its files.
    pub size: u64,
    /// Files of a model that it lacks.
    pub missing: Vec<&'static str>,
    pub folder: PathBuf,
}

/// What was removed from the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    pub snapshots: usize,
    pub bytes: u64,
}

/// Begins the name of a model's folder in the cache.
const PREFIX: &str = "models--";

impl Entry {
    pub(super) fn new(hub: &Hub, model: &HubModel) -> Self {
        let repo = Repo::with_revision(model.repository.clone(), RepoType::Model, model.revision.clone());
        let name = repo.folder_name();
        Self {
            revision: model.revision.clone(),
            folder: hub.cache.join(&name),
            locks: hub.cache.join(".locks").join(name),
            layout: Cache::new(hub.cache.clone()).repo(repo),
        }
    }

    /// The commit that the revision was when it was last asked for.
    pub(super) fn commit(&self) -> Option<String> {
        if is_commit(&self.revision) {
            return self
                .snapshot(&self.revision)
                .folder
                .is_dir()
                .then(|| self.revision.clone());
        }
        let noted = std::fs::read_to_string(self.folder.join("refs").join(&self.revision)).ok()?;
        Some(noted.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    pub(super) fn snapshot(&self, commit: &str) -> Snapshot {
        Snapshot {
            folder: self.layout.pointer_path(commit),
            commit: commit.to_owned(),
        }
    }

    pub(super) fn has(&self, commit: &str, file: &str) -> bool {
        self.snapshot(commit).folder.join(file).is_file()
    }

    /// Files of a model that a snapshot lacks.
    pub(super) fn missing(&self, commit: &str) -> Vec<&'static str> {
        FILES.into_iter().filter(|file| !self.has(commit, file)).collect()
    }

    /// Files of a snapshot whose content is not what their name in the cache says. Small ones are not named by what a
    /// SHA-256 could tell.
    pub(super) fn damaged(&self, commit: &str) -> Result<Vec<&'static str>, HubError> {
        let mut damaged = Vec::new();
        for file in FILES {
            let path = self.snapshot(commit).folder.join(file);
            let Ok(blob) = path.canonicalize() else { continue };
            let name = blob
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if is_sha256(name) && sha256_of(&blob)? != name {
                damaged.push(file);
            }
        }
        Ok(damaged)
    }

    pub(super) fn blob(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(etag)
    }

    /// What there is of a file so far.
    pub(super) fn incomplete(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(format!("{etag}.incomplete"))
    }

    /// Waits until nobody else downloads this blob, in this process or another, or in Python. It is free again when the file is
    /// dropped.
    pub(super) fn lock(&self, etag: &str) -> Result<File, HubError> {
        for folder in [&self.locks, &self.folder.join("blobs")] {
            std::fs::create_dir_all(folder).map_err(disk(folder))?;
        }
        let path = self.locks.join(format!("{etag}.lock"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(disk(&path))?;
        file.lock().map_err(disk(&path))?;
        Ok(file)
    }

    /// Makes a blob the file of a snapshot.
    pub(super) fn link(&self, commit: &str, file: &str, etag: &str) -> Result<(), HubError> {
        let folder = self.snapshot(commit).folder;
        std::fs::create_dir_all(&folder).map_err(disk(&folder))?;
        let path = folder.join(file);
        // Another blob, from before the file was damaged or by another name.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(disk(&path)(error)),
            _ => {}
        }
        let blob = self.blob(etag);
        #[cfg(unix)]
        let linked = std::os::unix::fs::symlink(Path::new("../../blobs").join(etag), &path);
        #[cfg(not(unix))]
        let linked: std::io::Result<()> = Err(std::io::ErrorKind::Unsupported.into());
        linked
            .or_else(|error| match error.kind() {
                // Another process was faster.
                std::io::ErrorKind::AlreadyExists => Ok(()),
                _ => std::fs::copy(&blob, &path).map(drop),
            })
            .map_err(disk(&path))
    }

    /// Notes which commit the revision is now.
    pub(super) fn note_revision(&self, commit: &str) -> Result<(), HubError> {
        if is_commit(&self.revision) {
            return Ok(());
        }
        let path = self.folder.join("refs").join(&self.revision);
        let folder = path.parent().unwrap_or(&self.folder);
        let noted = std::fs::create_dir_all(folder).and_then(|()| {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(commit.as_bytes())?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        });
        noted.map_err(disk(&path))
    }
}

impl Hub {
    /// All models in the cache, by name and commit.
    ///
    /// # Errors
    /// [`HubError::Disk`]. A cache that is not there has no models.
    pub fn list(&self) -> Result<Vec<CachedModel>, HubError> {
        let mut models = Vec::new();
        for folder in entries(&self.cache)? {
            let name = folder
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let Some(repository) = name.strip_prefix(PREFIX).map(|name| name.replacen("--", "/", 1)) else {
                continue;
            };
            let revisions = revisions(&folder.join("refs"))?;
            for snapshot in entries(&folder.join("snapshots"))? {
                let commit = snapshot
                    .file_name()
                    .and_then(|name| name.to_str())
                    .unwrap_or_default();
                let files = files_below(&snapshot)?;
                models.push(CachedModel {
                    repository: repository.clone(),
                    commit: commit.to_owned(),
                    revisions: revisions.get(commit).cloned().unwrap_or_default(),
                    size: files
                        .iter()
                        .filter_map(|file| Some(file.metadata().ok()?.len()))
                        .sum(),
                    missing: FILES
                        .into_iter()
                        .filter(|file| !snapshot.join(file).is_file())
                        .collect(),
                    folder: snapshot,
                });
            }
        }
        models.sort_by(|one, other| (&one.repository, &one.commit).cmp(&(&other.repository, &other.commit)));
        Ok(models)
    }

    /// Removes snapshots from the cache, and the blobs that no other snapshot has.
    ///
    /// # Errors
    /// [`HubError::Disk`].
    pub fn remove(&self, models: &[CachedModel]) -> Result<Removed, HubError> {
        let mut removed = Removed::default();
        for model in models {
            let Some(folder) = model.folder.ancestors().nth(2) else {
                continue;
            };
            std::fs::remove_dir_all(&model.folder).map_err(disk(&model.folder))?;
            removed.snapshots += 1;
            for revision in &model.revisions {
                let path = folder.join("refs").join(revision);
                std::fs::remove_file(&path).map_err(disk(&path))?;
            }
            let mut used = BTreeSet::new();
            for snapshot in entries(&folder.join("snapshots"))? {
                used.extend(
                    files_below(&snapshot)?
                        .iter()
                        .filter_map(|file| file.canonicalize().ok()),
                );
            }
            for blob in entries(&folder.join("blobs"))? {
                if !blob.canonicalize().is_ok_and(|path| used.contains(&path)) {
                    removed.bytes += blob.metadata().map_or(0, |facts| facts.len());
                    std::fs::remove_file(&blob).map_err(disk(&blob))?;
                }
            }
            if used.is_empty() {
                std::fs::remove_dir_all(folder).map_err(disk(folder))?;
            }
        }
        Ok(removed)
    }
}

/// Which branches and tags are which commit; a branch may lie in folders.
fn revisions(refs: &Path) -> Result<BTreeMap<String, Vec<String>>, HubError> {
    let mut revisions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files_below(refs)? {
        if let (Ok(commit), Ok(name)) = (std::fs::read_to_string(&file), file.strip_prefix(refs)) {
            let name = name.to_string_lossy().replace('\\', "/");
            revisions.entry(commit.trim().to_owned()).or_default().push(name);
        }
    }
    Ok(revisions)
}

/// What a folder holds; nothing where there is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, HubError> {
    match std::fs::read_dir(folder) {
        Ok(entries) => {
            let paths = entries.map(|entry| Ok(entry?.path()));
            paths.collect::<std::io::Result<_>>().map_err(disk(folder))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(disk(folder)(error)),
    }
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, HubError> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        match path.is_dir() {
            true => files.extend(files_below(&path)?),
            false => files.push(path),
        }
    }
    files.sort();
    Ok(files)
}

pub(super) fn is_sha256(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn sha256_of(path: &Path) -> Result<String, HubError> {
    Ok(digest_of(path).map_err(disk(path))?.sha256)
}

/// An error of the system's, with its place.
pub(super) fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> HubError {
    let path = path.to_owned();
    move |source| HubError::Disk { path, source }
}
