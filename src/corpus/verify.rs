//! Whether a run's inputs, model and output are still what its manifest says.

use std::path::{Path, PathBuf};

use super::manifest::{FileDigest, WholeManifest};
use crate::input::{digest_of, Digest};

/// Why a manifest cannot be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error("{path}: is no manifest of a run: {reason}")]
    NoManifest { path: String, reason: String },
}

/// One thing that a manifest speaks of, and how it stands with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub what: String,
    pub finding: Finding,
}

/// How it stands with something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    Same,
    /// In what it differs.
    Differs(String),
    /// Why it cannot be told.
    Unknown(String),
}

/// Reads a manifest.
///
/// # Errors
/// [`VerifyError`].
pub fn read_manifest(path: &Path) -> Result<WholeManifest, VerifyError> {
    let name = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(VerifyError::Unreadable { path: name, source }),
    };
    serde_json::from_slice(&bytes).map_err(|error| VerifyError::NoManifest {
        path: name,
        reason: error.to_string(),
    })
}

/// Checks everything that a manifest speaks of; `folder` is where it lies, and `model_sha256` the model at hand.
///
/// Paths are looked for from the working folder, as the run had them, and else from the manifest's own, so that a
/// run that was moved whole can be checked.
pub fn verify<'a>(
    manifest: &'a WholeManifest,
    folder: &'a Path,
    model_sha256: &str,
) -> impl Iterator<Item = Check> + 'a {
    let run = &manifest.run;
    let version = compared("version", &run.demarche, env!("CARGO_PKG_VERSION"));
    let codebook = compared(
        "codebook",
        &run.codebook.to_string(),
        &super::CODEBOOK_VERSION.to_string(),
    );
    let model = compared(&format!("model {}", run.model), &run.model_sha256, model_sha256);
    let inputs = manifest.inputs.iter().map(move |input| {
        let finding = match &input.digest {
            _ if input.path == "-" => Finding::Unknown("standard input is not kept".to_owned()),
            None => Finding::Unknown("it could not be read by the run".to_owned()),
            Some(digest) => checked(&input.path, digest, folder),
        };
        Check {
            what: format!("input {}", input.path),
            finding,
        }
    });
    let outputs = run.outputs.iter().map(move |FileDigest { path, digest }| Check {
        what: format!("output {path}"),
        finding: checked(path, digest, folder),
    });
    [version, codebook, model]
        .into_iter()
        .chain(inputs)
        .chain(outputs)
}

fn compared(what: &str, was: &str, is: &str) -> Check {
    Check {
        what: what.to_owned(),
        finding: match was == is {
            true => Finding::Same,
            false => Finding::Differs(format!("was {}, is {}", short(was), short(is))),
        },
    }
}

/// Enough of a digest to tell it by.
fn short(text: &str) -> &str {
    text.get(..12).filter(|_| text.len() == 64).unwrap_or(text)
}

fn checked(path: &str, expected: &Digest, folder: &Path) -> Finding {
    let path = Path::new(path);
    let beside = path.file_name().map(|name| folder.join(name));
    let places = [Some(path.to_owned()), Some(folder.join(path)), beside];
    let Some(found) = places
        .into_iter()
        .flatten()
        .find(|place: &PathBuf| place.is_file())
    else {
        return Finding::Differs("is not there any more".to_owned());
    };
    match digest_of(&found) {
        Err(error) => Finding::Unknown(format!("cannot be read: {error}")),
        Ok(digest) if digest == *expected => Finding::Same,
        Ok(digest) if digest.bytes != expected.bytes => {
            Finding::Differs(format!("had {} bytes, has {}", expected.bytes, digest.bytes))
        }
        Ok(digest) => Finding::Differs(format!(
            "its SHA-256 was {}, is {}",
            short(&expected.sha256),
            short(&digest.sha256)
        )),
    }
}
