//! Why a model cannot be had from the Hub.

use std::path::PathBuf;
use std::time::Duration;

/// Why a model cannot be had from the Hub or its cache.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error("there is no home folder, and so no cache for models; set HF_HOME to a folder")]
    NoHome,
    #[error(
        "{model}: not in the cache at {cache}: {files}; run `demarche model fetch {model}` where there is a network, and \
         bring the cache here"
    )]
    NotCached {
        model: String,
        files: String,
        cache: PathBuf,
    },
    #[error("{model}: {file} in the cache is damaged; run `demarche model fetch {model}` where there is a network")]
    Damaged { model: String, file: &'static str },
    #[error("{model}: {endpoint} does not let us have it ({status}): {advice}")]
    Denied {
        model: String,
        endpoint: String,
        status: u16,
        advice: &'static str,
    },
    #[error("{model}: {endpoint} has no such model or revision")]
    NoSuchModel { model: String, endpoint: String },
    #[error(
        "{model}: has no {file}; a model has config.json, tokenizer.json and model.safetensors, which transformers writes by \
         save_pretrained"
    )]
    NoSuchFile { model: String, file: String },
    #[error(
        "{model}: its weights are a pickle, which can run any code when it is read; save them as model.safetensors, in \
         transformers by save_pretrained(FOLDER, safe_serialization=True), or name a revision that has them"
    )]
    PickleOnly { model: String },
    #[error("{endpoint} asks us to wait, too often ({status}); try again later")]
    TooManyRequests {
        endpoint: String,
        status: u16,
        /// As `Retry-After` has it.
        wait: Option<Duration>,
    },
    #[error("{endpoint} fails ({status}); try again later")]
    ServerFails { endpoint: String, status: u16 },
    #[error(
        "{endpoint} cannot be reached: {why}; name a mirror by HF_ENDPOINT, or use what is in the cache by --offline"
    )]
    Unreachable { endpoint: String, why: String },
    #[error("{url}: the connection was cut after {bytes} of {size} bytes: {why}")]
    Cut {
        url: String,
        bytes: u64,
        size: u64,
        why: String,
    },
    #[error("{url}: is not what a Hub answers: {what}; is HF_ENDPOINT right?")]
    NotAHub { url: String, what: String },
    #[error("{model}: {file} came with another {what} than announced ({found}, not {expected}), twice; it was not kept")]
    WrongContent {
        model: String,
        file: String,
        what: &'static str,
        found: String,
        expected: String,
    },
    #[error("{path}: {source}; is there room on the disk, and may we write there?")]
    Disk { path: PathBuf, source: std::io::Error },
    #[error("{path}: is no bundle of certificates: {why}; see SSL_CERT_FILE")]
    Certificates { path: PathBuf, why: String },
}

impl HubError {
    /// True where nobody answered, or not now.
    pub(super) fn is_silence(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::ServerFails { .. } | Self::TooManyRequests { .. }
        )
    }

    /// How often in all a thing that fails so is worth trying.
    pub(super) fn worthwhile_tries(&self) -> u32 {
        match self {
            Self::TooManyRequests { .. } | Self::ServerFails { .. } | Self::Cut { .. } => 5,
            Self::Unreachable { .. } => 3,
            _ => 1,
        }
    }

    /// How long the server asks to wait, if it does.
    pub(super) fn asked_wait(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { wait, .. } => *wait,
            _ => None,
        }
    }
}
