//! `config.json`: the encoder's shape, and which output stands for which stance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::labels::{stances, LabelMap};
use super::ModelError;
use crate::stance::Stance;

/// The shape of a BERT encoder, as `config.json` gives it.
#[derive(Clone, Debug, Deserialize)]
pub struct EncoderConfig {
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    pub max_position_embeddings: usize,
    pub type_vocab_size: usize,
    #[serde(default = "default_layer_norm_eps")]
    pub layer_norm_eps: f64,
    #[serde(default)]
    pub classifier_pooling: Pooling,
}

/// How the hidden states of a statement's tokens become the one vector that is classified.
///
/// `classifier_pooling` in `config.json`, the field's name in ModernBERT's configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The `[CLS]` token's state through BERT's pooler.
    #[default]
    Cls,
    /// The mean of all tokens' states.
    Mean,
}

fn uncalibrated() -> f64 {
    1.0
}

fn default_layer_norm_eps() -> f64 {
    1e-12
}

impl EncoderConfig {
    /// Multiplications and additions of all linear maps for one token.
    pub fn operations_per_token(&self) -> usize {
        let (hidden, middle) = (self.hidden_size, self.intermediate_size);
        2 * self.num_hidden_layers * (4 * hidden * hidden + 2 * hidden * middle)
    }

    /// How many numbers of states, one token's share, pass between a GPU's memory and its kernels in all layers:
    /// what each of the seven passes of a layer reads and writes.
    pub fn state_numbers_per_token(&self) -> usize {
        let (hidden, middle) = (self.hidden_size, self.intermediate_size);
        let attention = (hidden + 3 * hidden) + (3 * hidden + hidden) + 2 * hidden + 3 * hidden;
        let feed_forward = (hidden + middle) + (middle + hidden) + 3 * hidden;
        self.num_hidden_layers * (attention + feed_forward)
    }

    /// The width of one attention head.
    pub fn head_size(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }
}

/// A model's configuration, checked.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    pub encoder: EncoderConfig,
    /// The stance of each output of the classification head; `None` for a bare encoder,
    /// which has no such head and can only be trained from.
    pub labels: Option<[Stance; Stance::COUNT]>,
    /// What its logits are divided by before the softmax, so that probabilities can be taken at their word
    /// (Guo et al. 2017); 1 where the model was not calibrated.
    pub temperature: f64,
}

#[derive(Deserialize)]
struct RawConfig {
    model_type: String,
    hidden_act: Option<String>,
    position_embedding_type: Option<String>,
    #[serde(default)]
    architectures: Vec<String>,
    id2label: Option<BTreeMap<String, String>>,
    #[serde(default = "uncalibrated")]
    calibration_temperature: f64,
    #[serde(flatten)]
    encoder: EncoderConfig,
}

impl ModelConfig {
    /// Reads `config.json`; its labels are stances by name, or by a map.
    ///
    /// # Errors
    /// JSON that is no model configuration, an architecture other than BERT with erf GELU and
    /// absolute positions, impossible sizes, or labels that are not the four stances.
    pub fn parse(json: &[u8], label_map: Option<&LabelMap>, model: &str) -> Result<Self, ModelError> {
        let raw: RawConfig = serde_json::from_slice(json).map_err(|source| ModelError::Config {
            model: model.to_owned(),
            source,
        })?;
        let settings = [
            ("model type", Some(raw.model_type), "bert"),
            ("activation", raw.hidden_act, "gelu"),
            ("position embedding", raw.position_embedding_type, "absolute"),
        ];
        for (setting, found, known) in settings {
            if let Some(found) = found.filter(|found| found != known) {
                return Err(ModelError::Unsupported {
                    model: model.to_owned(),
                    what: format!("{setting} `{found}`"),
                    known,
                });
            }
        }
        check_sizes(&raw.encoder, model)?;
        let temperature = raw.calibration_temperature;
        if !(temperature.is_finite() && temperature > 0.0) {
            return Err(ModelError::Temperature {
                model: model.to_owned(),
                temperature,
            });
        }
        let is_classifier = raw
            .architectures
            .iter()
            .any(|name| name.ends_with("ForSequenceClassification"));
        let labels = match raw.id2label {
            Some(id2label) => Some(stances(&id2label, label_map, model)?),
            None if is_classifier => {
                return Err(ModelError::Labels {
                    model: model.to_owned(),
                    found: "not given".to_owned(),
                })
            }
            None => None,
        };
        Ok(Self {
            encoder: raw.encoder,
            labels,
            temperature,
        })
    }
}

fn check_sizes(encoder: &EncoderConfig, model: &str) -> Result<(), ModelError> {
    let sizes = [
        ("vocab_size", encoder.vocab_size),
        ("hidden_size", encoder.hidden_size),
        ("num_hidden_layers", encoder.num_hidden_layers),
        ("num_attention_heads", encoder.num_attention_heads),
        ("intermediate_size", encoder.intermediate_size),
        ("type_vocab_size", encoder.type_vocab_size),
    ];
    let zero = sizes.iter().find(|(_, size)| *size == 0);
    let what = if let Some((name, _)) = zero {
        format!("{name} is 0")
    } else if encoder.max_position_embeddings < 3 {
        // [CLS], one token of the statement, [SEP].
        "max_position_embeddings is under 3".to_owned()
    } else if !encoder.hidden_size.is_multiple_of(encoder.num_attention_heads) {
        format!(
            "hidden_size {} is no multiple of num_attention_heads {}",
            encoder.hidden_size, encoder.num_attention_heads
        )
    } else {
        return Ok(());
    };
    Err(ModelError::ImpossibleSize {
        model: model.to_owned(),
        what,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(changes: serde_json::Value) -> Vec<u8> {
        let mut config = serde_json::json!({
            "model_type": "bert", "vocab_size": 10, "hidden_size": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 32,
            "type_vocab_size": 2, "hidden_act": "gelu",
            "id2label": {"0": "none", "1": "cooperative", "2": "pro_intervention", "3": "anti_intervention"},
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        config.to_string().into_bytes()
    }

    #[test]
    fn labels_are_read_by_name_not_by_order() {
        let parsed = ModelConfig::parse(&config(serde_json::json!({})), None, "m").unwrap();
        assert_eq!(
            parsed.labels,
            Some([
                Stance::None,
                Stance::Cooperative,
                Stance::ProIntervention,
                Stance::AntiIntervention
            ])
        );
    }

    #[test]
    fn other_labels_are_refused_and_shown() {
        let wrong = [
            serde_json::json!({"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2", "3": "LABEL_3"}),
            serde_json::json!({"0": "none", "1": "none", "2": "cooperative", "3": "pro_intervention"}),
            serde_json::json!({"0": "none", "1": "cooperative", "2": "pro_intervention", "3": "anti_intervention", "4": "other"}),
            serde_json::json!({"1": "none", "2": "cooperative", "3": "pro_intervention", "4": "anti_intervention"}),
        ];
        for id2label in wrong {
            let first = id2label.as_object().unwrap().values().next().unwrap().clone();
            let json = config(serde_json::json!({ "id2label": id2label }));
            let error = ModelConfig::parse(&json, None, "m").unwrap_err();
            assert!(matches!(error, ModelError::Labels { .. }), "{error}");
            assert!(error.to_string().contains(first.as_str().unwrap()), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_refused() {
        for change in [
            serde_json::json!({"model_type": "deberta-v2"}),
            serde_json::json!({"hidden_act": "gelu_new"}),
            serde_json::json!({"position_embedding_type": "relative_key"}),
        ] {
            let error = ModelConfig::parse(&config(change), None, "m").unwrap_err();
            assert!(matches!(error, ModelError::Unsupported { .. }), "{error}");
        }
        for change in [
            serde_json::json!({"hidden_size": 9}),
            serde_json::json!({"num_attention_heads": 0}),
            serde_json::json!({"max_position_embeddings": 2}),
        ] {
            let error = ModelConfig::parse(&config(change), None, "m").unwrap_err();
            assert!(matches!(error, ModelError::ImpossibleSize { .. }), "{error}");
        }
    }
}
