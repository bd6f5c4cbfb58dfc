//! The feed-forward network of a layer: linear, GELU, linear.

use std::sync::Arc;

use candle_core::Tensor;

use super::cpu::FeedForward as FeedForwardKernel;
use super::ops::{packed, Linear};
use super::Arithmetic;
use crate::model::{EncoderConfig, ModelError, Weights};

#[derive(Clone)]
pub(super) enum FeedForward {
    Candle { inner: Linear, outer: Linear },
    Cpu(Arc<FeedForwardKernel>),
}

impl FeedForward {
    pub(super) fn new(
        config: &EncoderConfig,
        weights: &Weights,
        layer: &str,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        let (hidden, middle) = (config.hidden_size, config.intermediate_size);
        let inner = format!("{layer}.intermediate.dense");
        let outer = format!("{layer}.output.dense");
        Ok(match arithmetic.product() {
            None => Self::Candle {
                inner: Linear::new(weights, &inner, hidden, middle, arithmetic)?,
                outer: Linear::new(weights, &outer, middle, hidden, arithmetic)?,
            },
            Some(product) => Self::Cpu(Arc::new(FeedForwardKernel {
                inner: packed(weights, &[&inner], hidden, middle, product)?,
                outer: packed(weights, &[&outer], middle, hidden, product)?,
            })),
        })
    }

    /// `[tokens, hidden_size]` → `[tokens, hidden_size]`.
    pub(super) fn forward(&self, hidden: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Candle { inner, outer } => outer.forward(&inner.forward(hidden)?.gelu_erf()?),
            Self::Cpu(kernel) => hidden.apply_op1_no_bwd(&kernel.as_ref()),
        }
    }
}
