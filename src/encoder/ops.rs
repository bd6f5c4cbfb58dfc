//! The two building blocks that every layer shares: linear maps and layer normalisation.

use candle_core::{DType, Tensor, D};

use super::Pass;
use crate::model::{ModelError, Weights};

/// `x · Wᵀ + b` over the last dimension.
#[derive(Clone)]
pub(super) struct Linear {
    /// `[out, in]`, as the files hold it.
    weight: Tensor,
    /// `[out]`.
    bias: Tensor,
}

impl Linear {
    pub(super) fn encoder(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            weight: weights.encoder(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: weights.encoder(&format!("{name}.bias"), &[outputs])?,
        })
    }

    pub(super) fn head(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            weight: weights.head(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: weights.head(&format!("{name}.bias"), &[outputs])?,
        })
    }

    /// `[rows, in]` → `[rows, out]`.
    ///
    /// A single row is summed in another order than the same row among several (a matrix-vector
    /// kernel serves it), so a lone row is doubled to keep results independent of the batch.
    pub(super) fn forward(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        let rows = input.dim(0)?;
        let weight = self.weight.t()?;
        let product = if rows == 1 {
            Tensor::cat(&[input, input], 0)?
                .matmul(&weight)?
                .narrow(0, 0, 1)?
        } else {
            input.matmul(&weight)?
        };
        product.broadcast_add(&self.bias)
    }
}

/// Layer normalisation over the last dimension (Ba et al., 2016).
#[derive(Clone)]
pub(super) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    pub(super) fn encoder(weights: &Weights, name: &str, size: usize, eps: f64) -> Result<Self, ModelError> {
        Ok(Self {
            weight: weights.encoder(&format!("{name}.weight"), &[size])?,
            bias: weights.encoder(&format!("{name}.bias"), &[size])?,
            eps,
        })
    }

    pub(super) fn forward(&self, input: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        match pass {
            Pass::Inference => {
                candle_nn::ops::layer_norm(&input.contiguous()?, &self.weight, &self.bias, self.eps as f32)
            }
            Pass::Training(_) => {
                candle_nn::ops::layer_norm_slow(input, &self.weight, &self.bias, self.eps as f32)
            }
        }
    }
}

/// Softmax over the last dimension.
pub(super) fn softmax(scores: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
    debug_assert_eq!(scores.dtype(), DType::F32);
    match pass {
        Pass::Inference => candle_nn::ops::softmax_last_dim(scores),
        Pass::Training(_) => candle_nn::ops::softmax(scores, D::Minus1),
    }
}
