//! Multi-head self-attention within each statement of a packed batch.

use std::sync::Arc;

use candle_core::Tensor;

use super::cpu::{Attention as AttentionKernel, PackedLinear};
use super::ops::{packed, softmax, Linear};
use super::{Arithmetic, PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Weights};

#[derive(Clone)]
pub(super) struct SelfAttention {
    projections: Projections,
    heads: usize,
    head_size: usize,
}

/// The maps from states to queries, keys and values.
#[derive(Clone)]
enum Projections {
    Candle {
        query: Linear,
        key: Linear,
        value: Linear,
    },
    /// All three as one.
    Cpu(Arc<PackedLinear>),
}

impl SelfAttention {
    pub(super) fn new(
        config: &EncoderConfig,
        weights: &Weights,
        layer: &str,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        let size = config.hidden_size;
        let names = ["query", "key", "value"].map(|part| format!("{layer}.attention.self.{part}"));
        let projections = match arithmetic.product() {
            None => {
                let linear = |name: &str| Linear::new(weights, name, size, size, arithmetic);
                Projections::Candle {
                    query: linear(&names[0])?,
                    key: linear(&names[1])?,
                    value: linear(&names[2])?,
                }
            }
            Some(product) => {
                let names = names.each_ref().map(String::as_str);
                Projections::Cpu(Arc::new(packed(weights, &names, size, size, product)?))
            }
        };
        Ok(Self {
            projections,
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
        let (query, key, value) = match &self.projections {
            Projections::Candle { query, key, value } => (query, key, value),
            Projections::Cpu(projection) => {
                return hidden.apply_op1_no_bwd(&AttentionKernel {
                    projection,
                    lengths: &batch.lengths,
                    heads: self.heads,
                    head_size: self.head_size,
                })
            }
        };
        let scale = (self.head_size as f64).sqrt().recip();
        let query = (query.forward(hidden)? * scale)?;
        let key = key.forward(hidden)?;
        let value = value.forward(hidden)?;
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
