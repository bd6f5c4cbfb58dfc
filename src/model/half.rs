//! float16 (IEEE 754 binary16) numbers, as weights are stored.

/// How many bytes one number takes.
pub(super) const BYTES: usize = 2;

/// Converts little-endian float16 numbers to float32, exactly.
///
/// Plain arithmetic that compilers vectorise on every target: the exponent and mantissa move to their
/// places in a float32, whose exponent is then 112 too small.
///
/// # Panics
/// Where `bytes` does not hold as many numbers as `floats` takes.
pub(super) fn widen(bytes: &[u8], floats: &mut [f32]) {
    assert_eq!(bytes.len(), floats.len() * BYTES);
    for (float, pair) in floats.iter_mut().zip(bytes.chunks_exact(BYTES)) {
        let bits = u32::from(u16::from_le_bytes([pair[0], pair[1]]));
        let sign = (bits & 0x8000) << 16;
        let magnitude = bits & 0x7fff;
        let scaled = (f32::from_bits(magnitude << 13) * EXPONENT_SHIFT).to_bits();
        // Infinities and NaNs keep the highest exponent.
        let special = if magnitude >= 0x7c00 { 0x7f80_0000 } else { 0 };
        *float = f32::from_bits(sign | scaled | special);
    }
}

/// 2¹¹²: float32's exponent bias is 127, float16's is 15.
const EXPONENT_SHIFT: f32 = f32::from_bits((127 + 112) << 23);

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, in float64: sign, exponent, mantissa.
    fn plain(bits: u16) -> f64 {
        let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
        let (exponent, mantissa) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
        sign * match exponent {
            0 => mantissa * 2f64.powi(-24),
            31 if mantissa == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            _ => (1.0 + mantissa / 1024.0) * 2f64.powi(exponent - 15),
        }
    }

    #[test]
    fn every_number_is_converted_exactly() {
        let bytes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
        let mut floats = vec![0.0; 1 << 16];
        widen(&bytes, &mut floats);
        for (bits, &float) in (0..=u16::MAX).zip(&floats) {
            let expected = plain(bits);
            assert!(
                f64::from(float) == expected || float.is_nan() && expected.is_nan(),
                "{bits:#06x}: {float} {expected}"
            );
        }
    }
}
