//! Token ids → the first hidden states: word, position and segment embeddings, normalised.

use candle_core::Tensor;

use super::ops::LayerNorm;
use super::{PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Weights};

#[derive(Clone)]
pub(super) struct Embeddings {
    /// `[vocab_size, hidden_size]`.
    words: Tensor,
    /// `[max_position_embeddings, hidden_size]`.
    positions: Tensor,
    /// `[type_vocab_size, hidden_size]`; a statement alone is always segment 0.
    segments: Tensor,
    norm: LayerNorm,
}

impl Embeddings {
    pub(super) fn new(config: &EncoderConfig, weights: &Weights) -> Result<Self, ModelError> {
        let hidden = config.hidden_size;
        let table = |name: &str, rows: usize| {
            weights.get(&format!("embeddings.{name}_embeddings.weight"), &[rows, hidden])
        };
        Ok(Self {
            words: table("word", config.vocab_size)?,
            positions: table("position", config.max_position_embeddings)?,
            segments: table("token_type", config.type_vocab_size)?,
            norm: LayerNorm::new(weights, "embeddings.LayerNorm", hidden, config.layer_norm_eps)?,
        })
    }

    /// `[tokens, hidden_size]`.
    pub(super) fn forward(&self, batch: &PackedBatch, pass: &Pass) -> candle_core::Result<Tensor> {
        let words = self.words.index_select(&batch.token_ids, 0)?;
        let positions = self.positions.index_select(&batch.positions, 0)?;
        let segment = self.segments.narrow(0, 0, 1)?;
        let sum = words.add(&positions)?.broadcast_add(&segment)?;
        pass.dropout(self.norm.forward(&sum, pass)?)
    }
}
