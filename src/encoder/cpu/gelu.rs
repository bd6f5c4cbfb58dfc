//! GELU, `x · Φ(x)` with the normal distribution Φ (Hendrycks and Gimpel, 2016): its erf form.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdUnaryOp};

/// GELU to within 5·10⁻⁵, for results that are quantised to 8 bits at once: their steps are
/// hundreds of times larger. Float32 layers use `rten_vecmath::Gelu`, within 7·10⁻⁷.
///
/// Φ(x) - 1/2 is x · P(x²) between the limits; `scripts/gelu_polynomial.py` fitted P.
pub(super) struct QuickGelu;

/// Beyond it, Φ is 0 or 1.
const LIMIT: f32 = 4.3;

/// P, from the constant upwards.
#[allow(clippy::excessive_precision)]
const COEFFICIENTS: [f32; 9] = [
    0.3990265429019928,
    -0.0664960965514183,
    0.00988024566322565,
    -0.0011213559191673994,
    9.470629447605461e-05,
    -5.685344149242155e-06,
    2.2576672620289173e-07,
    -5.2549324891515425e-09,
    5.3865994997792654e-11,
];

impl SimdUnaryOp<f32> for QuickGelu {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let ops = isa.f32();
        let inside = ops.clamp(x, ops.splat(-LIMIT), ops.splat(LIMIT));
        let square = ops.mul(inside, inside);
        let mut polynomial = ops.splat(COEFFICIENTS[8]);
        for &coefficient in COEFFICIENTS[..8].iter().rev() {
            polynomial = ops.mul_add(polynomial, square, ops.splat(coefficient));
        }
        let half = ops.splat(0.5);
        let distribution = ops.mul_add(inside, polynomial, half);
        // At the limits rounding can pass 0 or 1, which a large x would magnify.
        ops.mul(x, ops.clamp(distribution, ops.zero(), ops.one()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;
    use rten_simd::functional::simd_map;

    #[test]
    fn it_is_close_to_the_erf_form() {
        let inputs: Vec<f32> = (-20_000..=20_000).map(|i| i as f32 / 1000.0).collect();
        let expected: Vec<f32> = inputs.iter().map(|&x| plain::gelu(x)).collect();
        plain::for_each_instruction_set!(|name, isa| {
            let mut found = inputs.clone();
            simd_map(isa.f32(), found.as_mut_slice(), |x| QuickGelu.eval(isa, x));
            plain::assert_close(&found, &expected, 5e-5, name);
        });
    }

    #[test]
    fn the_float32_form_is_closer_still() {
        let inputs: Vec<f32> = (-8_000..=8_000).map(|i| i as f32 / 1000.0).collect();
        let expected: Vec<f32> = inputs.iter().map(|&x| plain::gelu(x)).collect();
        let mut found = inputs;
        rten_vecmath::Gelu {}.map_mut(&mut found);
        plain::assert_close(&found, &expected, 2e-6, "rten-vecmath");
    }
}
