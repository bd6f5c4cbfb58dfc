//! How an encoder knows where a token stands, and what configurations say of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// How an encoder knows where a token stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Positions {
    /// An embedding for each place.
    Absolute {
        /// Rows of the table before that of a statement's first token.
        first_row: usize,
    },
    /// As [`Positions::Absolute`]; and for each head, a number for each bucket of distances is added to the attention's
    /// scores.
    Biased { first_row: usize, buckets: usize },
    /// Embeddings of distances that queries and keys meet apart from each other.
    Disentangled(Disentangled),
    /// Queries and keys are turned by their places; some layers attend to near tokens alone.
    Rotary(Rotary),
}

/// DeBERTa's relative attention.
#[derive(Clone, Debug, PartialEq)]
pub struct Disentangled {
    /// True where there are embeddings of places as well.
    pub has_absolute: bool,
    /// Half as many embeddings of distances as there are.
    pub span: usize,
    /// The greatest distance told apart from greater ones.
    pub max_distance: usize,
    /// Distances share logarithmic buckets.
    pub has_buckets: bool,
    /// Distances go through a layer's own maps for queries and keys.
    pub shares_keys: bool,
    /// Queries meet the distance of the key.
    pub content_to_position: bool,
    /// Keys meet the distance of the query.
    pub position_to_content: bool,
    /// Embeddings of distances are normalised.
    pub has_norm: bool,
}

/// ModernBERT's rotary positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotary {
    pub global_theta: f64,
    pub local_theta: f64,
    /// For each layer, whether it attends to all tokens.
    pub is_global: Vec<bool>,
    /// The others attend so far to each side.
    pub reach: usize,
    pub has_norm_bias: bool,
    pub has_attention_bias: bool,
    pub has_feed_forward_bias: bool,
    pub has_head_bias: bool,
}

/// What DeBERTa has beside.
#[derive(Deserialize)]
pub(super) struct DebertaConfig {
    relative_attention: Option<bool>,
    pos_att_type: Option<PositionTypes>,
    max_relative_positions: Option<i64>,
    position_buckets: Option<i64>,
    share_att_key: Option<bool>,
    norm_rel_ebd: Option<String>,
    position_biased_input: Option<bool>,
    pub(super) conv_kernel_size: Option<usize>,
    pub(super) embedding_size: Option<usize>,
    pub(super) pooler_hidden_act: Option<String>,
    pub(super) pooler_hidden_size: Option<usize>,
}

/// Old configurations write `c2p|p2c`, new ones a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum PositionTypes {
    Joined(String),
    Listed(Vec<String>),
}

impl PositionTypes {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Joined(joined) => joined.split('|').any(|found| found.trim() == name),
            Self::Listed(listed) => listed.iter().any(|found| found == name),
        }
    }
}

/// What ModernBERT has beside.
#[derive(Deserialize)]
pub(super) struct ModernBertConfig {
    global_rope_theta: Option<f64>,
    local_rope_theta: Option<f64>,
    global_attn_every_n_layers: Option<usize>,
    /// Since version 5 of transformers, in place of the three above.
    rope_parameters: Option<BTreeMap<String, RopeParameters>>,
    layer_types: Option<Vec<String>>,
    local_attention: usize,
    norm_bias: Option<bool>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    classifier_bias: Option<bool>,
    pub(super) classifier_activation: Option<String>,
    rope_scaling: Option<Value>,
}

#[derive(Deserialize)]
struct RopeParameters {
    rope_theta: f64,
    rope_type: Option<String>,
}

/// A hundred times what large models have.
const MOST_LAYERS: usize = 10_000;

/// Kinds of layers in `layer_types` and `rope_parameters`.
const GLOBAL: &str = "full_attention";
const LOCAL: &str = "sliding_attention";

impl DebertaConfig {
    pub(super) fn positions(&self, max_position_embeddings: usize) -> Disentangled {
        let positive = |number: Option<i64>| {
            number
                .and_then(|number| usize::try_from(number).ok())
                .filter(|&number| number > 0)
        };
        let max_distance = positive(self.max_relative_positions).unwrap_or(max_position_embeddings);
        let buckets = positive(self.position_buckets);
        let norms = self.norm_rel_ebd.as_deref().unwrap_or_default();
        let types = self
            .pos_att_type
            .as_ref()
            .filter(|_| self.relative_attention == Some(true));
        let has = |name| types.is_some_and(|types| types.has(name));
        Disentangled {
            has_absolute: self.position_biased_input.unwrap_or(true),
            span: buckets.unwrap_or(max_distance),
            max_distance,
            has_buckets: buckets.is_some(),
            shares_keys: self.share_att_key.unwrap_or(false),
            content_to_position: has("c2p"),
            position_to_content: has("p2c"),
            has_norm: norms.split('|').any(|part| part.trim() == "layer_norm"),
        }
    }
}

impl ModernBertConfig {
    /// # Errors
    /// What is missing or not known.
    pub(super) fn positions(&self, layers: usize) -> Result<Rotary, String> {
        if let Some(scaling) = self.rope_scaling.as_ref().filter(|scaling| !scaling.is_null()) {
            return Err(format!("rope_scaling `{scaling}`"));
        }
        let theta = |kind: &str| {
            let parameters = self.rope_parameters.as_ref().and_then(|kinds| kinds.get(kind));
            let scaled = parameters.and_then(|parameters| parameters.rope_type.as_deref());
            match scaled.filter(|kind| *kind != "default") {
                Some(kind) => Err(format!("rope_type `{kind}`")),
                None => Ok(parameters.map(|parameters| parameters.rope_theta)),
            }
        };
        let global_theta = theta(GLOBAL)?.or(self.global_rope_theta);
        let global_theta = global_theta.ok_or("neither rope_parameters nor global_rope_theta")?;
        if layers > MOST_LAYERS {
            return Err(format!("num_hidden_layers {layers}"));
        }
        let is_global = match (&self.layer_types, self.global_attn_every_n_layers) {
            (Some(types), _) if types.len() != layers => {
                return Err(format!("{} layer_types for {layers} layers", types.len()))
            }
            (Some(types), _) => match types
                .iter()
                .find(|kind| ![GLOBAL, LOCAL].contains(&kind.as_str()))
            {
                Some(kind) => return Err(format!("layer type `{kind}`")),
                None => types.iter().map(|kind| kind == GLOBAL).collect(),
            },
            (None, Some(every)) if every > 0 => (0..layers).map(|index| index % every == 0).collect(),
            (None, _) => return Err("neither layer_types nor global_attn_every_n_layers".to_owned()),
        };
        Ok(Rotary {
            global_theta,
            local_theta: theta(LOCAL)?.or(self.local_rope_theta).unwrap_or(global_theta),
            is_global,
            reach: self.local_attention / 2,
            has_norm_bias: self.norm_bias.unwrap_or(false),
            has_attention_bias: self.attention_bias.unwrap_or(false),
            has_feed_forward_bias: self.mlp_bias.unwrap_or(false),
            has_head_bias: self.classifier_bias.unwrap_or(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotary(json: serde_json::Value, layers: usize) -> Result<Rotary, String> {
        ModernBertConfig::deserialize(json).unwrap().positions(layers)
    }

    /// Both ways of writing the same.
    #[test]
    fn transformers_4_and_5_write_modern_bert_alike() {
        let old = serde_json::json!({
            "global_rope_theta": 160000.0, "local_rope_theta": 10000.0, "global_attn_every_n_layers": 3,
            "local_attention": 128,
        });
        let (full, sliding) = ("full_attention", "sliding_attention");
        let new = serde_json::json!({
            "layer_types": [full, sliding, sliding, full], "local_attention": 128,
            "rope_parameters": {full: {"rope_theta": 160000.0, "rope_type": "default"}, sliding: {"rope_theta": 10000.0}},
        });
        let found = rotary(old, 4).unwrap();
        assert_eq!(found.is_global, [true, false, false, true]);
        assert_eq!(found.reach, 64);
        assert_eq!(rotary(new.clone(), 4).unwrap(), found);
        assert!(rotary(new.clone(), 5)
            .unwrap_err()
            .contains("4 layer_types for 5 layers"));
        let mut scaled = new;
        scaled["rope_parameters"][full]["rope_type"] = "yarn".into();
        assert!(rotary(scaled, 4).unwrap_err().contains("`yarn`"));
        assert!(rotary(serde_json::json!({"local_attention": 8}), 4).is_err());
    }

    #[test]
    fn nothing_may_be_written_as_null() {
        let config =
            serde_json::json!({"relative_attention": false, "pos_att_type": null, "norm_rel_ebd": null});
        let found = DebertaConfig::deserialize(config).unwrap().positions(512);
        assert!(!found.content_to_position && !found.has_norm && found.has_absolute);
    }
}
