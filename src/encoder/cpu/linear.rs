//! Linear maps, `x · Wᵀ + b`, over weights packed for the machine's matrix product.

use std::cell::Cell;

use candle_core::{CpuStorage, CustomOp1, Layout, Shape};
use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

use super::int8::Int8Linear;
use super::quantized_rows::QuantizedRows;
use super::{floats, matrix, Product};

/// A linear map of rows, in float32 or int8. The operation takes and gives float32.
pub(in crate::encoder) enum PackedLinear {
    Float32(FloatLinear),
    Int8(Int8Linear),
}

/// What a linear map keeps from call to call, so that nothing is allocated in between.
#[derive(Default)]
pub(super) struct Scratch {
    rows: QuantizedRows,
    sums: Vec<i32>,
}

impl PackedLinear {
    /// Packs float32 weights, `[outputs, inputs]`.
    pub(in crate::encoder) fn new(weight: &[f32], bias: Vec<f32>, inputs: usize, product: Product) -> Self {
        match product {
            Product::Float32 => Self::Float32(FloatLinear::new(weight, bias, inputs)),
            Product::Int8 => Self::Int8(Int8Linear::new(weight, bias, inputs)),
        }
    }

    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::Float32(linear) => linear.outputs(),
            Self::Int8(linear) => linear.outputs(),
        }
    }

    pub(super) fn inputs(&self) -> usize {
        match self {
            Self::Float32(linear) => linear.inputs,
            Self::Int8(linear) => linear.inputs(),
        }
    }

    /// `[rows, inputs]` → `[rows, outputs]`.
    pub(super) fn apply(
        &self,
        input: &[f32],
        output: &mut [f32],
        scratch: &mut Scratch,
    ) -> candle_core::Result<()> {
        match self {
            Self::Float32(linear) => linear.apply(input, output),
            Self::Int8(linear) => {
                scratch.rows.quantize(input, linear.inputs());
                linear.multiply(&scratch.rows, &mut scratch.sums)?;
                linear.dequantize(&scratch.sums, &scratch.rows.parameters, output);
                Ok(())
            }
        }
    }
}

// Taken and put back, not borrowed: a product may run other tasks of a rayon pool meanwhile.
thread_local!(static SCRATCH: Cell<Scratch> = Cell::default());

impl CustomOp1 for &PackedLinear {
    fn name(&self) -> &'static str {
        "packed-linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let input = floats(storage, layout)?;
        let rows = input.len() / self.inputs();
        let mut output = vec![0.0; rows * self.outputs()];
        let mut scratch = SCRATCH.take();
        let applied = self.apply(input, &mut output, &mut scratch);
        SCRATCH.set(scratch);
        applied?;
        Ok(matrix(output, rows, self.outputs()))
    }
}

/// A linear map in float32.
pub(in crate::encoder) struct FloatLinear {
    packed: PackedBMatrix<f32>,
    /// One for each output.
    bias: Vec<f32>,
    inputs: usize,
}

thread_local!(static PRODUCTS: GemmExecutor = GemmExecutor::new());

impl FloatLinear {
    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    fn new(weight: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        let by_output = NdTensorView::from_data([bias.len(), inputs], weight);
        Self {
            packed: PRODUCTS.with(|products| products.prepack_b(by_output.transposed())),
            bias,
            inputs,
        }
    }

    pub(super) fn apply(&self, input: &[f32], output: &mut [f32]) -> candle_core::Result<()> {
        let rows = input.len() / self.inputs;
        let input = NdTensorView::from_data([rows, self.inputs], input);
        let options = GemmOptions {
            bias: Some(BiasVector::Row(&self.bias)),
            ..GemmOptions::default()
        };
        let (input, weights) = (GemmInputA::Unpacked(input), GemmInputB::Packed(&self.packed));
        PRODUCTS
            .with(|products| products.gemm(output, input, weights, options))
            .map_err(candle_core::Error::wrap)
    }
}
