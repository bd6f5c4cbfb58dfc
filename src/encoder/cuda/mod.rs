//! The encoder on an Nvidia GPU: the same packed batches, by kernels of our own.
//!
//! ```text
//! Gpu (context, kernels) ──► CudaModel (weights, once a GPU) ──► Lane (stream, buffers): batch → logits
//! ```
//!
//! The kernels (`kernels/`, CUDA C++, compiled by `build.rs`) keep states and weights in float32, float16 or
//! bfloat16 and sum in float32. Linear maps add their bias and GELU as they store, attention runs over each statement's
//! own tokens without padding, and adding and normalising is one pass. A row of a result is computed from its own row (in attention: its
//! own statement) alone and always in the same order, so that here, too, nothing depends on what else is in the
//! batch, to the last bit. cuBLAS, which chooses a kernel by the number of rows, would not give that.
//!
//! Nothing of CUDA is linked: the driver's library is loaded when a GPU is first asked for, so that one binary runs with and without
//! a driver. That is why this does not go through Candle's CUDA device, which links cuBLAS, cuRAND and NVRTC.

mod gpu;
mod kernels;
mod lane;
mod model;
mod peak;

use cudarc::driver::CudaSlice;
use half::{bf16, f16};

pub use gpu::{gpus, Gpu};
pub use lane::Lane;
pub use model::{CudaModel, LoadError};
pub use peak::Peak;

/// Numbers of any kind on the GPU.
type Buffer = CudaSlice<u8>;

/// What states and weights are kept in. Sums, biases, the embeddings of places, and everything from pooling on are
/// float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    Float32,
    Float16,
    BFloat16,
}

impl Numbers {
    /// As the kernels are named.
    fn name(self) -> &'static str {
        match self {
            Self::Float32 => "f32",
            Self::Float16 => "f16",
            Self::BFloat16 => "bf16",
        }
    }

    /// Numbers as they lie in the GPU's memory, each rounded to the nearest that there is.
    fn encode(self, values: &[f32]) -> Vec<u8> {
        match self {
            Self::Float32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::Float16 => values
                .iter()
                .flat_map(|&value| f16::from_f32(value).to_le_bytes())
                .collect(),
            Self::BFloat16 => values
                .iter()
                .flat_map(|&value| bf16::from_f32(value).to_le_bytes())
                .collect(),
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Float32 => 4,
            Self::Float16 | Self::BFloat16 => 2,
        }
    }
}
