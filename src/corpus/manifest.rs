//! The manifest of a run: all that is needed to repeat it, and to check that nothing has changed since.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::journal::Journal;
use super::{CorpusError, InputDone, Tally};
use crate::input::{digest_of, Digest};
use crate::output::{remove_leftovers, Destination, OutputError, OutputFile};

/// A file and what was in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    pub path: String,
    #[serde(flatten)]
    pub digest: Digest,
}

/// What a run was, without its inputs, which may be a million.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The version that ran.
    pub demarche: String,
    /// The version of the codebook that the labels follow.
    pub codebook: u32,
    pub model: String,
    /// As [`crate::model::ModelFiles::sha256`].
    pub model_sha256: String,
    pub device: String,
    /// Everything that was chosen and on which results depend.
    pub options: Map<String, Value>,
    /// When the run began and ended, as RFC 3339 has it, and how long it worked in between.
    pub started: String,
    pub finished: String,
    pub seconds: f64,
    /// How many worker threads there were, and how long they were in the network, all together: what is left of
    /// `threads · seconds` went into reading, splitting, tokenizing, writing and waiting.
    pub threads: usize,
    pub network_seconds: f64,
    pub counts: Tally,
    /// Records, rejects and summary, as far as there are any.
    pub outputs: Vec<FileDigest>,
}

/// A manifest with its inputs.
#[derive(Clone, Debug, Deserialize)]
pub struct WholeManifest {
    #[serde(flatten)]
    pub run: Manifest,
    pub inputs: Vec<InputDone>,
}

/// Where the manifest of an output lies.
pub fn manifest_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".manifest.json");
    name.into()
}

/// The digest of a file that has been written.
pub(super) fn file_digest(path: &Path) -> Result<FileDigest, OutputError> {
    let name = path.display().to_string();
    match digest_of(path) {
        Ok(digest) => Ok(FileDigest { path: name, digest }),
        Err(source) => Err(OutputError::File { path: name, source }),
    }
}

/// Writes a manifest beside its output, input by input.
pub(super) fn write(manifest: &Manifest, output: &Path, journal: &Journal) -> Result<(), CorpusError> {
    let place = manifest_path(output);
    // The run holds the journal of its output: nobody else is writing this file.
    remove_leftovers(&place)?;
    let mut file = OutputFile::create(&place)?;
    let text = serde_json::to_string_pretty(manifest)
        .map_err(|error| OutputError::from(std::io::Error::from(error)))?;
    let head = text.trim_end().trim_end_matches('}').trim_end();
    let mut write = || -> std::io::Result<()> {
        write!(file, "{head},\n  \"inputs\": [")?;
        let inputs = journal.inputs().map_err(std::io::Error::other)?;
        for (index, input) in inputs.enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(file, "{separator}\n    {}", serde_json::to_string(&input)?)?;
        }
        file.write_all(b"\n  ]\n}\n")
    };
    write().map_err(OutputError::from)?;
    Ok(file.commit()?)
}
