//! Token ids → the first hidden states: a word's row and a place's row added, and normalised.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use super::vectors::{for_each_vector, load, store};
use super::AddNorm;
use crate::model::Table;

/// The embedding tables.
pub(in crate::encoder) struct Embedding {
    /// `[vocab_size, width]`.
    pub(in crate::encoder) words: Table,
    /// `[max_position_embeddings, width]`, the first segment's row added to each.
    pub(in crate::encoder) places: Vec<f32>,
    pub(in crate::encoder) norm: AddNorm,
}

impl Embedding {
    /// Float32 `[tokens, width]`.
    ///
    /// # Errors
    /// An id or place beyond its table, or a row of the table that is not all finite numbers.
    pub(in crate::encoder) fn states(&self, ids: &[u32], places: &[u32]) -> candle_core::Result<Vec<f32>> {
        let width = self.norm.weight.len();
        let beyond = |ids: &[u32], rows| ids.iter().any(|&id| id as usize >= rows);
        if beyond(ids, self.words.rows()) || beyond(places, self.places.len() / width) {
            candle_core::bail!("a token id or position lies beyond the embedding tables");
        }
        let mut states = vec![0.0; ids.len() * width];
        let finite = EmbedTokens {
            embedding: self,
            ids,
            places,
            states: &mut states,
        }
        .dispatch();
        if !finite {
            candle_core::bail!("the embedding of a token is not finite: the weights are damaged");
        }
        Ok(states)
    }
}

struct EmbedTokens<'a> {
    embedding: &'a Embedding,
    ids: &'a [u32],
    places: &'a [u32],
    states: &'a mut [f32],
}

impl SimdOp for EmbedTokens<'_> {
    /// Whether all states are finite.
    type Output = bool;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> bool {
        let ops = isa.f32();
        let norm = &self.embedding.norm;
        let width = norm.weight.len();
        let mut finite = true;
        let tokens = self.ids.iter().zip(self.places);
        for ((&id, &place), state) in tokens.zip(self.states.chunks_exact_mut(width)) {
            self.embedding.words.copy_row(id as usize, state);
            let place = &self.embedding.places[place as usize * width..][..width];
            for_each_vector(
                ops.len(),
                width,
                #[inline(always)]
                |at, length| {
                    let span = at..at + length;
                    let sum = ops.add(load(ops, &state[span.clone()]), load(ops, &place[span.clone()]));
                    store(ops, sum, &mut state[span]);
                },
            );
            norm.normalize(isa, state);
            // One number that is not finite makes the variance, and so the whole row, like it.
            finite &= state[0].is_finite();
        }
        finite
    }
}
