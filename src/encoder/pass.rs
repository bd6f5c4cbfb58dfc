//! Whether the encoder is used or trained: which forms of an operation run, and dropout.

use std::cell::RefCell;

use candle_core::{Result, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How the encoder runs.
pub enum Pass {
    /// Fused operations, no dropout. Candle's fused layer norm and softmax have no backward
    /// pass: gradients would be dropped without a word.
    Inference,
    /// Differentiable operations throughout, with dropout.
    Training(Dropout),
}

impl Pass {
    /// Zeroes elements at random and scales the rest, in training; otherwise the tensor itself.
    pub(super) fn dropout(&self, tensor: Tensor) -> Result<Tensor> {
        match self {
            Pass::Inference => Ok(tensor),
            Pass::Training(dropout) => dropout.apply(tensor),
        }
    }
}

/// Dropout from its own seeded generator, since Candle's CPU generator cannot be seeded.
pub struct Dropout {
    probability: f32,
    generator: RefCell<Box<ChaCha8Rng>>,
}

impl Dropout {
    /// Drops each element with `probability`, from 0 up to but not including 1.
    pub fn new(probability: f32, seed: u64) -> Self {
        Self {
            probability,
            generator: RefCell::new(Box::new(ChaCha8Rng::seed_from_u64(seed))),
        }
    }

    fn apply(&self, tensor: Tensor) -> Result<Tensor> {
        if self.probability <= 0.0 {
            return Ok(tensor);
        }
        let keep = 1.0 - self.probability;
        let scale = keep.recip();
        // A 16-bit draw is fine enough for a probability of 0.1 and halves the cost.
        let threshold = (self.probability * 65536.0) as u32;
        let mut generator = self.generator.borrow_mut();
        let mut mask = Vec::with_capacity(tensor.elem_count());
        while mask.len() < tensor.elem_count() {
            let draw: u32 = generator.random();
            for half in [draw & 0xffff, draw >> 16] {
                mask.push(if half < threshold { 0.0 } else { scale });
            }
        }
        mask.truncate(tensor.elem_count());
        let mask = Tensor::from_vec(mask, tensor.dims(), tensor.device())?;
        tensor.mul(&mask)
    }
}
