//! One transformer layer: attention and a feed-forward network, each added and normalised.

use candle_core::Tensor;

use super::attention::SelfAttention;
use super::feed_forward::FeedForward;
use super::ops::{AddNorm, Linear};
use super::relative::Distances;
use super::{Arithmetic, PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Weights};

#[derive(Clone)]
pub(super) struct EncoderLayer {
    attention: SelfAttention,
    attention_output: Linear,
    attention_norm: AddNorm,
    feed_forward: FeedForward,
    output_norm: AddNorm,
}

impl EncoderLayer {
    pub(super) fn new(
        config: &EncoderConfig,
        weights: &Weights,
        index: usize,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        let layer = format!("encoder.layer.{index}");
        let hidden = config.hidden_size;
        let norm = |part: &str| {
            let name = format!("{layer}.{part}");
            AddNorm::new(weights, &name, hidden, config.layer_norm_eps, arithmetic)
        };
        let attention_output = format!("{layer}.attention.output.dense");
        Ok(Self {
            attention: SelfAttention::new(config, weights, &layer, arithmetic)?,
            attention_output: Linear::new(weights, &attention_output, hidden, hidden, arithmetic)?,
            attention_norm: norm("attention.output.LayerNorm")?,
            feed_forward: FeedForward::new(config, weights, &layer, arithmetic)?,
            output_norm: norm("output.LayerNorm")?,
        })
    }

    /// `[tokens, hidden_size]` → `[tokens, hidden_size]`.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        batch: &PackedBatch,
        distances: &Distances,
        pass: &Pass,
    ) -> candle_core::Result<Tensor> {
        let context = self.attention.forward(hidden, batch, distances, pass)?;
        let attended = pass.dropout(self.attention_output.forward(&context)?)?;
        let hidden = self.attention_norm.forward(&attended, hidden, pass)?;
        let output = pass.dropout(self.feed_forward.forward(&hidden)?)?;
        self.output_norm.forward(&output, &hidden, pass)
    }
}
