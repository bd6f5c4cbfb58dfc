//! Linear maps in 8-bit integers: rows of activations are quantised as they come, weights once.
//!
//! An activation `x` stands as `scale · (code - zero_point)` with an unsigned 8-bit code, scale and
//! zero point of its row (the scheme of ONNX's `DynamicQuantizeLinear`); a weight as `scale · code`
//! with a signed 8-bit code and the scale of its output. The product of the codes is exact in int32, so
//! that every machine computes the same integers.

use rten_simd::ops::{BitOps, NumOps, ToFloat};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};

use super::gelu::QuickGelu;
use super::products::PackedCodes;
use super::quantized_rows::{round, QuantizedRows, RowParameters};
use super::vectors::{for_each_vector, load, store};

/// The largest weight code: codes are symmetric about 0.
pub(super) const WEIGHT_LIMIT: f32 = 127.0;

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
    use super::super::quantized_rows::tests::decode;
    use super::*;

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
