//! The mean of a statement's states.

use candle_core::{CpuStorage, CustomOp1, Layout, Shape};
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use super::vectors::{for_each_vector, load, store};
use super::{floats, matrix};

/// `[tokens, width]` → `[statements, width]`.
pub(in crate::encoder) struct MeanPooling<'a> {
    /// How many tokens each statement has; together, all of them.
    pub(in crate::encoder) lengths: &'a [usize],
    pub(in crate::encoder) width: usize,
}

impl CustomOp1 for MeanPooling<'_> {
    fn name(&self) -> &'static str {
        "mean-pooling"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let mut output = vec![0.0; self.lengths.len() * self.width];
        MeanRows {
            pooling: self,
            states: floats(storage, layout)?,
            output: &mut output,
        }
        .dispatch();
        Ok(matrix(output, self.lengths.len(), self.width))
    }
}

pub(super) struct MeanRows<'a> {
    pub(super) pooling: &'a MeanPooling<'a>,
    pub(super) states: &'a [f32],
    /// Zeros.
    pub(super) output: &'a mut [f32],
}

impl SimdOp for MeanRows<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let width = self.pooling.width;
        let mut states = self.states.chunks_exact(width);
        let means = self.output.chunks_exact_mut(width);
        for (mean, &length) in means.zip(self.pooling.lengths) {
            let share = ops.splat((length as f32).recip());
            for state in states.by_ref().take(length) {
                for_each_vector(
                    ops.len(),
                    width,
                    #[inline(always)]
                    |at, length| {
                        let span = at..at + length;
                        let total = load(ops, &mean[span.clone()]);
                        let total = ops.mul_add(load(ops, &state[span.clone()]), share, total);
                        store(ops, total, &mut mean[span]);
                    },
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    #[test]
    fn it_averages_each_statement() {
        for width in [1, 8, 17, 384] {
            let lengths = [2, 1, 37, 512];
            let states = plain::random(1, lengths.iter().sum::<usize>() * width, 2.0);
            let mut rest = states.as_slice();
            let mut expected = Vec::new();
            for length in lengths {
                let (statement, others) = rest.split_at(length * width);
                rest = others;
                expected.extend((0..width).map(|column| {
                    let column = statement.iter().skip(column).step_by(width);
                    (column.map(|&value| f64::from(value)).sum::<f64>() / length as f64) as f32
                }));
            }
            let pooling = MeanPooling {
                lengths: &lengths,
                width,
            };
            plain::for_each_instruction_set!(|name, isa| {
                let mut output = vec![0.0; expected.len()];
                let rows = MeanRows {
                    pooling: &pooling,
                    states: &states,
                    output: &mut output,
                };
                rows.eval(isa);
                plain::assert_close(&output, &expected, 1e-5, &format!("{name}, width {width}"));
            });
        }
    }
}
