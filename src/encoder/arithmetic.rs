//! What computes the encoder.

use super::cpu::Product;

/// How an encoder's operations are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Candle's own operations in float32: on every device, and differentiable.
    Candle,
    /// Our CPU kernels in float32. For inference alone.
    Float32,
    /// Our CPU kernels, with linear maps in 8-bit integers. For inference alone.
    Int8,
}

impl Arithmetic {
    /// How the CPU kernels multiply; `None` where Candle does it all.
    pub(super) fn product(self) -> Option<Product> {
        match self {
            Self::Candle => None,
            Self::Float32 => Some(Product::Float32),
            Self::Int8 => Some(Product::Int8),
        }
    }
}
