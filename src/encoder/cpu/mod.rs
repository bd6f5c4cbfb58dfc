//! The encoder's fast parts on a CPU, as Candle custom operations.
//!
//! Matrix products run over weights packed once: in int8 on kernels of our own where the machine has VNNI
//! or AVX2, otherwise and in float32 on `rten-gemm`'s. Everything between them is vectorised with
//! `rten-simd`, which picks AVX-512, AVX2, Neon or plain code at run time. Each kernel stands
//! beside a plain twin (`plain.rs`) that tests compare it with, under every instruction set that the
//! machine has.
//!
//! A row of a result is computed from its own row (in attention: its own statement) alone and always
//! in the same order, so that it never depends on what else is in the batch.
//!
//! None of these operations has a backward pass.

mod add_norm;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod embedding;
mod feed_forward;
mod gelu;
mod int8;
mod linear;
#[cfg(target_arch = "x86_64")]
mod panels;
mod peak;
#[cfg(test)]
pub(super) mod plain;
mod pooling;
mod products;
mod quantized_rows;
mod vectors;
#[cfg(target_arch = "x86_64")]
mod vnni;
mod workbench;

use candle_core::{CpuStorage, Layout, Shape};

pub(super) use add_norm::AddNorm;
pub(super) use attention::Attention;
pub(super) use embedding::Embedding;
pub(super) use feed_forward::FeedForward;
pub(super) use linear::PackedLinear;
pub(super) use peak::{kernel_name, peak_rate};
pub(super) use pooling::MeanPooling;
pub use workbench::{Workbench, WorkbenchLinear};

/// How the linear layers multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    Float32,
    Int8,
}

/// The numbers of a contiguous float32 operand, row by row.
fn floats<'a>(storage: &'a CpuStorage, layout: &Layout) -> candle_core::Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("a CPU kernel needs a contiguous operand, not {layout:?}");
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

/// A result of `rows` rows of `columns` numbers.
fn matrix(values: Vec<f32>, rows: usize, columns: usize) -> (CpuStorage, Shape) {
    debug_assert_eq!(values.len(), rows * columns);
    (CpuStorage::F32(values), Shape::from((rows, columns)))
}
