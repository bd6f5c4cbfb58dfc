//! Where a model's files come from: a folder, or inside the binary.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::input::hex;

use super::{Hypotheses, LabelMap, ModelError, CONFIG_FILE, FILES, TOKENIZER_FILE, WEIGHTS_FILE};

/// Where PyTorch's own format keeps weights.
const PICKLE_FILE: &str = "pytorch_model.bin";
/// What names the parts of weights that are in several files.
const SHARDS_FILE: &str = "model.safetensors.index.json";

/// The three files of a model, wherever they lie.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    place: Place,
    /// What it is called where that is not its folder.
    name: Option<String>,
    reading: Reading,
}

/// How a model's outputs become stances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// Each is a stance, by its name.
    #[default]
    ByName,
    /// Each is a stance, by a map from its name.
    Map(LabelMap),
    /// One says that a hypothesis follows.
    Entailment(Hypotheses),
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    #[cfg(feature = "embedded-model")]
    Embedded,
}

#[cfg(feature = "embedded-model")]
mod embedded {
    pub const NAME: &str = "demarche-en-small";
    pub const CONFIG: &[u8] = include_bytes!("../../models/demarche-en-small/config.json");
    pub const TOKENIZER: &[u8] = include_bytes!("../../models/demarche-en-small/tokenizer.json");
    pub const WEIGHTS: &[u8] = include_bytes!("../../models/demarche-en-small/model.safetensors");
    pub const CARD: &[u8] = include_bytes!("../../models/demarche-en-small/README.md");
    pub const NOTICE: &[u8] = include_bytes!("../../models/demarche-en-small/NOTICE");
    pub const LICENSE: &[u8] = include_bytes!("../../LICENSE-APACHE");
}

impl ModelFiles {
    /// The name of the model inside the binary, where it was built with one.
    #[cfg(feature = "embedded-model")]
    pub const EMBEDDED_NAME: Option<&'static str> = Some(embedded::NAME);
    /// The name of the model inside the binary, where it was built with one.
    #[cfg(not(feature = "embedded-model"))]
    pub const EMBEDDED_NAME: Option<&'static str> = None;

    /// A model folder in the Hugging Face layout.
    pub fn folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::Folder(folder.into()),
            name: None,
            reading: Reading::ByName,
        }
    }

    /// The model inside the binary.
    ///
    /// # Errors
    /// [`ModelError::NotEmbedded`] without the feature `embedded-model`.
    pub fn embedded() -> Result<Self, ModelError> {
        #[cfg(feature = "embedded-model")]
        return Ok(Self {
            place: Place::Embedded,
            name: None,
            reading: Reading::ByName,
        });
        #[cfg(not(feature = "embedded-model"))]
        return Err(ModelError::NotEmbedded);
    }

    /// The same model under another name.
    pub fn named(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// The folder that it is in; `None` of the one inside the binary.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            #[cfg(feature = "embedded-model")]
            Place::Embedded => None,
        }
    }

    /// The same model, its outputs read so.
    pub fn read_by(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }

    /// How its outputs are read.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The folder, the embedded model's name, or the one that it was given.
    pub fn name(&self) -> Cow<'_, str> {
        if let Some(name) = &self.name {
            return Cow::Borrowed(name);
        }
        match &self.place {
            Place::Folder(folder) => folder.to_string_lossy(),
            #[cfg(feature = "embedded-model")]
            Place::Embedded => Cow::Borrowed(embedded::NAME),
        }
    }

    /// As [`ModelFiles::name`], of a folder its last part alone: for what others will read, whose business this machine's
    /// paths are not.
    pub fn title(&self) -> Cow<'_, str> {
        match (&self.name, self.path()) {
            (None, Some(folder)) => folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy(),
            _ => self.name(),
        }
    }

    /// The bytes of one of the three files, by its name in the Hugging Face layout.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`] where the folder lacks it.
    pub fn read(&self, file: &'static str) -> Result<Cow<'static, [u8]>, ModelError> {
        match &self.place {
            Place::Folder(folder) => match std::fs::read(folder.join(file)) {
                Ok(bytes) => Ok(Cow::Owned(bytes)),
                Err(_) if !folder.is_dir() => Err(ModelError::NoFolder {
                    model: self.name().into_owned(),
                }),
                Err(_) if file == WEIGHTS_FILE && folder.join(SHARDS_FILE).exists() => {
                    Err(ModelError::Sharded {
                        model: self.name().into_owned(),
                    })
                }
                Err(_) if file == WEIGHTS_FILE && folder.join(PICKLE_FILE).exists() => {
                    Err(ModelError::PickleOnly {
                        model: self.name().into_owned(),
                        file: PICKLE_FILE,
                    })
                }
                Err(source) => Err(ModelError::Unreadable {
                    model: self.name().into_owned(),
                    file,
                    source,
                }),
            },
            #[cfg(feature = "embedded-model")]
            Place::Embedded => Ok(Cow::Borrowed(match file {
                CONFIG_FILE => embedded::CONFIG,
                TOKENIZER_FILE => embedded::TOKENIZER,
                WEIGHTS_FILE => embedded::WEIGHTS,
                _ => &[],
            })),
        }
    }

    /// The bytes of a file that a model may have beside the three, like its card; `None` where it has none of that name.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`] where it is there and cannot be read.
    pub fn read_if_there(&self, file: &'static str) -> Result<Option<Cow<'static, [u8]>>, ModelError> {
        match &self.place {
            Place::Folder(folder) => match std::fs::read(folder.join(file)) {
                Ok(bytes) => Ok(Some(Cow::Owned(bytes))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(source) => Err(ModelError::Unreadable {
                    model: self.name().into_owned(),
                    file,
                    source,
                }),
            },
            #[cfg(feature = "embedded-model")]
            Place::Embedded => Ok(match file {
                "README.md" => Some(Cow::Borrowed(embedded::CARD)),
                "NOTICE" => Some(Cow::Borrowed(embedded::NOTICE)),
                "LICENSE-APACHE" => Some(Cow::Borrowed(embedded::LICENSE)),
                _ => None,
            }),
        }
    }

    /// The SHA-256 of the three files one after another, and of the label map or hypotheses if there are some, as lower-case
    /// hexadecimal digits: one name for exactly this model.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`] where the folder lacks one of them.
    pub fn sha256(&self) -> Result<String, ModelError> {
        let mut hasher = Sha256::new();
        for file in FILES {
            hasher.update(self.read(file)?);
        }
        match &self.reading {
            Reading::ByName => {}
            Reading::Map(map) => hasher.update(map.fingerprint()),
            Reading::Entailment(hypotheses) => hasher.update(hypotheses.fingerprint()),
        }
        Ok(hex(&hasher.finalize()))
    }
}
