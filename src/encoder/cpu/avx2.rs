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

/// Outputs computed together: two vectors of int32.
const PANEL: usize = 16;
/// Inputs multiplied and added by one instruction.
const STEP: usize = 2;
/// Rows computed together: with two vectors of sums each, they leave registers for the operands.
const ROWS: usize = 6;

/// Weights in the order in which the kernel reads them: int16
/// `[outputs / PANEL, inputs / STEP, PANEL, STEP]`, zeros beyond the last output.
pub(super) struct Avx2Weights {
    codes: Vec<i16>,
    inputs: usize,
    panels: usize,
}

thread_local!(static WIDENED: RefCell<Vec<i16>> = RefCell::default());

impl Avx2Weights {
    /// Packs codes `[outputs, inputs]`; `None` where the machine lacks AVX2 or `inputs` is odd.
    pub(super) fn new(codes: &[i8], inputs: usize) -> Option<Self> {
        if !is_x86_feature_detected!("avx2") || inputs == 0 || !inputs.is_multiple_of(STEP) {
            return None;
        }
        let panels = (codes.len() / inputs).div_ceil(PANEL);
        let mut packed = vec![0; panels * PANEL * inputs];
        for (output, row) in codes.chunks_exact(inputs).enumerate() {
            let (panel, column) = (output / PANEL, output % PANEL);
            let panel = &mut packed[panel * PANEL * inputs..];
            for (step, codes) in row.chunks_exact(STEP).enumerate() {
                for (place, &code) in panel[(step * PANEL + column) * STEP..].iter_mut().zip(codes) {
                    *place = code.into();
                }
            }
        }
        Some(Self {
            codes: packed,
            inputs,
            panels,
        })
    }

    /// How far apart rows of sums lie: the number of outputs, rounded up to whole panels.
    pub(super) fn stride(&self) -> usize {
        self.panels * PANEL
    }

    /// Codes u8 `[rows, inputs]` → sums int32 `[rows, stride]`.
    ///
    /// # Panics
    /// Where `sums` is not as long as `codes` calls for.
    pub(super) fn multiply(&self, codes: &[u8], sums: &mut [i32]) {
        let rows = codes.len() / self.inputs;
        assert_eq!(codes.len(), rows * self.inputs);
        assert_eq!(sums.len(), rows * self.stride());
        WIDENED.with_borrow_mut(|widened| {
            widened.clear();
            widened.extend(codes.iter().map(|&code| i16::from(code)));
            for (number, panel) in self.codes.chunks_exact(PANEL * self.inputs).enumerate() {
                let tiles = widened
                    .chunks(ROWS * self.inputs)
                    .zip(sums.chunks_mut(ROWS * self.stride()));
                for (codes, sums) in tiles {
                    let tile = Tile {
                        codes,
                        inputs: self.inputs,
                        panel,
                        sums: &mut sums[number * PANEL..],
                        stride: self.stride(),
                    };
                    // SAFETY: `new` made sure that the machine has AVX2.
                    unsafe { tile.multiply() }
                }
            }
        });
    }
}

/// Some rows of codes, one panel of weights, and where their sums go.
struct Tile<'a> {
    /// `[rows, inputs]`, of 1 to `ROWS` rows.
    codes: &'a [i16],
    inputs: usize,
    /// `[inputs / STEP, PANEL, STEP]`.
    panel: &'a [i16],
    /// Begins at the first row's first sum; a row's sums are `stride` further than the last's.
    sums: &'a mut [i32],
    stride: usize,
}

impl Tile<'_> {
    #[target_feature(enable = "avx2")]
    fn multiply(self) {
        // The number of rows must be known to the compiler for sums to stay in registers.
        match self.codes.len() / self.inputs {
            1 => self.multiply_rows::<1>(),
            2 => self.multiply_rows::<2>(),
            3 => self.multiply_rows::<3>(),
            4 => self.multiply_rows::<4>(),
            5 => self.multiply_rows::<5>(),
            _ => self.multiply_rows::<ROWS>(),
        }
    }

    #[target_feature(enable = "avx2")]
    fn multiply_rows<const COUNT: usize>(self) {
        assert!(self.codes.len() >= COUNT * self.inputs);
        assert!(self.panel.len() == self.inputs * PANEL && self.inputs.is_multiple_of(STEP));
        assert!(self.sums.len() >= (COUNT - 1) * self.stride + PANEL);
        let (codes, panel) = (self.codes.as_ptr(), self.panel.as_ptr());
        let mut sums: [[__m256i; 2]; COUNT] = [[_mm256_setzero_si256(); 2]; COUNT];
        for step in 0..self.inputs / STEP {
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
                        .add(row * self.inputs + step * STEP)
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
                let at = self.sums.as_mut_ptr().add(row * self.stride);
                _mm256_storeu_si256(at.cast(), found[0]);
                _mm256_storeu_si256(at.add(8).cast(), found[1]);
            }
        }
    }
}
