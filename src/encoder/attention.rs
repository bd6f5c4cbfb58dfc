//! Multi-head self-attention within each statement of a packed batch.

use candle_core::Tensor;

use super::ops::{softmax, Linear};
use super::{PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Weights};

#[derive(Clone)]
pub(super) struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    heads: usize,
    head_size: usize,
}

impl SelfAttention {
    pub(super) fn new(config: &EncoderConfig, weights: &Weights, layer: &str) -> Result<Self, ModelError> {
        let size = config.hidden_size;
        let linear = |part: &str| Linear::new(weights, &format!("{layer}.attention.self.{part}"), size, size);
        Ok(Self {
            query: linear("query")?,
            key: linear("key")?,
            value: linear("value")?,
            heads: config.num_attention_heads,
            head_size: config.head_size(),
        })
    }

    /// `[tokens, hidden_size]` → `[tokens, hidden_size]`.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        batch: &PackedBatch,
        pass: &Pass,
    ) -> candle_core::Result<Tensor> {
        let scale = (self.head_size as f64).sqrt().recip();
        let query = (self.query.forward(hidden)? * scale)?;
        let key = self.key.forward(hidden)?;
        let value = self.value.forward(hidden)?;
        let contexts = batch
            .spans()
            .map(|(start, length)| {
                let heads = |tokens: &Tensor| {
                    tokens
                        .narrow(0, start, length)?
                        .reshape((length, self.heads, self.head_size))?
                        .transpose(0, 1)
                };
                self.attend(&heads(&query)?, &heads(&key)?, &heads(&value)?, pass)
            })
            .collect::<candle_core::Result<Vec<_>>>()?;
        Tensor::cat(&contexts, 0)
    }

    /// Attention of one statement; query, key and value are `[heads, length, head_size]`.
    fn attend(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        pass: &Pass,
    ) -> candle_core::Result<Tensor> {
        let scores = query.matmul(&key.t()?)?;
        let weights = pass.dropout(softmax(&scores, pass)?)?;
        let context = weights.matmul(value)?;
        let length = context.dim(1)?;
        context
            .transpose(0, 1)?
            .reshape((length, self.heads * self.head_size))
    }
}
