//! The product of 8-bit codes with AVX-512 VNNI, whose one instruction multiplies and adds 64 of them.
//!
//! `rten-gemm` has such a kernel too, and serves every other machine. This one keeps 24 sums in
//! registers instead of 16 and reads activations where they lie instead of copying them first
//! (`docs/performance.md` has both measured).

use std::arch::x86_64::{
    __m512i, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

/// Outputs computed together: two vectors of int32.
const PANEL: usize = 32;
/// Inputs multiplied and added by one instruction.
const STEP: usize = 4;
/// Rows computed together: with two vectors of sums each, they leave registers for the operands.
const ROWS: usize = 12;

/// Weights in the order in which the kernel reads them: int8
/// `[outputs / PANEL, inputs / STEP, PANEL, STEP]`, zeros beyond the last output.
pub(super) struct VnniWeights {
    codes: Vec<i8>,
    inputs: usize,
    panels: usize,
}

impl VnniWeights {
    /// Packs codes `[outputs, inputs]`; `None` where the machine lacks the instruction or `inputs` is no
    /// multiple of four.
    pub(super) fn new(codes: &[i8], inputs: usize) -> Option<Self> {
        if !is_x86_feature_detected!("avx512f") || !is_x86_feature_detected!("avx512vnni") {
            return None;
        }
        if inputs == 0 || !inputs.is_multiple_of(STEP) {
            return None;
        }
        let panels = (codes.len() / inputs).div_ceil(PANEL);
        let mut packed = vec![0; panels * PANEL * inputs];
        for (output, row) in codes.chunks_exact(inputs).enumerate() {
            let (panel, column) = (output / PANEL, output % PANEL);
            let panel = &mut packed[panel * PANEL * inputs..];
            for (step, codes) in row.chunks_exact(STEP).enumerate() {
                panel[(step * PANEL + column) * STEP..][..STEP].copy_from_slice(codes);
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
        for (number, panel) in self.codes.chunks_exact(PANEL * self.inputs).enumerate() {
            let tiles = codes
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
                // SAFETY: `new` made sure that the machine has both features.
                unsafe { tile.multiply() }
            }
        }
    }
}

/// Some rows of codes, one panel of weights, and where their sums go.
struct Tile<'a> {
    /// `[rows, inputs]`, of 1 to `ROWS` rows.
    codes: &'a [u8],
    inputs: usize,
    /// `[inputs / STEP, PANEL, STEP]`.
    panel: &'a [i8],
    /// Begins at the first row's first sum; a row's sums are `stride` further than the last's.
    sums: &'a mut [i32],
    stride: usize,
}

impl Tile<'_> {
    #[target_feature(enable = "avx512f,avx512vnni")]
    fn multiply(self) {
        // The number of rows must be known to the compiler for sums to stay in registers.
        match self.codes.len() / self.inputs {
            1 => self.multiply_rows::<1>(),
            2 => self.multiply_rows::<2>(),
            3 => self.multiply_rows::<3>(),
            4 => self.multiply_rows::<4>(),
            5 => self.multiply_rows::<5>(),
            6 => self.multiply_rows::<6>(),
            7 => self.multiply_rows::<7>(),
            8 => self.multiply_rows::<8>(),
            9 => self.multiply_rows::<9>(),
            10 => self.multiply_rows::<10>(),
            11 => self.multiply_rows::<11>(),
            _ => self.multiply_rows::<ROWS>(),
        }
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn multiply_rows<const COUNT: usize>(self) {
        assert!(self.codes.len() >= COUNT * self.inputs);
        assert!(self.panel.len() == self.inputs * PANEL && self.inputs.is_multiple_of(STEP));
        assert!(self.sums.len() >= (COUNT - 1) * self.stride + PANEL);
        let (codes, panel) = (self.codes.as_ptr(), self.panel.as_ptr());
        let mut sums: [[__m512i; 2]; COUNT] = [[_mm512_setzero_si512(); 2]; COUNT];
        for step in 0..self.inputs / STEP {
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
                        .add(row * self.inputs + step * STEP)
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
                let at = self.sums.as_mut_ptr().add(row * self.stride);
                _mm512_storeu_si512(at.cast(), found[0]);
                _mm512_storeu_si512(at.add(16).cast(), found[1]);
            }
        }
    }
}
