//! The shape of an encoder, whichever architecture it is of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::positions::{DebertaConfig, ModernBertConfig};
use super::{Architecture, ModelError, Positions};

/// The shape of an encoder, as `config.json` gives it.
#[derive(Clone, Debug)]
pub struct EncoderConfig {
    pub architecture: Architecture,
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    /// How many tokens of a statement it reads, special ones included.
    pub max_position_embeddings: usize,
    /// 0 where it knows no segments.
    pub type_vocab_size: usize,
    pub layer_norm_eps: f64,
    pub classifier_pooling: Pooling,
    /// What follows the head's first linear map.
    pub head_activation: HeadActivation,
    pub positions: Positions,
}

/// How the hidden states of a statement's tokens become the one vector that is classified.
///
/// `classifier_pooling` in `config.json`, the field's name in ModernBERT's configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The first token's state, through the head's first linear map.
    #[default]
    Cls,
    /// The mean of all tokens' states; in BERT, without that map.
    Mean,
}

/// What follows the head's first linear map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadActivation {
    Tanh,
    Relu,
    Gelu,
}

/// What all architectures have, by their various names.
#[derive(Deserialize)]
struct Common {
    vocab_size: usize,
    #[serde(alias = "dim")]
    hidden_size: usize,
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    #[serde(alias = "hidden_dim")]
    intermediate_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: Option<usize>,
    #[serde(alias = "norm_eps")]
    layer_norm_eps: Option<f64>,
    #[serde(alias = "activation", alias = "hidden_activation")]
    hidden_act: Option<String>,
    position_embedding_type: Option<String>,
    pad_token_id: Option<usize>,
    #[serde(default)]
    classifier_pooling: Pooling,
}

impl EncoderConfig {
    /// Reads an encoder's shape.
    ///
    /// # Errors
    /// A field that is missing or of another kind; what the architecture allows and Demarche cannot run; impossible sizes.
    pub(super) fn parse(json: &Value, model: &str) -> Result<Self, ModelError> {
        let architecture = Architecture::of(json, model)?;
        let common: Common = parsed(json, model)?;
        let unsupported = |what: &str, found: &str, known: &'static str| ModelError::Unsupported {
            model: model.to_owned(),
            what: format!("{what} `{found}`"),
            known,
        };
        if let Some(found) = common.hidden_act.as_deref().filter(|found| *found != "gelu") {
            return Err(unsupported("activation", found, "gelu"));
        }
        let kind = common.position_embedding_type.as_deref();
        if let Some(found) = kind.filter(|found| *found != "absolute") {
            return Err(unsupported("position embedding", found, "absolute"));
        }
        // In RoBERTa and its descendants, padding has the first rows of the table.
        let padded = common.pad_token_id.unwrap_or(1).saturating_add(1);
        let (positions, head_activation) = match architecture {
            Architecture::Bert => (Positions::Absolute { first_row: 0 }, HeadActivation::Tanh),
            Architecture::DistilBert => (Positions::Absolute { first_row: 0 }, HeadActivation::Relu),
            Architecture::Roberta | Architecture::XlmRoberta => {
                (Positions::Absolute { first_row: padded }, HeadActivation::Tanh)
            }
            Architecture::MpNet => {
                let buckets = json["relative_attention_num_buckets"].as_u64();
                let buckets = buckets.unwrap_or(MPNET_BUCKETS) as usize;
                // MPNet's own rows begin there whatever token pads.
                let first_row = MPNET_FIRST_ROW;
                (Positions::Biased { first_row, buckets }, HeadActivation::Tanh)
            }
            Architecture::DebertaV2 => {
                let own: DebertaConfig = parsed(json, model)?;
                if let Some(width) = own.conv_kernel_size.filter(|&width| width > 0) {
                    let found = width.to_string();
                    return Err(unsupported(
                        "a convolution of width",
                        &found,
                        "DeBERTa without one",
                    ));
                }
                for (what, size) in [
                    ("embeddings of width", own.embedding_size),
                    ("a pooler of width", own.pooler_hidden_size),
                ] {
                    if let Some(size) = size.filter(|&size| size != common.hidden_size) {
                        return Err(unsupported(
                            what,
                            &size.to_string(),
                            "those as wide as hidden_size",
                        ));
                    }
                }
                let activation = own.pooler_hidden_act.as_deref();
                if let Some(found) = activation.filter(|found| *found != "gelu") {
                    return Err(unsupported("pooler activation", found, "gelu"));
                }
                let positions = own.positions(common.max_position_embeddings);
                (Positions::Disentangled(positions), HeadActivation::Gelu)
            }
            Architecture::ModernBert => {
                let own: ModernBertConfig = parsed(json, model)?;
                let activation = own.classifier_activation.as_deref();
                if let Some(found) = activation.filter(|found| *found != "gelu") {
                    return Err(unsupported("classifier activation", found, "gelu"));
                }
                let positions = own.positions(common.num_hidden_layers);
                let positions = positions.map_err(|what| ModelError::Unsupported {
                    model: model.to_owned(),
                    what,
                    known: "ModernBERT as transformers writes it, without scaled positions",
                })?;
                (Positions::Rotary(positions), HeadActivation::Gelu)
            }
        };
        let first_row = match positions {
            Positions::Absolute { first_row } | Positions::Biased { first_row, .. } => first_row,
            Positions::Disentangled(_) | Positions::Rotary(_) => 0,
        };
        let config = Self {
            architecture,
            vocab_size: common.vocab_size,
            hidden_size: common.hidden_size,
            num_hidden_layers: common.num_hidden_layers,
            num_attention_heads: common.num_attention_heads,
            intermediate_size: common.intermediate_size,
            max_position_embeddings: common.max_position_embeddings.saturating_sub(first_row),
            type_vocab_size: common.type_vocab_size.unwrap_or(match architecture {
                Architecture::Bert => 2,
                _ => 0,
            }),
            layer_norm_eps: common.layer_norm_eps.unwrap_or(match architecture {
                Architecture::DebertaV2 => 1e-7,
                Architecture::ModernBert => 1e-5,
                _ => 1e-12,
            }),
            classifier_pooling: common.classifier_pooling,
            head_activation,
            positions,
        };
        config.check_sizes(model)?;
        Ok(config)
    }

    /// Multiplications and additions of all linear maps for one token.
    pub fn operations_per_token(&self) -> usize {
        let (hidden, middle) = (self.hidden_size, self.intermediate_size);
        // ModernBERT's feed-forward network has a gate as wide as its middle.
        let maps = match self.architecture {
            Architecture::ModernBert => 3,
            _ => 2,
        };
        2 * self.num_hidden_layers * (4 * hidden * hidden + maps * hidden * middle)
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

    /// How many segments are told apart: a statement, and a hypothesis beside it.
    pub fn segments(&self) -> usize {
        self.type_vocab_size.clamp(1, 2)
    }

    /// The place of the first token of a second segment, were it the first of all: behind all places of the first segment
    /// where segments are told apart.
    pub fn second_segment_row(&self) -> usize {
        (self.segments() - 1) * self.max_position_embeddings
    }

    /// True where layers are BERT's with absolute positions alone: what the fast kernels compute.
    pub fn is_plain_bert(&self) -> bool {
        matches!(self.positions, Positions::Absolute { .. })
    }

    /// The row of the table of positions that a statement's first token has; `None` where there is no such table.
    pub fn first_position_row(&self) -> Option<usize> {
        match &self.positions {
            Positions::Absolute { first_row } | Positions::Biased { first_row, .. } => Some(*first_row),
            Positions::Disentangled(own) => own.has_absolute.then_some(0),
            Positions::Rotary(_) => None,
        }
    }

    /// A size that no model has, and that no tensor would show to be wrong before there is a table of it.
    fn beyond_any(&self) -> Option<(&'static str, usize)> {
        let span = match &self.positions {
            Positions::Disentangled(own) => own.span,
            _ => 0,
        };
        let sizes = [
            ("max_position_embeddings", self.max_position_embeddings),
            ("the span of relative positions", span),
        ];
        sizes.into_iter().find(|(_, size)| *size > MOST_POSITIONS)
    }

    fn check_sizes(&self, model: &str) -> Result<(), ModelError> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
        ];
        let zero = sizes.iter().find(|(_, size)| *size == 0);
        let what = if let Some((name, _)) = zero {
            format!("{name} is 0")
        } else if self.max_position_embeddings < 3 {
            // [CLS], one token of the statement, [SEP].
            "max_position_embeddings leaves room for fewer than 3 tokens".to_owned()
        } else if let Some((name, size)) = self.beyond_any() {
            format!("{name} is {size}")
        } else if matches!(self.positions, Positions::Biased { buckets: 0..4, .. }) {
            "relative_attention_num_buckets is under 4".to_owned()
        } else if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            format!(
                "hidden_size {} is no multiple of num_attention_heads {}",
                self.hidden_size, self.num_attention_heads
            )
        } else if matches!(self.positions, Positions::Rotary(_)) && !self.head_size().is_multiple_of(2) {
            format!("heads of width {} cannot be turned in pairs", self.head_size())
        } else {
            return Ok(());
        };
        Err(ModelError::ImpossibleSize {
            model: model.to_owned(),
            what,
        })
    }
}

/// A hundred times what long readers read.
const MOST_POSITIONS: usize = 1_000_000;

/// transformers' own where a configuration does not say.
const MPNET_BUCKETS: u64 = 32;
const MPNET_FIRST_ROW: usize = 2;

fn parsed<T: serde::de::DeserializeOwned>(json: &Value, model: &str) -> Result<T, ModelError> {
    T::deserialize(json).map_err(|source| ModelError::Config {
        model: model.to_owned(),
        source,
    })
}
