//! Writing a model folder in the Hugging Face layout.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::Tensor;
use serde_json::{json, Value};

use super::parameters::{Parameters, STORED};
use super::TrainError;
use crate::model::{ModelError, ModelFiles, Pooling, CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};
use crate::stance::Stance;

/// `config.json` and `tokenizer.json` of the model to be, made from the base's.
pub(super) struct Description {
    config: Value,
    tokenizer: Value,
}

impl Description {
    /// Reads the base's files and changes what training changes.
    ///
    /// # Errors
    /// A base file that cannot be read.
    pub(super) fn new(
        out: &Path,
        base: &ModelFiles,
        labels: &[Stance; Stance::COUNT],
        pooling: Pooling,
    ) -> Result<Self, TrainError> {
        let mut config = read_json(base, CONFIG_FILE)?;
        let names = || labels.iter().map(|stance| stance.name()).enumerate();
        config["architectures"] = json!(["BertForSequenceClassification"]);
        config["id2label"] = names().map(|(id, name)| (id.to_string(), json!(name))).collect();
        config["label2id"] = names().map(|(id, name)| (name.to_owned(), json!(id))).collect();
        config["classifier_pooling"] = json!(pooling);
        config["_name_or_path"] = out
            .file_name()
            .map_or(Value::Null, |name| json!(name.to_string_lossy()));
        config["torch_dtype"] = json!("float16");

        let mut tokenizer = read_json(base, TOKENIZER_FILE)?;
        // The base was packaged to pad and cut every text to 128 tokens; neither belongs to a tokenizer.
        tokenizer["padding"] = Value::Null;
        tokenizer["truncation"] = Value::Null;
        Ok(Self { config, tokenizer })
    }

    /// Writes both files, for weights whose logits are to be divided by `temperature`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(super) fn write(&self, out: &Path, temperature: f64) -> Result<(), TrainError> {
        let mut config = self.config.clone();
        config["calibration_temperature"] = json!(temperature);
        write_json(&out.join(CONFIG_FILE), &config)?;
        write(&out.join(TOKENIZER_FILE), self.tokenizer.to_string().as_bytes())
    }
}

/// Writes `model.safetensors` in float16, whole or not at all.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn write_weights(out: &Path, parameters: &Parameters) -> Result<(), TrainError> {
    let tensors: BTreeMap<&str, Tensor> = parameters
        .iter()
        .map(|(name, variable)| Ok((name, variable.as_detached_tensor().to_dtype(STORED)?)))
        .collect::<candle_core::Result<_>>()?;
    let bytes = safetensors::serialize(&tensors, None).map_err(candle_core::Error::from)?;
    let path = out.join(WEIGHTS_FILE);
    let partial = out.join(format!("{WEIGHTS_FILE}.partial"));
    std::fs::write(&partial, bytes)
        .and_then(|()| std::fs::rename(&partial, &path))
        .map_err(|source| TrainError::Write { path, source })
}

/// Writes a JSON file, indented.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn write_json(path: &Path, value: &Value) -> Result<(), TrainError> {
    write(path, format!("{value:#}\n").as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    std::fs::write(path, bytes).map_err(|source| TrainError::Write {
        path: path.to_owned(),
        source,
    })
}

fn read_json(base: &ModelFiles, file: &'static str) -> Result<Value, TrainError> {
    serde_json::from_slice(&base.read(file)?).map_err(|source| {
        TrainError::Model(ModelError::Config {
            model: base.name().into_owned(),
            source,
        })
    })
}
