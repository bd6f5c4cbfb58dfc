//! Add-and-normalise: layer normalisation (Ba et al., 2016) of the sum of two states.

use candle_core::{CpuStorage, CustomOp2, Layout, Shape};
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use super::vectors::{for_each_vector, load, store};
use super::{floats, matrix};

/// The scale and shift of a layer normalisation.
pub(in crate::encoder) struct AddNorm {
    /// `[width]`.
    pub(in crate::encoder) weight: Vec<f32>,
    /// `[width]`.
    pub(in crate::encoder) bias: Vec<f32>,
    pub(in crate::encoder) eps: f32,
}

impl AddNorm {
    /// Adds a row to another, and normalises the sum there.
    #[inline(always)]
    pub(super) fn add_and_normalize<I: Isa>(&self, isa: I, row: &mut [f32], other: &[f32]) {
        let ops = isa.f32();
        for_each_vector(
            ops.len(),
            self.weight.len(),
            #[inline(always)]
            |at, length| {
                let span = at..at + length;
                let sum = ops.add(load(ops, &row[span.clone()]), load(ops, &other[span.clone()]));
                store(ops, sum, &mut row[span]);
            },
        );
        self.normalize(isa, row);
    }

    #[inline(always)]
    fn normalize<I: Isa>(&self, isa: I, row: &mut [f32]) {
        let ops = isa.f32();
        let width = self.weight.len();
        let row = &mut row[..width];
        let mean = sum(isa, row) / width as f32;
        let mean_vector = ops.splat(mean);
        let mut squares = ops.zero();
        for_each_vector(
            ops.len(),
            width,
            #[inline(always)]
            |at, length| {
                let difference = ops.sub(load(ops, &row[at..at + length]), mean_vector);
                let square = ops.mul(difference, difference);
                // The zeros beyond the end of a row do not count.
                let square = if length == ops.len() {
                    square
                } else {
                    ops.select(square, ops.zero(), ops.first_n_mask(length))
                };
                squares = ops.add(squares, square);
            },
        );
        let variance = ops.sum(squares) / width as f32;
        let factor = ops.splat((variance + self.eps).sqrt().recip());
        for_each_vector(
            ops.len(),
            width,
            #[inline(always)]
            |at, length| {
                let span = at..at + length;
                let scale = ops.mul(factor, load(ops, &self.weight[span.clone()]));
                let difference = ops.sub(load(ops, &row[span.clone()]), mean_vector);
                let value = ops.mul_add(difference, scale, load(ops, &self.bias[span.clone()]));
                store(ops, value, &mut row[span]);
            },
        );
    }
}

/// The sum of a row.
#[inline(always)]
fn sum<I: Isa>(isa: I, row: &[f32]) -> f32 {
    let ops = isa.f32();
    let mut total = ops.zero();
    for_each_vector(
        ops.len(),
        row.len(),
        #[inline(always)]
        |at, length| total = ops.add(total, load(ops, &row[at..at + length])),
    );
    ops.sum(total)
}

impl CustomOp2 for &AddNorm {
    fn name(&self) -> &'static str {
        "add-norm"
    }

    fn cpu_fwd(
        &self,
        left: &CpuStorage,
        left_layout: &Layout,
        right: &CpuStorage,
        right_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let (left, right) = (floats(left, left_layout)?, floats(right, right_layout)?);
        let width = self.weight.len();
        if left.len() != right.len() {
            candle_core::bail!("cannot add {left_layout:?} and {right_layout:?}");
        }
        let mut output = left.to_vec();
        AddNormRows {
            norm: self,
            rows: &mut output,
            others: right,
        }
        .dispatch();
        Ok(matrix(output, left.len() / width, width))
    }
}

pub(super) struct AddNormRows<'a> {
    pub(super) norm: &'a AddNorm,
    /// One summand of each row, and then the result.
    pub(super) rows: &'a mut [f32],
    /// The other.
    pub(super) others: &'a [f32],
}

impl SimdOp for AddNormRows<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let width = self.norm.weight.len();
        let others = self.others.chunks_exact(width);
        for (row, other) in self.rows.chunks_exact_mut(width).zip(others) {
            self.norm.add_and_normalize(isa, row, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    #[test]
    fn it_computes_what_its_plain_twin_does() {
        for width in [1, 5, 8, 16, 31, 100, 384, 768] {
            let norm = AddNorm {
                weight: plain::random(1, width, 1.5),
                bias: plain::random(2, width, 0.5),
                eps: 1e-12,
            };
            let (left, right) = (plain::random(3, 7 * width, 4.0), plain::random(4, 7 * width, 4.0));
            let rows = left.chunks_exact(width).zip(right.chunks_exact(width));
            let expected: Vec<f32> = rows
                .flat_map(|(left, right)| plain::add_norm(left, right, &norm.weight, &norm.bias, norm.eps))
                .collect();
            plain::for_each_instruction_set!(|name, isa| {
                let mut output = left.clone();
                let rows = AddNormRows {
                    norm: &norm,
                    rows: &mut output,
                    others: &right,
                };
                rows.eval(isa);
                plain::assert_close(&output, &expected, 2e-5, &format!("{name}, width {width}"));
            });
        }
    }

    #[test]
    fn operands_of_two_shapes_are_refused() {
        let norm = AddNorm {
            weight: vec![1.0; 4],
            bias: vec![0.0; 4],
            eps: 1e-12,
        };
        let zeros =
            |rows| candle_core::Tensor::zeros((rows, 4), candle_core::DType::F32, &candle_core::Device::Cpu);
        assert!(zeros(2)
            .unwrap()
            .apply_op2_no_bwd(&zeros(3).unwrap(), &&norm)
            .is_err());
    }
}
