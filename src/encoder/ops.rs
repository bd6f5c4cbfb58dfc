//! The building blocks that every layer shares: linear maps and add-and-normalise.

use std::sync::Arc;

use candle_core::{DType, Tensor, D};

use super::cpu::{AddNorm as AddNormKernel, PackedLinear, Product};
use super::{Arithmetic, Pass};
use crate::model::{ModelError, Weights};

/// `x · Wᵀ + b` over the last dimension.
#[derive(Clone)]
pub(super) enum Linear {
    Candle {
        /// `[out, in]`, as the files hold it.
        weight: Tensor,
        /// `[out]`.
        bias: Tensor,
    },
    Cpu(Arc<PackedLinear>),
}

impl Linear {
    pub(super) fn new(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        match arithmetic.product() {
            None => Ok(Self::Candle {
                weight: weights.get(&format!("{name}.weight"), &[outputs, inputs])?,
                bias: weights.get(&format!("{name}.bias"), &[outputs])?,
            }),
            Some(product) => Ok(Self::Cpu(Arc::new(packed(
                weights,
                &[name],
                inputs,
                outputs,
                product,
            )?))),
        }
    }

    /// As [`Linear::new`], of a map that may come without a bias.
    pub(super) fn with_optional_bias(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
        has_bias: bool,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        if has_bias {
            return Self::new(weights, name, inputs, outputs, arithmetic);
        }
        let weight = format!("{name}.weight");
        Ok(match arithmetic.product() {
            None => {
                let weight = weights.get(&weight, &[outputs, inputs])?;
                Self::Candle {
                    bias: weights.zeros(outputs, &weight)?,
                    weight,
                }
            }
            Some(product) => {
                let weight = weights.floats(&weight, &[outputs, inputs])?;
                Self::Cpu(Arc::new(PackedLinear::new(
                    &weight,
                    vec![0.0; outputs],
                    inputs,
                    product,
                )))
            }
        })
    }

    /// `[rows, in]` → `[rows, out]`; a row's result is the same, to the last bit, whatever rows
    /// stand beside it.
    pub(super) fn forward(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        let (weight, bias) = match self {
            Self::Candle { weight, bias } => (weight, bias),
            Self::Cpu(packed) => return input.apply_op1_no_bwd(&packed.as_ref()),
        };
        let rows = input.dim(0)?;
        let fewest = (LARGEST_SMALL_PRODUCT / bias.dim(0)? + 1).max(2);
        let product = with_rows(fewest, input)?.matmul(&weight.t()?)?;
        product.narrow(0, 0, rows)?.broadcast_add(bias)
    }
}

/// The linear maps of these names, each `inputs` → `outputs`, packed as one, their outputs side by side.
pub(super) fn packed(
    weights: &Weights,
    names: &[&str],
    inputs: usize,
    outputs: usize,
    product: Product,
) -> Result<PackedLinear, ModelError> {
    let (weight, bias) = weights.linear(names, inputs, outputs)?;
    Ok(PackedLinear::new(&weight, bias, inputs, product))
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

/// Layer normalisation of a sum over the last dimension (Ba et al., 2016).
#[derive(Clone)]
pub(super) enum AddNorm {
    Candle { weight: Tensor, bias: Tensor, eps: f32 },
    Cpu(Arc<AddNormKernel>),
}

impl AddNorm {
    pub(super) fn new(
        weights: &Weights,
        name: &str,
        size: usize,
        eps: f64,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        Ok(match arithmetic {
            Arithmetic::Candle => Self::Candle {
                weight: weights.get(&format!("{name}.weight"), &[size])?,
                bias: weights.get(&format!("{name}.bias"), &[size])?,
                eps: eps as f32,
            },
            Arithmetic::Float32 | Arithmetic::Int8 => {
                Self::Cpu(Arc::new(norm_kernel(weights, name, size, eps)?))
            }
        })
    }

    pub(super) fn forward(&self, left: &Tensor, right: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        let (weight, bias, eps) = match self {
            Self::Candle { weight, bias, eps } => (weight, bias, *eps),
            Self::Cpu(kernel) => return left.apply_op2_no_bwd(right, &kernel.as_ref()),
        };
        layer_norm(&left.add(right)?.contiguous()?, weight, bias, eps, pass)
    }
}

/// Layer normalisation over the last dimension, whose bias may be missing.
#[derive(Clone)]
pub(super) struct Norm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl Norm {
    pub(super) fn new(
        weights: &Weights,
        name: &str,
        size: usize,
        eps: f64,
        has_bias: bool,
    ) -> Result<Self, ModelError> {
        let weight = weights.get(&format!("{name}.weight"), &[size])?;
        let bias = match has_bias {
            true => weights.get(&format!("{name}.bias"), &[size])?,
            false => weights.zeros(size, &weight)?,
        };
        Ok(Self {
            weight,
            bias,
            eps: eps as f32,
        })
    }

    pub(super) fn forward(&self, states: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        layer_norm(&states.contiguous()?, &self.weight, &self.bias, self.eps, pass)
    }
}

fn layer_norm(
    states: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    eps: f32,
    pass: &Pass,
) -> candle_core::Result<Tensor> {
    match pass {
        Pass::Inference => candle_nn::ops::layer_norm(states, weight, bias, eps),
        Pass::Training(_) => candle_nn::ops::layer_norm_slow(states, weight, bias, eps),
    }
}

/// The CPU kernel of a layer normalisation.
pub(super) fn norm_kernel(
    weights: &Weights,
    name: &str,
    size: usize,
    eps: f64,
) -> Result<AddNormKernel, ModelError> {
    Ok(AddNormKernel {
        weight: weights.floats(&format!("{name}.weight"), &[size])?,
        bias: weights.floats(&format!("{name}.bias"), &[size])?,
        eps: eps as f32,
    })
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
    use rayon::prelude::*;

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
            let tensors = [
                ("l.weight", Tensor::randn(0f32, 1.0, (outputs, inputs), &device)),
                ("l.bias", Tensor::randn(0f32, 1.0, outputs, &device)),
            ];
            let tensors = tensors.map(|(name, tensor)| (name.to_owned(), tensor.unwrap()));
            let weights = Weights::new("m", tensors.into());
            let input = Tensor::randn(0f32, 1.0, (1100, inputs), &device).unwrap();
            for arithmetic in [Arithmetic::Candle, Arithmetic::Float32, Arithmetic::Int8] {
                let linear = Linear::new(&weights, "l", inputs, outputs, arithmetic).unwrap();
                let all = linear.forward(&input).unwrap().to_vec2::<f32>().unwrap();
                for rows in [1, 2, 3, 17, 63, 64, 65, 66, 128, 129, 513, 1025] {
                    let start = 1100 - rows;
                    let some = linear.forward(&input.narrow(0, start, rows).unwrap()).unwrap();
                    let some = some.to_vec2::<f32>().unwrap();
                    assert!(
                        some == all[start..],
                        "{arithmetic:?}, {inputs} × {outputs}, {rows} rows"
                    );
                }
            }
        }
    }

    /// Products split over a pool whose threads run such maps themselves.
    #[test]
    fn it_can_run_in_a_shared_pool() {
        let device = Device::Cpu;
        let tensors = [
            ("l.weight", Tensor::randn(0f32, 1.0, (1024, 64), &device)),
            ("l.bias", Tensor::randn(0f32, 1.0, 1024, &device)),
        ];
        let weights = Weights::new(
            "m",
            tensors
                .map(|(name, tensor)| (name.to_owned(), tensor.unwrap()))
                .into(),
        );
        let input = Tensor::randn(0f32, 1.0, (700, 64), &device).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
        for arithmetic in [Arithmetic::Float32, Arithmetic::Int8] {
            let linear = Linear::new(&weights, "l", 64, 1024, arithmetic).unwrap();
            let expected = linear.forward(&input).unwrap().to_vec2::<f32>().unwrap();
            let all = pool.install(|| {
                let forward = |_| linear.forward(&input).unwrap().to_vec2::<f32>().unwrap();
                (0..64).into_par_iter().map(forward).collect::<Vec<_>>()
            });
            assert!(all.iter().all(|found| *found == expected), "{arithmetic:?}");
        }
    }
}
