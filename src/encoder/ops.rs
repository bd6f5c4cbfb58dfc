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
    pub(super) fn new(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            weight: weights.get(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: weights.get(&format!("{name}.bias"), &[outputs])?,
        })
    }

    /// `[rows, in]` → `[rows, out]`; a row's result is the same, to the last bit, whatever rows
    /// stand beside it.
    pub(super) fn forward(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        let rows = input.dim(0)?;
        let fewest = (LARGEST_SMALL_PRODUCT / self.bias.dim(0)? + 1).max(2);
        let product = with_rows(fewest, input)?.matmul(&self.weight.t()?)?;
        product.narrow(0, 0, rows)?.broadcast_add(&self.bias)
    }
}

/// Candle's matrix product (the crate `gemm`) has kernels of their own for a lone row and for
/// results of at most this many elements, which sum in another order than its main one. Rows of
/// zeros keep every product out of their reach, so that the number of rows decides nothing.
const LARGEST_SMALL_PRODUCT: usize = 16 * 16;

/// The input, with rows of zeros after its own where it has fewer than `wanted`.
fn with_rows(wanted: usize, input: &Tensor) -> candle_core::Result<Tensor> {
    let (rows, columns) = input.dims2()?;
    if rows >= wanted {
        return Ok(input.clone());
    }
    let zeros = Tensor::zeros((wanted - rows, columns), input.dtype(), input.device())?;
    Tensor::cat(&[input, &zeros], 0)
}

/// Layer normalisation over the last dimension (Ba et al., 2016).
#[derive(Clone)]
pub(super) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    pub(super) fn new(weights: &Weights, name: &str, size: usize, eps: f64) -> Result<Self, ModelError> {
        Ok(Self {
            weight: weights.get(&format!("{name}.weight"), &[size])?,
            bias: weights.get(&format!("{name}.bias"), &[size])?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_row_is_the_same_whatever_stands_beside_it() {
        let device = Device::Cpu;
        for (inputs, outputs) in [
            (384, 4),
            (32, 32),
            (32, 64),
            (64, 65),
            (384, 384),
            (384, 1536),
            (1536, 384),
        ] {
            let linear = Linear {
                weight: Tensor::randn(0f32, 1.0, (outputs, inputs), &device).unwrap(),
                bias: Tensor::randn(0f32, 1.0, outputs, &device).unwrap(),
            };
            let input = Tensor::randn(0f32, 1.0, (1100, inputs), &device).unwrap();
            let all = linear.forward(&input).unwrap().to_vec2::<f32>().unwrap();
            for rows in [1, 2, 3, 17, 63, 64, 65, 66, 128, 129, 513, 1025] {
                let start = 1100 - rows;
                let some = linear.forward(&input.narrow(0, start, rows).unwrap()).unwrap();
                let some = some.to_vec2::<f32>().unwrap();
                assert!(some == all[start..], "{inputs} × {outputs}, {rows} rows");
            }
        }
    }
}
