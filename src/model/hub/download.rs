//! One file from the Hub into the cache: whole, checked, or not at all.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use ureq::http::{header, StatusCode};

use super::cache::{disk, is_sha256, sha256_of, Entry};
use super::remote::{FileFacts, Remote};
use super::{HubError, HubEvent, HubModel};
use crate::model::WEIGHTS_FILE;

/// Between two words of progress.
const CHUNK: usize = 1 << 18;

/// Where weights may be instead, which are not read.
const PICKLES: [&str; 2] = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

/// A file that is being fetched.
struct Fetch<'a> {
    remote: &'a Remote<'a>,
    model: &'a HubModel,
    commit: &'a str,
    file: &'static str,
    facts: FileFacts,
}

/// Brings a file of a commit to the cache. What is there of it from an earlier try is gone on with.
///
/// # Errors
/// [`HubError`].
pub(super) fn fetch(
    remote: &Remote<'_>,
    entry: &Entry,
    model: &HubModel,
    commit: &str,
    file: &'static str,
    watch: &mut dyn FnMut(HubEvent<'_>),
) -> Result<(), HubError> {
    let facts = match remote.facts(model, commit, file, watch) {
        Err(HubError::NoSuchFile { model: name, .. })
            if file == WEIGHTS_FILE && PICKLES.iter().any(|pickle| remote.has(model, commit, pickle)) =>
        {
            return Err(HubError::PickleOnly { model: name });
        }
        other => other?,
    };
    let _lock = entry.lock(&facts.etag)?;
    let blob = entry.blob(&facts.etag);
    let fetch = Fetch {
        remote,
        model,
        commit,
        file,
        facts,
    };
    // Another process may have been here while we waited.
    if !(blob.is_file() && fetch.fault(&blob)?.is_none()) {
        let partial = entry.incomplete(&fetch.facts.etag);
        fetch.download(&partial, watch)?;
        std::fs::rename(&partial, &blob).map_err(disk(&blob))?;
        watch(HubEvent::Downloaded { file });
    }
    entry.link(commit, file, &fetch.facts.etag)
}

impl Fetch<'_> {
    /// Fills `partial`, twice where what came the first time is not what was announced.
    fn download(&self, partial: &Path, watch: &mut dyn FnMut(HubEvent<'_>)) -> Result<(), HubError> {
        let mut has_failed = false;
        loop {
            self.fill(partial, watch)?;
            match self.fault(partial)? {
                None => return Ok(()),
                Some(fault) => {
                    std::fs::remove_file(partial).map_err(disk(partial))?;
                    if std::mem::replace(&mut has_failed, true) {
                        return Err(fault);
                    }
                    watch(HubEvent::Damaged { file: self.file });
                }
            }
        }
    }

    /// Goes on with `partial` until it is as long as announced; a connection that is cut is opened again.
    fn fill(&self, partial: &Path, watch: &mut dyn FnMut(HubEvent<'_>)) -> Result<(), HubError> {
        let watch = RefCell::new(watch);
        let tell = |event: HubEvent<'_>| (watch.borrow_mut())(event);
        loop {
            let is_done = self.remote.again(&mut |event| tell(event), |_| {
                let before = length(partial);
                match self.append(partial, &tell) {
                    // What brings something is worth as many tries again.
                    Err(HubError::Cut { .. }) if length(partial) > before => Ok(false),
                    outcome => outcome.map(|()| true),
                }
            })?;
            if is_done {
                return Ok(());
            }
        }
    }

    /// Appends what comes to `partial`, from where it ends.
    fn append(&self, partial: &Path, watch: &dyn Fn(HubEvent<'_>)) -> Result<(), HubError> {
        let size = self.facts.size;
        let mut from = length(partial);
        // What is longer than the file is none of it.
        if from > size {
            from = 0;
        }
        if from == size && size > 0 {
            return Ok(());
        }
        let response = self.remote.open(self.model, self.commit, self.file, from)?;
        let is_rest = response.status() == StatusCode::PARTIAL_CONTENT
            && response
                .headers()
                .get(header::CONTENT_RANGE)
                .and_then(|range| range.to_str().ok())
                .is_some_and(|range| range.starts_with(&format!("bytes {from}-")));
        // A server that knows no ranges sends all of it.
        if !is_rest {
            from = 0;
        }
        let mut file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(partial)
            .map_err(disk(partial))?;
        file.set_len(from).map_err(disk(partial))?;
        file.seek(SeekFrom::End(0)).map_err(disk(partial))?;
        let mut content = response.into_body().into_reader();
        let (mut bytes, mut chunk) = (from, vec![0; CHUNK]);
        while bytes < size {
            let cut = |why: String| HubError::Cut {
                url: self.remote.url(self.model, self.commit, self.file),
                bytes,
                size,
                why,
            };
            let read = content.read(&mut chunk).map_err(|error| cut(error.to_string()))?;
            if read == 0 {
                return Err(cut("it ended".to_owned()));
            }
            file.write_all(&chunk[..read]).map_err(disk(partial))?;
            bytes += read as u64;
            watch(HubEvent::Progress {
                file: self.file,
                bytes,
                size,
            });
        }
        file.flush().map_err(disk(partial))
    }

    /// What is wrong with a file that should be this one, if something is.
    fn fault(&self, path: &Path) -> Result<Option<HubError>, HubError> {
        let wrong = |what, found: String, expected: String| {
            Some(HubError::WrongContent {
                model: self.model.to_string(),
                file: self.file.to_owned(),
                what,
                found,
                expected,
            })
        };
        let (found, expected) = (length(path), self.facts.size);
        if found != expected {
            return Ok(wrong("size", found.to_string(), expected.to_string()));
        }
        if is_sha256(&self.facts.etag) {
            let found = sha256_of(path)?;
            if found != self.facts.etag {
                return Ok(wrong("SHA-256", found, self.facts.etag.clone()));
            }
        }
        Ok(None)
    }
}

/// 0 where there is no such file.
fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |facts| facts.len())
}
