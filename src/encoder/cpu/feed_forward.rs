//! The feed-forward network of a layer in one operation: linear, GELU, linear.

use std::cell::Cell;

use candle_core::{CpuStorage, CustomOp1, Layout, Shape};
use rten_simd::SimdUnaryOp;
use rten_vecmath::Gelu;

use super::linear::PackedLinear;
use super::quantized_rows::QuantizedRows;
use super::{floats, matrix};

/// So many rows go through both linear maps at a time: their four times wider middle stays in a core's
/// second-level cache. Five full blocks of the kernel's.
const BLOCK_ROWS: usize = 60;

/// `outer(gelu(inner(x)))`, row by row.
pub(in crate::encoder) struct FeedForward {
    pub(in crate::encoder) inner: PackedLinear,
    pub(in crate::encoder) outer: PackedLinear,
}

/// What is kept from call to call.
#[derive(Default)]
struct Scratch {
    rows: QuantizedRows,
    sums: Vec<i32>,
    /// In int8, one row; in float32, all.
    middle: Vec<f32>,
    middle_rows: QuantizedRows,
}

// Taken and put back, not borrowed: a product may run other tasks of a rayon pool meanwhile.
thread_local!(static SCRATCH: Cell<Scratch> = Cell::default());

impl FeedForward {
    fn apply(&self, input: &[f32], output: &mut [f32], scratch: &mut Scratch) -> candle_core::Result<()> {
        let Scratch {
            rows,
            sums,
            middle,
            middle_rows,
        } = scratch;
        match (&self.inner, &self.outer) {
            (PackedLinear::Int8(inner), PackedLinear::Int8(outer)) => {
                rows.quantize(input, inner.inputs());
                inner.multiply(rows, sums)?;
                inner.dequantize_gelu(sums, &rows.parameters, middle, middle_rows);
                outer.multiply(middle_rows, sums)?;
                outer.dequantize(sums, &middle_rows.parameters, output);
                Ok(())
            }
            (PackedLinear::Float32(inner), PackedLinear::Float32(outer)) => {
                middle.resize(input.len() / self.inner.inputs() * self.inner.outputs(), 0.0);
                inner.apply(input, middle)?;
                Gelu {}.map_mut(middle);
                outer.apply(middle, output)
            }
            _ => candle_core::bail!("a feed-forward network has one precision"),
        }
    }
}

impl CustomOp1 for &FeedForward {
    fn name(&self) -> &'static str {
        "feed-forward"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let input = floats(storage, layout)?;
        let (inputs, outputs) = (self.inner.inputs(), self.outer.outputs());
        let rows = input.len() / inputs;
        let mut output = vec![0.0; rows * outputs];
        let mut scratch = SCRATCH.take();
        let mut blocks = input
            .chunks(BLOCK_ROWS * inputs)
            .zip(output.chunks_mut(BLOCK_ROWS * outputs));
        let applied = blocks.try_for_each(|(input, output)| self.apply(input, output, &mut scratch));
        SCRATCH.set(scratch);
        applied?;
        Ok(matrix(output, rows, outputs))
    }
}
