//! `config.json`: the encoder's shape, and which output stands for which stance.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::labels::stances;
use super::{EncoderConfig, Entailment, ModelError, Reading};
use crate::stance::Stance;

fn uncalibrated() -> f64 {
    1.0
}

/// A model's configuration, checked.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    pub encoder: EncoderConfig,
    /// The stance of each output of the classification head; `None` for a bare encoder, which has no such head and can
    /// only be trained from, and for a model that is asked about hypotheses.
    pub labels: Option<[Stance; Stance::COUNT]>,
    /// Where the model is asked about hypotheses, in place of labels.
    pub entailment: Option<Entailment>,
    /// What its logits are divided by before the softmax, so that probabilities can be taken at their word
    /// (Guo et al. 2017); 1 where the model was not calibrated.
    pub temperature: f64,
}

#[derive(Deserialize)]
struct RawConfig {
    #[serde(default)]
    architectures: Vec<String>,
    id2label: Option<BTreeMap<String, String>>,
    #[serde(default = "uncalibrated")]
    calibration_temperature: f64,
}

impl ModelConfig {
    /// Reads `config.json`, its labels as `reading` says.
    ///
    /// # Errors
    /// JSON that is no model configuration, an [`Architecture`](super::Architecture) or a variant of one that
    /// is not known, impossible sizes, or labels that are not what they are read as.
    pub fn parse(json: &[u8], reading: &Reading, model: &str) -> Result<Self, ModelError> {
        let not_config = |source| ModelError::Config {
            model: model.to_owned(),
            source,
        };
        let json: Value = serde_json::from_slice(json).map_err(not_config)?;
        let encoder = EncoderConfig::parse(&json, model)?;
        let raw = RawConfig::deserialize(&json).map_err(not_config)?;
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
        let (labels, entailment) = match (raw.id2label, reading) {
            (Some(id2label), Reading::ByName) => (Some(stances(&id2label, None, model)?), None),
            (Some(id2label), Reading::Map(map)) => (Some(stances(&id2label, Some(map), model)?), None),
            (Some(id2label), Reading::Entailment(_)) => (None, Some(Entailment::of(&id2label, model)?)),
            (None, Reading::ByName | Reading::Map(_)) if !is_classifier => (None, None),
            (None, Reading::Entailment(_)) => {
                return Err(ModelError::NoEntailment {
                    model: model.to_owned(),
                    found: "not given".to_owned(),
                })
            }
            (None, _) => {
                return Err(ModelError::Labels {
                    model: model.to_owned(),
                    found: "not given".to_owned(),
                })
            }
        };
        Ok(Self {
            encoder,
            labels,
            entailment,
            temperature,
        })
    }
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
        let parsed = ModelConfig::parse(&config(serde_json::json!({})), &Reading::ByName, "m").unwrap();
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
            let error = ModelConfig::parse(&json, &Reading::ByName, "m").unwrap_err();
            assert!(matches!(error, ModelError::Labels { .. }), "{error}");
            assert!(error.to_string().contains(first.as_str().unwrap()), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_refused() {
        for change in [
            serde_json::json!({"model_type": "t5"}),
            serde_json::json!({"model_type": "deberta-v2", "conv_kernel_size": 3}),
            serde_json::json!({"model_type": "deberta-v2", "embedding_size": 4}),
            serde_json::json!({"model_type": "modernbert", "global_rope_theta": 1e4,
                "global_attn_every_n_layers": 3, "local_attention": 128, "rope_scaling": {"rope_type": "linear"}}),
            serde_json::json!({"hidden_act": "gelu_new"}),
            serde_json::json!({"position_embedding_type": "relative_key"}),
        ] {
            let error = ModelConfig::parse(&config(change), &Reading::ByName, "m").unwrap_err();
            assert!(matches!(error, ModelError::Unsupported { .. }), "{error}");
        }
        for change in [
            serde_json::json!({"hidden_size": 9}),
            serde_json::json!({"num_attention_heads": 0}),
            serde_json::json!({"max_position_embeddings": 2}),
            serde_json::json!({"max_position_embeddings": 1_000_000_000_000_u64}),
            serde_json::json!({"model_type": "roberta", "pad_token_id": u64::MAX}),
            serde_json::json!({"model_type": "mpnet", "relative_attention_num_buckets": 2}),
            serde_json::json!({"model_type": "deberta-v2", "position_buckets": 1_000_000_000_000_u64}),
        ] {
            let error = ModelConfig::parse(&config(change), &Reading::ByName, "m").unwrap_err();
            assert!(matches!(error, ModelError::ImpossibleSize { .. }), "{error}");
        }
    }
}
