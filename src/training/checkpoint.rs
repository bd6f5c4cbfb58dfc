//! Writing a model folder in the Hugging Face layout.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Tensor};
use serde_json::{json, Value};

use super::parameters::Parameters;
use super::TrainError;
use crate::model::{ModelError, ModelFiles, Pooling, CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};
use crate::stance::Stance;

/// Writes `config.json` and `tokenizer.json`, made from the base's.
///
/// # Errors
/// A base file that cannot be read, or a file that cannot be written.
pub(super) fn write_description(
    out: &Path,
    base: &ModelFiles,
    labels: &[Stance; Stance::COUNT],
    pooling: Pooling,
) -> Result<(), TrainError> {
    let mut config = read_json(base, CONFIG_FILE)?;
    let names = labels.iter().enumerate();
    config["architectures"] = json!(["BertForSequenceClassification"]);
    config["id2label"] = names
        .clone()
        .map(|(id, stance)| (id.to_string(), json!(stance.name())))
        .collect();
    config["label2id"] = names
        .map(|(id, stance)| (stance.name().to_owned(), json!(id)))
        .collect();
    config["classifier_pooling"] = json!(pooling);
    config["_name_or_path"] = out
        .file_name()
        .map_or(Value::Null, |name| json!(name.to_string_lossy()));
    config["torch_dtype"] = json!("float16");
    write_json(&out.join(CONFIG_FILE), &config)?;

    let mut tokenizer = read_json(base, TOKENIZER_FILE)?;
    // The base was packaged to pad and cut every text to 128 tokens; neither belongs to a tokenizer.
    tokenizer["padding"] = Value::Null;
    tokenizer["truncation"] = Value::Null;
    let compact = serde_json::to_vec(&tokenizer).unwrap_or_default();
    write(&out.join(TOKENIZER_FILE), &compact)
}

/// Writes `model.safetensors` in float16, whole or not at all.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn write_weights(out: &Path, parameters: &Parameters) -> Result<(), TrainError> {
    let tensors: HashMap<&str, Tensor> = parameters
        .iter()
        .map(|(name, variable)| Ok((name, variable.as_detached_tensor().to_dtype(DType::F16)?)))
        .collect::<candle_core::Result<_>>()?;
    let scratch = out.join(format!("{WEIGHTS_FILE}.scratch"));
    candle_core::safetensors::save(&tensors, &scratch)?;
    // The library's file can be read by its owner alone; a model is there to be shared.
    let path = out.join(WEIGHTS_FILE);
    let partial = out.join(format!("{WEIGHTS_FILE}.partial"));
    std::fs::read(&scratch)
        .and_then(|bytes| std::fs::write(&partial, bytes))
        .and_then(|()| std::fs::rename(&partial, &path))
        .and_then(|()| std::fs::remove_file(&scratch))
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
