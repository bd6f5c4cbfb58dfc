//! Token ids → the first hidden states: a word's row and a place's row added, and normalised.

use rten_simd::{Isa, SimdOp};

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
        let norm = &self.embedding.norm;
        let width = norm.weight.len();
        let mut finite = true;
        let tokens = self.ids.iter().zip(self.places);
        for ((&id, &place), state) in tokens.zip(self.states.chunks_exact_mut(width)) {
            self.embedding.words.copy_row(id as usize, state);
            let place = &self.embedding.places[place as usize * width..][..width];
            norm.add_and_normalize(isa, state, place);
            // One number that is not finite makes the variance, and so the whole row, like it.
            finite &= state[0].is_finite();
        }
        finite
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;
    use crate::model::Weights;
    use candle_core::{Device, Tensor};

    fn embedding(words: Vec<f32>, width: usize) -> Embedding {
        let rows = words.len() / width;
        let table = Tensor::from_vec(words, (rows, width), &Device::Cpu).unwrap();
        let weights = Weights::new("m", [("words".to_owned(), table)].into());
        Embedding {
            words: weights.table("words", [rows, width]).unwrap(),
            places: plain::random(2, 3 * width, 1.0),
            norm: AddNorm {
                weight: plain::random(3, width, 1.5),
                bias: plain::random(4, width, 0.5),
                eps: 1e-12,
            },
        }
    }

    #[test]
    fn rows_of_both_tables_are_added_and_normalised() {
        for width in [5, 32, 384] {
            let words = plain::random(1, 7 * width, 1.0);
            let embedding = embedding(words.clone(), width);
            let (ids, places) = ([6, 0, 3, 6], [0, 1, 2, 2]);
            let expected: Vec<f32> = ids
                .iter()
                .zip(places)
                .flat_map(|(&id, place)| {
                    let word = &words[id as usize * width..][..width];
                    let place = &embedding.places[place as usize * width..][..width];
                    let norm = &embedding.norm;
                    plain::add_norm(word, place, &norm.weight, &norm.bias, norm.eps)
                })
                .collect();
            plain::for_each_instruction_set!(|name, isa| {
                let mut states = vec![0.0; expected.len()];
                let tokens = EmbedTokens {
                    embedding: &embedding,
                    ids: &ids,
                    places: &places,
                    states: &mut states,
                };
                assert!(tokens.eval(isa));
                plain::assert_close(&states, &expected, 2e-5, &format!("{name}, width {width}"));
            });
        }
    }

    #[test]
    fn ids_beyond_the_table_and_damaged_rows_are_refused() {
        let mut words = plain::random(1, 7 * 32, 1.0);
        words[2 * 32 + 31] = f32::NAN;
        let embedding = embedding(words, 32);
        assert!(embedding.states(&[1, 3], &[0, 1]).is_ok());
        for (ids, places) in [([1, 7], [0, 1]), ([1, 3], [0, 3]), ([1, 2], [0, 1])] {
            assert!(embedding.states(&ids, &places).is_err(), "{ids:?} {places:?}");
        }
    }
}
