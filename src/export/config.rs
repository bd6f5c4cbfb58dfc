//! `config.json` and `tokenizer_config.json` as transformers reads them.

use serde_json::{json, Map, Value};

use super::ExportError;
use crate::model::{Model, ModelError, ModelFiles, CONFIG_FILE};
use crate::stance::Stance;

/// The model's own configuration, with its labels by name, in float32, and its temperature gone into the weights. One
/// that pools by the mean names the class that does.
pub(super) fn config(
    files: &ModelFiles,
    labels: &[Stance; Stance::COUNT],
    has_code: bool,
) -> Result<String, ExportError> {
    let json = files.read(CONFIG_FILE)?;
    let mut config: Map<String, Value> =
        serde_json::from_slice(&json).map_err(|source| ModelError::Config {
            model: files.name().into_owned(),
            source,
        })?;
    let names = || labels.iter().map(|stance| stance.name()).enumerate();
    let id2label: Value = names().map(|(id, name)| (id.to_string(), json!(name))).collect();
    let label2id: Value = names().map(|(id, name)| (name.to_owned(), json!(id))).collect();
    config.remove("calibration_temperature");
    config.insert("id2label".to_owned(), id2label);
    config.insert("label2id".to_owned(), label2id);
    config.insert("torch_dtype".to_owned(), json!("float32"));
    // The newer name of the same.
    config.remove("dtype");
    if has_code {
        config.insert(
            "architectures".to_owned(),
            json!(["DemarcheForSequenceClassification"]),
        );
        config.insert(
            "auto_map".to_owned(),
            json!({
                "AutoModelForSequenceClassification": "modeling_demarche.DemarcheForSequenceClassification"
            }),
        );
    }
    Ok(format!("{:#}\n", Value::Object(config)))
}

/// Special tokens by their places in a tokenizer, as BERT's and RoBERTa's descendants spell them.
const SPECIAL_TOKENS: [(&str, [&str; 2]); 5] = [
    ("cls_token", ["[CLS]", "<s>"]),
    ("sep_token", ["[SEP]", "</s>"]),
    ("pad_token", ["[PAD]", "<pad>"]),
    ("unk_token", ["[UNK]", "<unk>"]),
    ("mask_token", ["[MASK]", "<mask>"]),
];

/// How `AutoTokenizer` is to use `tokenizer.json`: its special tokens, and where the model's limit lies.
pub(super) fn tokenizer_config(tokenizer: &[u8], model: &Model) -> Result<String, ExportError> {
    let tokenizer: Value = serde_json::from_slice(tokenizer).map_err(|source| ModelError::Tokenizer {
        model: model.name.clone(),
        reason: source.to_string(),
    })?;
    let added: Vec<&str> = tokenizer["added_tokens"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|token| token["content"].as_str())
        .collect();
    let mut config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": model.config.encoder.max_position_embeddings,
        "clean_up_tokenization_spaces": false,
    });
    for (place, spellings) in SPECIAL_TOKENS {
        if let Some(token) = spellings.into_iter().find(|token| added.contains(token)) {
            config[place] = json!(token);
        }
    }
    Ok(format!("{config:#}\n"))
}
