//! Multi-head self-attention within each statement of a packed batch.

use std::sync::Arc;

use candle_core::Tensor;

use super::cpu::{Attention as AttentionKernel, PackedLinear};
use super::ops::{packed, softmax, Linear};
use super::relative::{Distances, RelativeScores};
use super::{Arithmetic, PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Weights};

#[derive(Clone)]
pub(super) struct SelfAttention {
    projections: Projections,
    /// Where scores depend on distances.
    relative: Option<RelativeScores>,
    heads: usize,
    head_size: usize,
}

/// The maps from states to queries, keys and values.
#[derive(Clone)]
enum Projections {
    Separate {
        query: Linear,
        key: Linear,
        value: Linear,
    },
    /// All three as one, for the kernel that does the rest, too.
    Fused(Arc<PackedLinear>),
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
        let relative = RelativeScores::new(config, weights, layer)?;
        let projections = match arithmetic.product() {
            // The kernel knows no distances.
            Some(product) if relative.is_none() => {
                let names = names.each_ref().map(String::as_str);
                Projections::Fused(Arc::new(packed(weights, &names, size, size, product)?))
            }
            _ => {
                let linear = |name: &str| Linear::new(weights, name, size, size, arithmetic);
                Projections::Separate {
                    query: linear(&names[0])?,
                    key: linear(&names[1])?,
                    value: linear(&names[2])?,
                }
            }
        };
        Ok(Self {
            projections,
            relative,
            heads: config.num_attention_heads,
            head_size: config.head_size(),
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
        let (query, key, value) = match &self.projections {
            Projections::Separate { query, key, value } => (query, key, value),
            Projections::Fused(projection) => {
                return hidden.apply_op1_no_bwd(&AttentionKernel {
                    projection,
                    lengths: &batch.lengths,
                    heads: self.heads,
                    head_size: self.head_size,
                })
            }
        };
        let terms = self.relative.as_ref().map_or(1, RelativeScores::terms);
        let scale = ((self.head_size * terms) as f64).sqrt().recip();
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
                        .transpose(0, 1)?
                        .contiguous()
                };
                let (query, key) = (heads(&query)?, heads(&key)?);
                let mut scores = query.matmul(&key.t()?)?;
                if let Some(relative) = &self.relative {
                    let added = relative.scores(&query, &(&key * scale)?, distances.of(length)?)?;
                    scores = (scores + added)?;
                }
                self.attend(&scores, &heads(&value)?, pass)
            })
            .collect::<candle_core::Result<Vec<_>>>()?;
        Tensor::cat(&contexts, 0)
    }

    /// Contexts of one statement, by its scores `[heads, length, length]` and values `[heads, length, head_size]`.
    fn attend(&self, scores: &Tensor, value: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        let weights = pass.dropout(softmax(scores, pass)?)?;
        let context = weights.matmul(value)?;
        let length = context.dim(1)?;
        context
            .transpose(0, 1)?
            .reshape((length, self.heads * self.head_size))
    }
}
