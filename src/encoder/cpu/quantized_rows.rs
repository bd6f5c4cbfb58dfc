//! Rows of activations in 8 bits.

use rten_simd::ops::{BitOps, FloatOps, NarrowSaturate, NumOps};
use rten_simd::{Isa, Simd, SimdOp};

use super::vectors::{for_each_vector, load, store};

/// Rows of activations as 8-bit codes.
#[derive(Default)]
pub(super) struct QuantizedRows {
    /// u8, `[rows, width]`.
    pub(super) codes: Vec<u8>,
    pub(super) parameters: RowParameters,
}

/// What the codes of each row stand for.
#[derive(Default)]
pub(super) struct RowParameters {
    pub(super) scales: Vec<f32>,
    pub(super) zero_points: Vec<u8>,
}

impl RowParameters {
    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (f32, u8)> + '_ {
        self.scales.iter().copied().zip(self.zero_points.iter().copied())
    }
}

impl QuantizedRows {
    /// Quantises `[rows, width]` numbers.
    pub(super) fn quantize(&mut self, input: &[f32], width: usize) {
        QuantizeRows {
            input,
            width,
            output: self,
        }
        .dispatch();
    }

    /// Makes room for `[rows, width]` codes.
    pub(super) fn resize(&mut self, rows: usize, width: usize) {
        self.codes.resize(rows * width, 0);
        self.parameters.zero_points.resize(rows, 0);
        self.parameters.scales.resize(rows, 0.0);
    }

    /// Quantises one row, to its place.
    #[inline(always)]
    pub(super) fn put<I: Isa>(&mut self, isa: I, number: usize, row: &[f32]) {
        let (low, high) = extremes(isa, row);
        let (scale, zero_point) = row_parameters(low, high);
        self.parameters.scales[number] = scale;
        self.parameters.zero_points[number] = zero_point;
        let codes = &mut self.codes[number * row.len()..][..row.len()];
        let (floats, integers) = (isa.f32(), isa.i32());
        let factor = floats.splat(scale.recip());
        let shift = integers.splat(zero_point.into());
        let lanes = floats.len();
        for_each_vector(
            4 * lanes,
            row.len(),
            #[inline(always)]
            |at, length| {
                let mut quarters = [integers.zero(); 4];
                for (quarter, code) in quarters.iter_mut().enumerate() {
                    let start = (at + quarter * lanes).min(at + length);
                    let end = (start + lanes).min(at + length);
                    let steps = floats.mul(load(floats, &row[start..end]), factor);
                    *code = integers.add(floats.to_int_round(steps), shift);
                }
                let low = integers.narrow_saturate(quarters[0], quarters[1]);
                let high = integers.narrow_saturate(quarters[2], quarters[3]);
                let code = isa.i16().narrow_saturate(low, high);
                store(isa.u8(), code, &mut codes[at..at + length]);
            },
        );
    }
}

/// The smallest and the largest number of a row, or 0 where that lies beyond them.
#[inline(always)]
fn extremes<I: Isa>(isa: I, row: &[f32]) -> (f32, f32) {
    let ops = isa.f32();
    let (mut low, mut high) = (ops.zero(), ops.zero());
    for_each_vector(
        ops.len(),
        row.len(),
        #[inline(always)]
        |at, length| {
            let vector = load(ops, &row[at..at + length]);
            low = ops.min(vector, low);
            high = ops.max(vector, high);
        },
    );
    (
        low.to_array().into_iter().fold(0.0, f32::min),
        high.to_array().into_iter().fold(0.0, f32::max),
    )
}

/// Scale and zero point of a row between `low`, at most 0, and `high`, at least 0: 0 has a code.
#[inline(always)]
pub(super) fn row_parameters(low: f32, high: f32) -> (f32, u8) {
    let scale = (high - low) / 255.0;
    // A row of zeros, or of numbers too small to divide by.
    let scale = if scale >= f32::MIN_POSITIVE { scale } else { 1.0 };
    (scale, round(-low / scale) as u8)
}

/// Rounds to the nearest integer, ties to even, numbers below 2²²: in plain arithmetic that compilers
/// vectorise, where `round_ties_even` is a call on x86 before SSE4.1.
#[inline(always)]
pub(super) fn round(value: f32) -> f32 {
    const SHIFT: f32 = (3 << 22) as f32;
    (value + SHIFT) - SHIFT
}

pub(super) struct QuantizeRows<'a> {
    pub(super) input: &'a [f32],
    pub(super) width: usize,
    pub(super) output: &'a mut QuantizedRows,
}

impl SimdOp for QuantizeRows<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        self.output.resize(self.input.len() / self.width, self.width);
        for (number, row) in self.input.chunks_exact(self.width).enumerate() {
            self.output.put(isa, number, row);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::plain;
    use super::*;

    const WIDTHS: [usize; 9] = [1, 3, 15, 16, 31, 64, 100, 384, 1536];

    /// What a row's codes stand for.
    pub(in super::super) fn decode(rows: &QuantizedRows, row: usize, width: usize) -> Vec<f32> {
        let codes = &rows.codes[row * width..][..width];
        let zero_point = f32::from(rows.parameters.zero_points[row]);
        let scale = rows.parameters.scales[row];
        codes
            .iter()
            .map(|&code| (f32::from(code) - zero_point) * scale)
            .collect()
    }

    #[test]
    fn rows_are_quantised_to_within_half_a_step() {
        for width in WIDTHS {
            // Rows of mixed, positive, negative, no, and tiny numbers.
            let mut input = plain::random(width as u64, 5 * width, 3.0);
            input[width..2 * width]
                .iter_mut()
                .for_each(|value| *value = value.abs());
            input[2 * width..3 * width]
                .iter_mut()
                .for_each(|value| *value = -value.abs());
            input[3 * width..4 * width].fill(0.0);
            input[4 * width..].fill(1e-45);
            let mut rows = QuantizedRows::default();
            rows.quantize(&input, width);
            assert_eq!(rows.parameters.scales.len(), 5);
            for (row, values) in input.chunks_exact(width).enumerate() {
                let half = rows.parameters.scales[row] * 0.5001;
                plain::assert_close(
                    &decode(&rows, row, width),
                    values,
                    half,
                    &format!("width {width}"),
                );
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_codes() {
        for width in WIDTHS {
            let input = plain::random(7, 6 * width, 2.0);
            let mut expected = QuantizedRows::default();
            expected.quantize(&input, width);
            plain::for_each_instruction_set!(|name, isa| {
                let mut output = QuantizedRows::default();
                let rows = QuantizeRows {
                    input: &input,
                    width,
                    output: &mut output,
                };
                rows.eval(isa);
                assert_eq!(output.codes, expected.codes, "{name}, width {width}");
                assert_eq!(output.parameters.scales, expected.parameters.scales);
                assert_eq!(output.parameters.zero_points, expected.parameters.zero_points);
            });
        }
    }
}
