//! A model → a folder that `transformers` loads, too.
//!
//! Demarche's own folders differ from what `AutoModelForSequenceClassification` expects in three things: labels may
//! be read by a map, logits are divided by a temperature, and states may be pooled by their mean. Here labels are
//! written by name, the temperature goes into the last linear map, and for the mean there is a file of Python beside the weights.

mod card;
mod config;
mod weights;

use std::path::{Path, PathBuf};

use candle_core::Device;

use crate::model::{Model, ModelError, ModelFiles, Pooling, CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};

/// The class that pools by the mean, for transformers.
const MODELING: &str = include_str!("modeling_demarche.py");
const MODELING_FILE: &str = "modeling_demarche.py";
const TOKENIZER_CONFIG_FILE: &str = "tokenizer_config.json";
const CARD_FILE: &str = "README.md";
/// What the licence of weights may ask to go with them.
const LICENSE_FILES: [&str; 3] = ["NOTICE", "LICENSE", "LICENSE-APACHE"];

/// Why a model cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("{model} has no classification head with stances, and so nothing to export")]
    NoHead { model: String },
    #[error("{0}: is not empty; choose another folder, or give --overwrite")]
    OutputExists(PathBuf),
    #[error("{path}: cannot be written: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{model}: {source}")]
    Candle {
        model: String,
        source: candle_core::Error,
    },
    #[error("{model}: its last linear map is under no name that is known here, so that its temperature of {temperature} cannot go into it")]
    NoLastMap { model: String, temperature: f64 },
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Names of files in the folder.
    pub files: Vec<&'static str>,
    /// True where transformers runs the folder's own Python, and wants `trust_remote_code`.
    pub has_code: bool,
}

/// Writes a model to a folder in the Hugging Face layout, in float32, so that
/// `AutoModelForSequenceClassification.from_pretrained` loads it with the same probabilities, and Demarche, too.
///
/// # Errors
/// A model that cannot be read or has no stance labels; a folder that is not empty, unless `overwrite`; a file that cannot
/// be written.
pub fn export(files: &ModelFiles, out: &Path, overwrite: bool) -> Result<Exported, ExportError> {
    let model = Model::load(files, &Device::Cpu)?;
    let Some(labels) = model.config.labels else {
        return Err(ExportError::NoHead { model: model.name });
    };
    if !overwrite && std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(ExportError::OutputExists(out.to_owned()));
    }
    let has_code = model.config.encoder.classifier_pooling == Pooling::Mean;
    let tokenizer = files.read(TOKENIZER_FILE)?;
    let tokenizer_config = match files.read_if_there(TOKENIZER_CONFIG_FILE)? {
        Some(own) => own.into_owned(),
        None => config::tokenizer_config(&tokenizer, &model)?.into_bytes(),
    };
    let mut contents: Vec<(&'static str, Vec<u8>)> = vec![
        (
            CONFIG_FILE,
            config::config(files, &labels, has_code)?.into_bytes(),
        ),
        (TOKENIZER_FILE, tokenizer.into_owned()),
        (TOKENIZER_CONFIG_FILE, tokenizer_config),
        (
            CARD_FILE,
            card::card(files, &model, &labels, has_code)?.into_bytes(),
        ),
        (WEIGHTS_FILE, weights::weights(files, model.config.temperature)?),
    ];
    if has_code {
        contents.push((MODELING_FILE, MODELING.as_bytes().to_vec()));
    }
    for name in LICENSE_FILES {
        if let Some(license) = files.read_if_there(name)? {
            contents.push((name, license.into_owned()));
        }
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ExportError::Write { path, source }
    };
    std::fs::create_dir_all(out).map_err(failed(out))?;
    for (name, bytes) in &contents {
        let path = out.join(name);
        std::fs::write(&path, bytes).map_err(failed(&path))?;
    }
    Ok(Exported {
        files: contents.into_iter().map(|(name, _)| name).collect(),
        has_code,
    })
}
