//! One transformer layer: attention and a feed-forward network, each added and normalised.

use candle_core::Tensor;

use super::attention::SelfAttention;
use super::ops::{LayerNorm, Linear};
use super::{PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Weights};

#[derive(Clone)]
pub(super) struct EncoderLayer {
    attention: SelfAttention,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
}

impl EncoderLayer {
    pub(super) fn new(config: &EncoderConfig, weights: &Weights, index: usize) -> Result<Self, ModelError> {
        let layer = format!("encoder.layer.{index}");
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let linear =
            |part: &str, inputs, outputs| Linear::new(weights, &format!("{layer}.{part}"), inputs, outputs);
        let norm =
            |part: &str| LayerNorm::new(weights, &format!("{layer}.{part}"), hidden, config.layer_norm_eps);
        Ok(Self {
            attention: SelfAttention::new(config, weights, &layer)?,
            attention_output: linear("attention.output.dense", hidden, hidden)?,
            attention_norm: norm("attention.output.LayerNorm")?,
            intermediate: linear("intermediate.dense", hidden, inner)?,
            output: linear("output.dense", inner, hidden)?,
            output_norm: norm("output.LayerNorm")?,
        })
    }

    /// `[tokens, hidden_size]` → `[tokens, hidden_size]`.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        batch: &PackedBatch,
        pass: &Pass,
    ) -> candle_core::Result<Tensor> {
        let context = self.attention.forward(hidden, batch, pass)?;
        let attended = pass.dropout(self.attention_output.forward(&context)?)?;
        let hidden = self.attention_norm.forward(&attended.add(hidden)?, pass)?;
        let inner = self.intermediate.forward(&hidden)?.gelu_erf()?;
        let output = pass.dropout(self.output.forward(&inner)?)?;
        self.output_norm.forward(&output.add(&hidden)?, pass)
    }
}
