//! The product of 8-bit codes with AVX2, for machines without VNNI.
//!
//! The usual instruction for unsigned times signed bytes, `vpmaddubsw`, adds two products in 16 bits and
//! saturates. Here codes are widened to 16 bits first and multiplied with `vpmaddwd`, which adds in 32:
//! a quarter slower, and exact, so that these machines give the results of all others.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_storeu_si256,
};
use std::cell::RefCell;

use super::panels::{Panels, Tile};

/// Outputs computed together: two vectors of int32.
const PANEL: usize = 16;
/// Inputs multiplied and added by one instruction.
const STEP: usize = 2;
/// Rows computed together: with two vectors of sums each, they leave registers for the operands.
const ROWS: usize = 6;

/// Weights for this kernel, widened.
pub(super) struct Avx2Weights(Panels<i16>);

thread_local!(static WIDENED: RefCell<Vec<i16>> = RefCell::default());

impl Avx2Weights {
    /// Packs codes `[outputs, inputs]`; `None` where the machine lacks AVX2 or `inputs` is odd.
    pub(super) fn new(codes: &[i8], inputs: usize) -> Option<Self> {
        if !is_x86_feature_detected!("avx2") {
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
        WIDENED.with_borrow_mut(|widened| {
            widened.clear();
            widened.extend(codes.iter().map(|&code| i16::from(code)));
            self.0.for_each_tile(widened, sums, ROWS, |tile| {
                // SAFETY: `new` made sure that the machine has AVX2.
                unsafe { multiply(tile) }
            });
        });
    }
}

#[target_feature(enable = "avx2")]
fn multiply(tile: Tile<'_, i16, i16>) {
    // The number of rows must be known to the compiler for sums to stay in registers.
    match tile.rows() {
        1 => multiply_rows::<1>(tile),
        2 => multiply_rows::<2>(tile),
        3 => multiply_rows::<3>(tile),
        4 => multiply_rows::<4>(tile),
        5 => multiply_rows::<5>(tile),
        _ => multiply_rows::<ROWS>(tile),
    }
}

#[target_feature(enable = "avx2")]
fn multiply_rows<const COUNT: usize>(tile: Tile<'_, i16, i16>) {
    tile.check(COUNT, PANEL, STEP);
    let (codes, panel) = (tile.codes.as_ptr(), tile.panel.as_ptr());
    let mut sums: [[__m256i; 2]; COUNT] = [[_mm256_setzero_si256(); 2]; COUNT];
    for step in 0..tile.inputs / STEP {
        // SAFETY: a step's weights are PANEL · STEP = 32 numbers of the panel, which holds
        // `inputs / STEP` such steps.
        let weights = unsafe {
            let at = panel.add(step * PANEL * STEP);
            [
                _mm256_loadu_si256(at.cast()),
                _mm256_loadu_si256(at.add(16).cast()),
            ]
        };
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: two numbers at `step · STEP` of one of the COUNT rows of `inputs` numbers.
            let two = unsafe {
                codes
                    .add(row * tile.inputs + step * STEP)
                    .cast::<i32>()
                    .read_unaligned()
            };
            let two = _mm256_set1_epi32(two);
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(two, weights[0]));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(two, weights[1]));
        }
    }
    for (row, found) in sums.into_iter().enumerate() {
        // SAFETY: PANEL = 16 sums lie at the beginning of each of the COUNT rows.
        unsafe {
            let at = tile.sums.as_mut_ptr().add(row * tile.stride);
            _mm256_storeu_si256(at.cast(), found[0]);
            _mm256_storeu_si256(at.add(8).cast(), found[1]);
        }
    }
}
