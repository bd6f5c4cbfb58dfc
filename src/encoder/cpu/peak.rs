//! How fast the machine multiplies when nothing else holds it up: what throughput is measured against.

use std::time::{Duration, Instant};

use rten_gemm::GemmExecutor;

use super::linear::{PackedLinear, Scratch};
use super::products::PackedCodes;
use super::Product;

/// A product whose operands stay in the first-level cache: rows, inputs, outputs.
const ROWS: usize = 60;
const INPUTS: usize = 384;
const OUTPUTS: usize = 32;

/// What multiplies, by name.
pub(in crate::encoder) fn kernel_name(product: Product) -> String {
    match product {
        Product::Float32 => GemmExecutor::<f32>::new().kernel_name().to_owned(),
        Product::Int8 => PackedCodes::new(vec![0; INPUTS], INPUTS).kernel().to_owned(),
    }
}

/// Multiplications and additions a second of the matrix product alone, on the calling thread: the best of
/// several rounds over `duration`.
///
/// # Errors
/// The product's own.
pub(in crate::encoder) fn peak_rate(product: Product, duration: Duration) -> candle_core::Result<f64> {
    const PRODUCTS: u32 = 200;
    let operations = f64::from(PRODUCTS) * (2 * ROWS * INPUTS * OUTPUTS) as f64;
    let codes = vec![1u8; ROWS * INPUTS];
    let weights = PackedCodes::new(vec![1; OUTPUTS * INPUTS], INPUTS);
    let mut sums = vec![0; ROWS * weights.stride(OUTPUTS)];
    let numbers = vec![1.0; ROWS * INPUTS];
    let linear = PackedLinear::new(
        &vec![1.0; OUTPUTS * INPUTS],
        vec![0.0; OUTPUTS],
        INPUTS,
        Product::Float32,
    );
    let mut results = vec![0.0; ROWS * OUTPUTS];
    let begun = Instant::now();
    let mut best: f64 = 0.0;
    while begun.elapsed() < duration {
        let round = Instant::now();
        for _ in 0..PRODUCTS {
            match product {
                Product::Int8 => weights.multiply(&codes, &mut sums)?,
                Product::Float32 => linear.apply(&numbers, &mut results, &mut Scratch::default())?,
            }
        }
        best = best.max(operations / round.elapsed().as_secs_f64());
    }
    std::hint::black_box((&sums, &results));
    Ok(best)
}
