//! The product of 8-bit codes with AVX-512 VNNI, whose one instruction multiplies and adds 64 of them.
//!
//! `rten-gemm` has such a kernel too, and serves every other machine. This one keeps 24 sums in
//! registers instead of 16 and reads activations where they lie instead of copying them first
//! (`docs/performance.md` has both measured).

use std::arch::x86_64::{
    __m512i, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

use super::panels::{Panels, Tile};

/// Outputs computed together: two vectors of int32.
const PANEL: usize = 32;
/// Inputs multiplied and added by one instruction.
const STEP: usize = 4;
/// Rows computed together: with two vectors of sums each, they leave registers for the operands.
const ROWS: usize = 12;

/// Weights for this kernel.
pub(super) struct VnniWeights(Panels<i8>);

impl VnniWeights {
    /// Packs codes `[outputs, inputs]`; `None` where the machine lacks the instruction or `inputs` is no
    /// multiple of four.
    pub(super) fn new(codes: &[i8], inputs: usize) -> Option<Self> {
        if !is_x86_feature_detected!("avx512f") || !is_x86_feature_detected!("avx512vnni") {
            return None;
        }
        Panels::new(codes, inputs, PANEL, STEP).map(Self)
    }

    /// How far apart rows of sums lie.
    pub(super) fn stride(&self) -> usize {
        self.0.stride()
    }

    /// Codes u8 `[rows, inputs]` → sums int32 `[rows, stride]`.
    ///
    /// # Panics
    /// Where `sums` is not as long as `codes` calls for.
    pub(super) fn multiply(&self, codes: &[u8], sums: &mut [i32]) {
        self.0.for_each_tile(codes, sums, ROWS, |tile| {
            // SAFETY: `new` made sure that the machine has both features.
            unsafe { multiply(tile) }
        });
    }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn multiply(tile: Tile<'_, u8, i8>) {
    // The number of rows must be known to the compiler for sums to stay in registers.
    match tile.rows() {
        1 => multiply_rows::<1>(tile),
        2 => multiply_rows::<2>(tile),
        3 => multiply_rows::<3>(tile),
        4 => multiply_rows::<4>(tile),
        5 => multiply_rows::<5>(tile),
        6 => multiply_rows::<6>(tile),
        7 => multiply_rows::<7>(tile),
        8 => multiply_rows::<8>(tile),
        9 => multiply_rows::<9>(tile),
        10 => multiply_rows::<10>(tile),
        11 => multiply_rows::<11>(tile),
        _ => multiply_rows::<ROWS>(tile),
    }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn multiply_rows<const COUNT: usize>(tile: Tile<'_, u8, i8>) {
    tile.check(COUNT, PANEL, STEP);
    let (codes, panel) = (tile.codes.as_ptr(), tile.panel.as_ptr());
    let mut sums: [[__m512i; 2]; COUNT] = [[_mm512_setzero_si512(); 2]; COUNT];
    for step in 0..tile.inputs / STEP {
        // SAFETY: a step's weights are PANEL · STEP = 128 bytes of the panel, which holds
        // `inputs / STEP` such steps.
        let weights = unsafe {
            let at = panel.add(step * PANEL * STEP);
            [
                _mm512_loadu_si512(at.cast()),
                _mm512_loadu_si512(at.add(64).cast()),
            ]
        };
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: four bytes at `step · STEP` of one of the COUNT rows of `inputs` bytes.
            let four = unsafe {
                codes
                    .add(row * tile.inputs + step * STEP)
                    .cast::<i32>()
                    .read_unaligned()
            };
            let four = _mm512_set1_epi32(four);
            sums[0] = _mm512_dpbusd_epi32(sums[0], four, weights[0]);
            sums[1] = _mm512_dpbusd_epi32(sums[1], four, weights[1]);
        }
    }
    for (row, found) in sums.into_iter().enumerate() {
        // SAFETY: PANEL = 32 sums lie at the beginning of each of the COUNT rows.
        unsafe {
            let at = tile.sums.as_mut_ptr().add(row * tile.stride);
            _mm512_storeu_si512(at.cast(), found[0]);
            _mm512_storeu_si512(at.add(16).cast(), found[1]);
        }
    }
}
