//! The kernels one by one on made-up numbers, for `benches/kernels.rs`. No part of the public face.

use rten_simd::SimdOp;

use super::attention::{Attend, HeadScratch};
use super::linear::{FloatLinear, PackedLinear, Scratch};
use super::pooling::MeanRows;
use super::quantized_rows::QuantizedRows;
use super::{add_norm::AddNormRows, AddNorm, MeanPooling, Product};

/// Rows of made-up states, in statements of one length, and room for results.
pub struct Workbench {
    lengths: Vec<usize>,
    width: usize,
    states: Vec<f32>,
    output: Vec<f32>,
    rows: QuantizedRows,
    sums: Vec<i32>,
    row: Vec<f32>,
    quantized: QuantizedRows,
    scratch: Scratch,
    heads: HeadScratch,
}

impl Workbench {
    /// `statements` of `length` tokens, each state `width` wide.
    pub fn new(statements: usize, length: usize, width: usize) -> Self {
        let mut rows = QuantizedRows::default();
        let states = numbers(statements * length * width);
        rows.quantize(&states, width);
        Self {
            lengths: vec![length; statements],
            width,
            output: states.clone(),
            states,
            rows,
            sums: Vec::new(),
            row: Vec::new(),
            quantized: QuantizedRows::default(),
            scratch: Scratch::default(),
            heads: HeadScratch::default(),
        }
    }

    /// A linear map from the states' width.
    pub fn linear(&self, outputs: usize, int8: bool) -> WorkbenchLinear {
        let weight = numbers(outputs * self.width);
        let product = if int8 { Product::Int8 } else { Product::Float32 };
        WorkbenchLinear(PackedLinear::new(
            &weight,
            vec![0.5; outputs],
            self.width,
            product,
        ))
    }

    pub fn quantize(&mut self) {
        self.rows.quantize(&self.states, self.width);
    }

    /// The bare product of codes, or in float32 the map with its bias.
    pub fn multiply(&mut self, linear: &WorkbenchLinear) -> candle_core::Result<()> {
        match &linear.0 {
            PackedLinear::Int8(linear) => linear.multiply(&self.rows, &mut self.sums),
            PackedLinear::Float32(linear) => self.multiply_floats(linear),
        }
    }

    fn multiply_floats(&mut self, linear: &FloatLinear) -> candle_core::Result<()> {
        self.output
            .resize(self.states.len() / self.width * linear.outputs(), 0.0);
        linear.apply(&self.states, &mut self.output)
    }

    /// Sums of the last product → GELU → codes.
    pub fn dequantize_gelu(&mut self, linear: &WorkbenchLinear) {
        if let PackedLinear::Int8(linear) = &linear.0 {
            linear.dequantize_gelu(
                &self.sums,
                &self.rows.parameters,
                &mut self.row,
                &mut self.quantized,
            );
        }
    }

    /// A whole linear map, float32 to float32.
    pub fn apply(&mut self, linear: &WorkbenchLinear) -> candle_core::Result<()> {
        let rows = self.states.len() / self.width;
        self.output.resize(rows * linear.0.outputs(), 0.0);
        linear.0.apply(&self.states, &mut self.output, &mut self.scratch)
    }

    /// Attention where the states are queries, keys and values side by side.
    pub fn attend(&mut self, heads: usize) {
        let width = self.width / 3;
        self.output.resize(self.states.len() / 3, 0.0);
        Attend {
            heads,
            head_size: width / heads,
            lengths: &self.lengths,
            projected: &self.states,
            output: &mut self.output,
            scratch: &mut self.heads,
        }
        .dispatch();
    }

    pub fn add_norm(&mut self) {
        let norm = AddNorm {
            weight: vec![1.0; self.width],
            bias: vec![0.0; self.width],
            eps: 1e-12,
        };
        self.output.clone_from(&self.states);
        AddNormRows {
            norm: &norm,
            rows: &mut self.output,
            others: &self.states,
        }
        .dispatch();
    }

    pub fn pool(&mut self) {
        self.output.clear();
        self.output.resize(self.lengths.len() * self.width, 0.0);
        MeanRows {
            pooling: &MeanPooling {
                lengths: &self.lengths,
                width: self.width,
            },
            states: &self.states,
            output: &mut self.output,
        }
        .dispatch();
    }
}

/// A packed linear map.
pub struct WorkbenchLinear(PackedLinear);

/// Numbers between -1 and 1 without order.
fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|index| (index as u32).wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 * 2.0 - 1.0)
        .collect()
}
