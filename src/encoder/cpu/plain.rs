//! The kernels' plain twins: the same formulas, one number at a time, in float64 where that matters.
//! And what tests of kernels share.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Runs a block for each instruction set that this machine has, the plain one included: with its name
/// and the value that `SimdOp::eval` takes.
macro_rules! for_each_instruction_set {
    (|$name:ident, $isa:ident| $body:block) => {{
        {
            let ($name, $isa) = ("plain", rten_simd::isa::GenericIsa::new());
            $body
        }
        #[cfg(target_arch = "x86_64")]
        if let Some($isa) = rten_simd::isa::Avx2Isa::new() {
            let $name = "AVX2";
            $body
        }
        #[cfg(target_arch = "x86_64")]
        if let Some($isa) = rten_simd::isa::Avx512Isa::new() {
            let $name = "AVX-512";
            $body
        }
        #[cfg(target_arch = "aarch64")]
        if let Some($isa) = rten_simd::isa::ArmNeonIsa::new() {
            let $name = "Neon";
            $body
        }
    }};
}
pub(super) use for_each_instruction_set;

/// Numbers between -`range` and `range`.
pub(in crate::encoder) fn random(seed: u64, count: usize, range: f32) -> Vec<f32> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| generator.random_range(-range..=range))
        .collect()
}

/// Fails the test where a number is further than `tolerance` from what it should be.
#[track_caller]
pub(in crate::encoder) fn assert_close(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= tolerance,
            "{what}: number {index} is {found}, not {expected}"
        );
    }
}

/// `x · Wᵀ + b`, the weights `[outputs, inputs]`.
pub(in crate::encoder) fn linear(input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let inputs = weight.len() / bias.len();
    let outputs = weight.chunks_exact(inputs).zip(bias);
    let row = |row: &[f32]| -> Vec<f32> {
        let output = |(weight, &bias): (&[f32], &f32)| {
            let products = row.iter().zip(weight).map(|(&x, &w)| f64::from(x) * f64::from(w));
            (products.sum::<f64>() + f64::from(bias)) as f32
        };
        outputs.clone().map(output).collect()
    };
    input.chunks_exact(inputs).flat_map(row).collect()
}

/// `x · Φ(x)`, with the error function by its Taylor series, or its limits where that is exact enough.
pub(in crate::encoder) fn gelu(x: f32) -> f32 {
    let x = f64::from(x);
    let z = x / std::f64::consts::SQRT_2;
    let erf = if z.abs() > 5.0 {
        z.signum()
    } else {
        let (mut term, mut sum) = (z, z);
        for n in 1..200 {
            term *= -z * z / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    };
    (x * 0.5 * (1.0 + erf)) as f32
}

/// Layer normalisation of the sum of two rows.
pub(in crate::encoder) fn add_norm(
    left: &[f32],
    right: &[f32],
    weight: &[f32],
    bias: &[f32],
    eps: f32,
) -> Vec<f32> {
    let sum: Vec<f64> = left
        .iter()
        .zip(right)
        .map(|(&left, &right)| f64::from(left) + f64::from(right))
        .collect();
    let width = sum.len() as f64;
    let mean = sum.iter().sum::<f64>() / width;
    let variance = sum.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / width;
    let deviation = (variance + f64::from(eps)).sqrt();
    let scaled = sum.iter().zip(weight).zip(bias);
    scaled
        .map(|((value, &weight), &bias)| {
            ((value - mean) / deviation * f64::from(weight) + f64::from(bias)) as f32
        })
        .collect()
}

/// Attention of one head over one statement; each part is `[length, size]`.
pub(in crate::encoder) fn attention(queries: &[f32], keys: &[f32], values: &[f32], size: usize) -> Vec<f32> {
    let mut contexts = Vec::new();
    for query in queries.chunks_exact(size) {
        let scores = keys.chunks_exact(size).map(|key| {
            let products = query.iter().zip(key).map(|(&q, &k)| f64::from(q) * f64::from(k));
            products.sum::<f64>() / (size as f64).sqrt()
        });
        let numerators: Vec<f64> = scores.map(f64::exp).collect();
        let total: f64 = numerators.iter().sum();
        contexts.extend((0..size).map(|column| {
            let column = values.iter().skip(column).step_by(size);
            let products = column.zip(&numerators).map(|(&v, n)| f64::from(v) * n);
            (products.sum::<f64>() / total) as f32
        }));
    }
    contexts
}
