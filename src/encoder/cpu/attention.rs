//! Multi-head self-attention within each statement, from its states to its contexts.

use std::cell::Cell;

use candle_core::{CpuStorage, CustomOp1, Layout, Shape};
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, Simd, SimdOp, SimdUnaryOp};
use rten_vecmath::Exp;

use super::linear::{PackedLinear, Scratch as LinearScratch};
use super::{floats, matrix};

/// So many queries are compared with a key at a time, each in vectors of its own.
const QUERIES: usize = 4;

/// The attention of a layer before its output map: `[tokens, width]` → `[tokens, width]`.
pub(in crate::encoder) struct Attention<'a> {
    /// Queries, keys and values side by side: `width` → `3 · width`.
    pub(in crate::encoder) projection: &'a PackedLinear,
    /// How many tokens each statement has; together, all of them.
    pub(in crate::encoder) lengths: &'a [usize],
    pub(in crate::encoder) heads: usize,
    pub(in crate::encoder) head_size: usize,
}

/// What is kept from call to call.
#[derive(Default)]
struct Scratch {
    linear: LinearScratch,
    projected: Vec<f32>,
    heads: HeadScratch,
}

// Taken and put back, not borrowed: a product may run other tasks of a rayon pool meanwhile.
thread_local!(static SCRATCH: Cell<Scratch> = Cell::default());

impl CustomOp1 for Attention<'_> {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let input = floats(storage, layout)?;
        let width = self.heads * self.head_size;
        let mut output = vec![0.0; input.len()];
        let mut scratch = SCRATCH.take();
        let Scratch {
            linear,
            projected,
            heads,
        } = &mut scratch;
        projected.resize(3 * input.len(), 0.0);
        let applied = self.projection.apply(input, projected, linear).map(|()| {
            Attend {
                heads: self.heads,
                head_size: self.head_size,
                lengths: self.lengths,
                projected,
                output: &mut output,
                scratch: heads,
            }
            .dispatch()
        });
        SCRATCH.set(scratch);
        applied?;
        Ok(matrix(output, input.len() / width, width))
    }
}

/// The keys of one head turned, its values copied, and the scores and contexts of some queries; rows are
/// padded to whole vectors.
#[derive(Default)]
pub(super) struct HeadScratch {
    /// `[head_size, padded length]`.
    keys: Vec<f32>,
    /// `[length, padded head_size]`.
    values: Vec<f32>,
    /// `[QUERIES, padded length]`.
    scores: Vec<f32>,
    /// `[QUERIES, padded head_size]`.
    mixed: Vec<f32>,
}

/// softmax(Q·Kᵀ / √head_size) · V of every head of every statement (Vaswani et al., 2017).
pub(super) struct Attend<'a> {
    pub(super) heads: usize,
    pub(super) head_size: usize,
    pub(super) lengths: &'a [usize],
    /// Queries, keys and values side by side: `[tokens, 3 · heads · head_size]`.
    pub(super) projected: &'a [f32],
    /// `[tokens, heads · head_size]`.
    pub(super) output: &'a mut [f32],
    pub(super) scratch: &'a mut HeadScratch,
}

impl SimdOp for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let width = self.heads * self.head_size;
        let (mut projected, mut output) = (self.projected, self.output);
        for &length in self.lengths {
            let (statement, rest) = projected.split_at(length * 3 * width);
            let (contexts, rest_of_output) = output.split_at_mut(length * width);
            for head in 0..self.heads {
                let head = Head {
                    projected: statement,
                    first: head * self.head_size,
                    size: self.head_size,
                    width,
                    length,
                };
                head.attend(isa, contexts, self.scratch);
            }
            (projected, output) = (rest, rest_of_output);
        }
    }
}

/// One head over one statement.
struct Head<'a> {
    /// `[length, 3 · width]`.
    projected: &'a [f32],
    /// Its first column among `width`.
    first: usize,
    size: usize,
    width: usize,
    length: usize,
}

impl<'a> Head<'a> {
    /// A token's query (part 0), key (1) or value (2).
    #[inline(always)]
    fn part(&self, token: usize, part: usize) -> &'a [f32] {
        let at = (3 * token + part) * self.width + self.first;
        &self.projected[at..at + self.size]
    }

    #[inline(always)]
    fn attend<I: Isa>(&self, isa: I, contexts: &mut [f32], scratch: &mut HeadScratch) {
        let lanes = isa.f32().len();
        let padded = self.length.next_multiple_of(lanes);
        let padded_size = self.size.next_multiple_of(lanes);
        let HeadScratch {
            keys,
            values,
            scores,
            mixed,
        } = scratch;
        mixed.resize(QUERIES * padded_size, 0.0);
        keys.resize(self.size * padded, 0.0);
        scores.resize(QUERIES * padded, 0.0);
        self.turn_keys(keys, padded);
        // Values of whole vectors are read where they lie.
        let (values, stride) = if self.size.is_multiple_of(lanes) {
            (&self.projected[2 * self.width + self.first..], 3 * self.width)
        } else {
            values.resize(self.length * padded_size, 0.0);
            self.copy_values(values, padded_size);
            (values.as_slice(), padded_size)
        };
        for first in (0..self.length).step_by(QUERIES) {
            let count = QUERIES.min(self.length - first);
            // The last block may lack queries: the last one stands in for them, unused.
            let queries = std::array::from_fn(|query| self.part(first + query.min(count - 1), 0));
            let mut at = 0;
            while at + 2 * lanes <= padded {
                self.score::<I, 2>(isa, queries, keys, padded, at, scores);
                at += 2 * lanes;
            }
            if at < padded {
                self.score::<I, 1>(isa, queries, keys, padded, at, scores);
            }
            let mut totals = [0.0; QUERIES];
            for (total, scores) in totals.iter_mut().zip(scores.chunks_exact_mut(padded)) {
                *total = self.exponentials(isa, scores);
            }
            let scores = rows_of(scores, padded, self.length);
            let mut at = 0;
            while at + 2 * lanes <= self.size {
                mix::<I, 2>(isa, scores, totals, values, stride, at, mixed);
                at += 2 * lanes;
            }
            while at < self.size {
                mix::<I, 1>(isa, scores, totals, values, stride, at, mixed);
                at += lanes;
            }
            for (query, mixed) in mixed.chunks_exact(padded_size).take(count).enumerate() {
                let context = (first + query) * self.width + self.first;
                contexts[context..context + self.size].copy_from_slice(&mixed[..self.size]);
            }
        }
    }

    /// The keys, a row for each dimension: `[size, padded]`, zeros beyond the statement's length.
    fn turn_keys(&self, keys: &mut [f32], padded: usize) {
        const TOGETHER: usize = 8;
        let whole = self.length - self.length % TOGETHER;
        for token in (0..whole).step_by(TOGETHER) {
            let parts: [&[f32]; TOGETHER] = std::array::from_fn(|next| self.part(token + next, 1));
            for (dimension, row) in keys.chunks_exact_mut(padded).enumerate() {
                let turned: [f32; TOGETHER] = std::array::from_fn(|next| parts[next][dimension]);
                row[token..token + TOGETHER].copy_from_slice(&turned);
            }
        }
        for (dimension, row) in keys.chunks_exact_mut(padded).enumerate() {
            for (next, place) in row[whole..self.length].iter_mut().enumerate() {
                *place = self.part(whole + next, 1)[dimension];
            }
            row[self.length..].fill(0.0);
        }
    }

    fn copy_values(&self, values: &mut [f32], padded: usize) {
        for (token, row) in values.chunks_exact_mut(padded).enumerate() {
            row[..self.size].copy_from_slice(self.part(token, 2));
            row[self.size..].fill(0.0);
        }
    }

    /// Q·Kᵀ of some queries and the keys of `VECTORS` vectors from `at` on, not yet scaled.
    #[inline(always)]
    fn score<I: Isa, const VECTORS: usize>(
        &self,
        isa: I,
        queries: [&[f32]; QUERIES],
        keys: &[f32],
        padded: usize,
        at: usize,
        scores: &mut [f32],
    ) {
        let ops = isa.f32();
        let lanes = ops.len();
        let queries = queries.map(|query| &query[..self.size]);
        let mut sums = [[ops.zero(); VECTORS]; QUERIES];
        for (dimension, row) in keys.chunks_exact(padded).take(self.size).enumerate() {
            let row = &row[at..at + VECTORS * lanes];
            for vector in 0..VECTORS {
                let key = ops.load(&row[vector * lanes..]);
                for query in 0..QUERIES {
                    let factor = ops.splat(queries[query][dimension]);
                    sums[query][vector] = ops.mul_add(factor, key, sums[query][vector]);
                }
            }
        }
        for (query, sums) in sums.into_iter().enumerate() {
            for (vector, sum) in sums.into_iter().enumerate() {
                ops.store(sum, &mut scores[query * padded + at + vector * lanes..]);
            }
        }
    }

    /// Turns a row of scores into the softmax's numerators, 0 beyond the statement's length. Returns
    /// their sum.
    #[inline(always)]
    fn exponentials<I: Isa>(&self, isa: I, scores: &mut [f32]) -> f32 {
        let ops = isa.f32();
        let lanes = ops.len();
        let scale = ops.splat((self.size as f32).sqrt().recip());
        let mut largest = ops.splat(f32::MIN);
        for at in (0..scores.len()).step_by(lanes) {
            let mut score = ops.load(&scores[at..]);
            if at + lanes > self.length {
                score = ops.select(score, largest, ops.first_n_mask(self.length - at));
            }
            largest = ops.max(score, largest);
        }
        let largest = ops.splat(largest.to_array().into_iter().fold(f32::MIN, f32::max));
        let mut total = ops.zero();
        for at in (0..scores.len()).step_by(lanes) {
            let difference = ops.sub(ops.load(&scores[at..]), largest);
            let mut numerator = Exp::apply(isa, ops.mul(difference, scale));
            if at + lanes > self.length {
                numerator = ops.select(numerator, ops.zero(), ops.first_n_mask(self.length - at));
            }
            total = ops.add(total, numerator);
            ops.store(numerator, &mut scores[at..]);
        }
        ops.sum(total)
    }
}

/// Each query's row of scores, of `padded` numbers, cut to `length`.
#[inline(always)]
fn rows_of(scores: &[f32], padded: usize, length: usize) -> [&[f32]; QUERIES] {
    std::array::from_fn(|query| &scores[query * padded..][..length])
}

/// `VECTORS` vectors of the values from column `at` on, weighted by the numerators over their totals, to
/// rows of contexts.
#[inline(always)]
fn mix<I: Isa, const VECTORS: usize>(
    isa: I,
    scores: [&[f32]; QUERIES],
    totals: [f32; QUERIES],
    values: &[f32],
    stride: usize,
    at: usize,
    contexts: &mut [f32],
) {
    let ops = isa.f32();
    let lanes = ops.len();
    let mut sums = [[ops.zero(); VECTORS]; QUERIES];
    let [first, second, third, fourth] = scores;
    let pairs = first.iter().zip(second).zip(third.iter().zip(fourth));
    // Iterators, not indices: a check in this loop would push sums out of their registers.
    for (((first, second), (third, fourth)), row) in pairs.zip(values[at..].chunks(stride)) {
        let values: [I::F32; VECTORS] = ops.load_many(&row[..VECTORS * lanes]);
        for (sums, &score) in sums.iter_mut().zip([first, second, third, fourth]) {
            let score = ops.splat(score);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = ops.mul_add(score, value, *sum);
            }
        }
    }
    let width = contexts.len() / QUERIES;
    let contexts = contexts.chunks_exact_mut(width);
    for ((sums, total), context) in sums.into_iter().zip(totals).zip(contexts) {
        let share = ops.splat(total.recip());
        for (vector, sum) in sums.into_iter().enumerate() {
            ops.store(ops.mul(sum, share), &mut context[at + vector * lanes..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    /// Lengths from the shortest to the longest, with each remainder of vectors and query blocks.
    #[test]
    fn it_computes_what_its_plain_twin_does() {
        for (heads, head_size) in [(4, 8), (2, 32), (1, 20)] {
            let lengths: Vec<usize> = (1..36).chain([63, 64, 65, 200, 511, 512]).collect();
            let width = heads * head_size;
            let tokens: usize = lengths.iter().sum();
            let projected = plain::random(1, tokens * 3 * width, 2.0);
            let mut expected = vec![0.0; tokens * width];
            let mut first = 0;
            for &length in &lengths {
                for head in 0..heads {
                    let part = |part: usize| -> Vec<f32> {
                        let start = |token| (3 * token + part) * width + head * head_size;
                        let tokens = first..first + length;
                        tokens
                            .flat_map(|token| projected[start(token)..][..head_size].to_vec())
                            .collect()
                    };
                    let contexts = plain::attention(&part(0), &part(1), &part(2), head_size);
                    for (token, context) in contexts.chunks_exact(head_size).enumerate() {
                        let at = (first + token) * width + head * head_size;
                        expected[at..at + head_size].copy_from_slice(context);
                    }
                }
                first += length;
            }
            plain::for_each_instruction_set!(|name, isa| {
                let mut output = vec![f32::NAN; expected.len()];
                let attend = Attend {
                    heads,
                    head_size,
                    lengths: &lengths,
                    projected: &projected,
                    output: &mut output,
                    scratch: &mut HeadScratch::default(),
                };
                attend.eval(isa);
                let what = format!("{name}, {heads} heads of {head_size}");
                plain::assert_close(&output, &expected, 1e-5, &what);
            });
        }
    }
}
