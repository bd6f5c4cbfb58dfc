//! What computes the encoder.

use std::time::Duration;

use super::cpu::{self, Product};

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

    /// What multiplies on this machine, by name.
    pub fn kernel_name(self) -> String {
        self.product().map_or("Candle's".to_owned(), cpu::kernel_name)
    }

    /// Multiplications and additions a second of the matrix product alone, on the calling thread, measured
    /// over `duration`; 0 where Candle multiplies.
    ///
    /// # Errors
    /// The product's own.
    pub fn peak_rate(self, duration: Duration) -> candle_core::Result<f64> {
        self.product()
            .map_or(Ok(0.0), |product| cpu::peak_rate(product, duration))
    }
}
