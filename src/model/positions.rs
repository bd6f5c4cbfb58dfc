//! How an encoder knows where a token stands, and what configurations say of it.

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
    /// Of so many layers, the first attends to all tokens.
    pub global_every: usize,
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
    #[serde(default)]
    relative_attention: bool,
    #[serde(default)]
    pos_att_type: PositionTypes,
    max_relative_positions: Option<i64>,
    position_buckets: Option<i64>,
    #[serde(default)]
    share_att_key: bool,
    #[serde(default)]
    norm_rel_ebd: String,
    position_biased_input: Option<bool>,
    #[serde(default)]
    pub(super) conv_kernel_size: usize,
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

impl Default for PositionTypes {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
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
    global_rope_theta: f64,
    local_rope_theta: Option<f64>,
    global_attn_every_n_layers: usize,
    local_attention: usize,
    #[serde(default)]
    norm_bias: bool,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default)]
    classifier_bias: bool,
    pub(super) classifier_activation: Option<String>,
    pub(super) rope_scaling: Option<Value>,
}

impl DebertaConfig {
    pub(super) fn positions(&self, max_position_embeddings: usize) -> Disentangled {
        let positive = |number: Option<i64>| {
            number
                .and_then(|number| usize::try_from(number).ok())
                .filter(|&number| number > 0)
        };
        let max_distance = positive(self.max_relative_positions).unwrap_or(max_position_embeddings);
        let buckets = positive(self.position_buckets);
        let has = |name| self.relative_attention && self.pos_att_type.has(name);
        Disentangled {
            has_absolute: self.position_biased_input.unwrap_or(true),
            span: buckets.unwrap_or(max_distance),
            max_distance,
            has_buckets: buckets.is_some(),
            shares_keys: self.share_att_key,
            content_to_position: has("c2p"),
            position_to_content: has("p2c"),
            has_norm: self
                .norm_rel_ebd
                .split('|')
                .any(|part| part.trim() == "layer_norm"),
        }
    }
}

impl ModernBertConfig {
    pub(super) fn positions(&self) -> Rotary {
        Rotary {
            global_theta: self.global_rope_theta,
            local_theta: self.local_rope_theta.unwrap_or(self.global_rope_theta),
            global_every: self.global_attn_every_n_layers,
            reach: self.local_attention / 2,
            has_norm_bias: self.norm_bias,
            has_attention_bias: self.attention_bias,
            has_feed_forward_bias: self.mlp_bias,
            has_head_bias: self.classifier_bias,
        }
    }
}
