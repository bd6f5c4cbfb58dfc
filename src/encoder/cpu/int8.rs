//! Linear maps in 8-bit integers: rows of activations are quantised as they come, weights once.
//!
//! An activation `x` stands as `scale · (code - zero_point)` with an unsigned 8-bit code, scale and
//! zero point of its row (the scheme of ONNX's `DynamicQuantizeLinear`); a weight as `scale · code`
//! with a signed 8-bit code and the scale of its output. The product of the codes is exact in int32, so
//! that every machine computes the same integers.

use rten_simd::ops::{BitOps, FloatOps, NarrowSaturate, NumOps, ToFloat};
use rten_simd::{Isa, Simd, SimdOp, SimdUnaryOp};

use super::gelu::QuickGelu;
use super::products::PackedCodes;
use super::vectors::{for_each_vector, load, store};

/// The largest weight code: codes are symmetric about 0.
pub(super) const WEIGHT_LIMIT: f32 = 127.0;

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
    scales: Vec<f32>,
    zero_points: Vec<u8>,
}

impl RowParameters {
    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = (f32, u8)> + '_ {
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
    fn resize(&mut self, rows: usize, width: usize) {
        self.codes.resize(rows * width, 0);
        self.parameters.zero_points.resize(rows, 0);
        self.parameters.scales.resize(rows, 0.0);
    }

    /// Quantises one row, to its place.
    #[inline(always)]
    fn put<I: Isa>(&mut self, isa: I, number: usize, row: &[f32]) {
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

/// Codes `[outputs, inputs]`, and the scale of each output.
pub(super) fn quantize_weights(weight: &[f32], inputs: usize) -> (Vec<i8>, Vec<f32>) {
    let mut codes = Vec::with_capacity(weight.len());
    let mut scales = Vec::with_capacity(weight.len() / inputs);
    for row in weight.chunks_exact(inputs) {
        let largest = row.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        let scale = largest / WEIGHT_LIMIT;
        let scale = if scale >= f32::MIN_POSITIVE { scale } else { 1.0 };
        let factor = scale.recip();
        codes.extend(row.iter().map(|value| round(value * factor) as i8));
        scales.push(scale);
    }
    (codes, scales)
}

/// Rounds to the nearest integer, ties to even, numbers below 2²²: in plain arithmetic that compilers
/// vectorise, where `round_ties_even` is a call on x86 before SSE4.1.
#[inline(always)]
fn round(value: f32) -> f32 {
    const SHIFT: f32 = (3 << 22) as f32;
    (value + SHIFT) - SHIFT
}

/// A linear map, its weights quantised and packed.
pub(in crate::encoder) struct Int8Linear {
    codes: PackedCodes,
    /// One for each output.
    scales: Vec<f32>,
    /// The sum of each output's codes: what a row's zero point adds to a product.
    code_sums: Vec<i32>,
    /// One for each output.
    bias: Vec<f32>,
    inputs: usize,
}

impl Int8Linear {
    /// Quantises float32 weights, `[outputs, inputs]`.
    pub(super) fn new(weight: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        let (codes, scales) = quantize_weights(weight, inputs);
        let code_sums = codes
            .chunks_exact(inputs)
            .map(|codes| codes.iter().map(|&code| i32::from(code)).sum())
            .collect();
        Self {
            codes: PackedCodes::new(codes, inputs),
            scales,
            code_sums,
            bias,
            inputs,
        }
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    fn stride(&self) -> usize {
        self.codes.stride(self.outputs())
    }

    /// The product of the codes: int32 `[rows, stride]`, exact, the rows' zero points not yet taken off.
    /// (`rten-gemm` 0.27 offers to do that, but takes the wrong ones from the ninth row on.)
    pub(super) fn multiply(&self, rows: &QuantizedRows, sums: &mut Vec<i32>) -> candle_core::Result<()> {
        let count = rows.parameters.scales.len();
        sums.resize(count * self.stride(), 0);
        self.codes.multiply(&rows.codes, sums)
    }

    /// What the sums stand for, bias added: float32 `[rows, outputs]`.
    pub(super) fn dequantize(&self, sums: &[i32], rows: &RowParameters, output: &mut [f32]) {
        Dequantize {
            linear: self,
            sums,
            rows,
            output,
        }
        .dispatch();
    }

    /// GELU of what the sums stand for, bias added, quantised for the next layer.
    pub(super) fn dequantize_gelu(
        &self,
        sums: &[i32],
        rows: &RowParameters,
        row: &mut Vec<f32>,
        output: &mut QuantizedRows,
    ) {
        row.resize(self.outputs(), 0.0);
        DequantizeGelu {
            linear: self,
            sums,
            rows,
            row,
            output,
        }
        .dispatch();
    }

    /// One row of sums through `map` to `output`.
    #[inline(always)]
    fn dequantize_row<I: Isa>(
        &self,
        isa: I,
        sums: &[i32],
        (scale, zero_point): (f32, u8),
        output: &mut [f32],
        map: impl Fn(I::F32) -> I::F32,
    ) {
        let (floats, integers) = (isa.f32(), isa.i32());
        let row_scale = floats.splat(scale);
        let zero_point = integers.splat(zero_point.into());
        let (sums, output) = (&sums[..self.bias.len()], &mut output[..self.bias.len()]);
        for_each_vector(
            floats.len(),
            self.bias.len(),
            #[inline(always)]
            |at, length| {
                let span = at..at + length;
                let offset = integers.mul(zero_point, load(integers, &self.code_sums[span.clone()]));
                let sum = integers.sub(load(integers, &sums[span.clone()]), offset);
                let sum = integers.to_float(sum);
                let scale = floats.mul(row_scale, load(floats, &self.scales[span.clone()]));
                let value = floats.mul_add(sum, scale, load(floats, &self.bias[span.clone()]));
                store(floats, map(value), &mut output[span]);
            },
        );
    }
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

struct Dequantize<'a> {
    linear: &'a Int8Linear,
    sums: &'a [i32],
    rows: &'a RowParameters,
    output: &'a mut [f32],
}

impl SimdOp for Dequantize<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let width = self.linear.outputs();
        let rows = self.sums.chunks_exact(self.linear.stride()).zip(self.rows.iter());
        for ((sums, row), output) in rows.zip(self.output.chunks_exact_mut(width)) {
            self.linear.dequantize_row(
                isa,
                sums,
                row,
                output,
                #[inline(always)]
                |value| value,
            );
        }
    }
}

struct DequantizeGelu<'a> {
    linear: &'a Int8Linear,
    sums: &'a [i32],
    rows: &'a RowParameters,
    row: &'a mut [f32],
    output: &'a mut QuantizedRows,
}

impl SimdOp for DequantizeGelu<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let width = self.linear.outputs();
        self.output.resize(self.rows.scales.len(), width);
        let rows = self.sums.chunks_exact(self.linear.stride()).zip(self.rows.iter());
        for (number, (sums, row)) in rows.enumerate() {
            self.linear.dequantize_row(
                isa,
                sums,
                row,
                self.row,
                #[inline(always)]
                |value| QuickGelu.eval(isa, value),
            );
            self.output.put(isa, number, self.row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    const WIDTHS: [usize; 9] = [1, 3, 15, 16, 31, 64, 100, 384, 1536];

    /// What a row's codes stand for.
    fn decode(rows: &QuantizedRows, row: usize, width: usize) -> Vec<f32> {
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

    #[test]
    fn a_linear_map_is_close_to_its_float32_form() {
        for (inputs, outputs) in [(5, 3), (32, 64), (384, 384), (1536, 100)] {
            let weight = plain::random(1, inputs * outputs, 0.1);
            let bias = plain::random(2, outputs, 0.5);
            let input = plain::random(3, 9 * inputs, 2.0);
            let linear = Int8Linear::new(&weight, bias.clone(), inputs);
            let (mut rows, mut sums) = (QuantizedRows::default(), Vec::new());
            rows.quantize(&input, inputs);
            linear.multiply(&rows, &mut sums).unwrap();
            let expected = plain::linear(&input, &weight, &bias);
            // Rounding errors of both codes, adding up as random ones do, six deviations wide.
            let step = 0.1 / 127.0 * 2.0 + 4.0 / 255.0 * 0.1;
            let tolerance = 6.0 * step / 12f32.sqrt() * (inputs as f32).sqrt();
            let what = format!("{inputs} × {outputs}");
            let after_gelu: Vec<f32> = expected.iter().map(|&value| plain::gelu(value)).collect();
            plain::for_each_instruction_set!(|name, isa| {
                let mut found = vec![0.0; expected.len()];
                let dequantize = Dequantize {
                    linear: &linear,
                    sums: &sums,
                    rows: &rows.parameters,
                    output: &mut found,
                };
                dequantize.eval(isa);
                plain::assert_close(&found, &expected, tolerance, &format!("{name}, {what}"));

                let mut quantized = QuantizedRows::default();
                let dequantize = DequantizeGelu {
                    linear: &linear,
                    sums: &sums,
                    rows: &rows.parameters,
                    row: &mut vec![0.0; outputs],
                    output: &mut quantized,
                };
                dequantize.eval(isa);
                for (row, expected) in after_gelu.chunks_exact(outputs).enumerate() {
                    // GELU's slope is at most 1.13; then comes half a step of the new codes.
                    let tolerance = 1.13 * tolerance + quantized.parameters.scales[row];
                    let found = decode(&quantized, row, outputs);
                    plain::assert_close(&found, expected, tolerance, &format!("{name}, GELU of {what}"));
                }
            });
        }
    }
}
