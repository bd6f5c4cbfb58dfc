//! ModernBERT: normalised before each part, turned by rotary positions, a gated feed-forward network, and layers that attend
//! to near tokens alone between those that attend to all.
//!
//! Source: Warner et al., "Smarter, better, faster, longer" (2024); Su et al., "RoFormer" (2021) for the rotation.

use candle_core::{DType, Device, Tensor, D};
use rayon::prelude::*;

use super::ops::{softmax, Linear, Norm};
use super::{Arithmetic, PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Rotary, Table, Weights};

/// Token ids → one hidden state per token.
#[derive(Clone)]
pub(super) struct ModernBert {
    words: Table,
    hidden_size: usize,
    embedding_norm: Norm,
    layers: Vec<Layer>,
    final_norm: Norm,
    device: Device,
}

#[derive(Clone)]
struct Layer {
    /// Missing in the first: the embeddings are normalised.
    attention_norm: Option<Norm>,
    /// Queries, keys and values side by side.
    projections: Linear,
    attention_output: Linear,
    feed_forward_norm: Norm,
    /// What is activated, and its gate, side by side.
    inner: Linear,
    outer: Linear,
    theta: f64,
    /// How far a token attends to each side; `None` to all.
    reach: Option<usize>,
    heads: usize,
}

impl ModernBert {
    pub(super) fn new(
        config: &EncoderConfig,
        rotary: &Rotary,
        weights: &Weights,
        device: &Device,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        let hidden = config.hidden_size;
        let norm = |name: &str| Norm::new(weights, name, hidden, config.layer_norm_eps, rotary.has_norm_bias);
        let table = [config.vocab_size, hidden];
        Ok(Self {
            words: weights.table("embeddings.tok_embeddings.weight", table)?,
            hidden_size: hidden,
            embedding_norm: norm("embeddings.norm")?,
            layers: (0..config.num_hidden_layers)
                .into_par_iter()
                .map(|index| Layer::new(config, rotary, weights, index, arithmetic))
                .collect::<Result<_, _>>()?,
            final_norm: norm("final_norm")?,
            device: device.clone(),
        })
    }

    /// `[tokens, hidden_size]`.
    pub(super) fn forward(&self, batch: &PackedBatch, pass: &Pass) -> candle_core::Result<Tensor> {
        let (tokens, width) = (batch.token_ids.len(), self.hidden_size);
        let mut words = vec![0.0; tokens * width];
        for (row, &id) in words.chunks_exact_mut(width).zip(&batch.token_ids) {
            if id as usize >= self.words.rows() {
                candle_core::bail!(
                    "token id {id} is beyond the embeddings' {} rows",
                    self.words.rows()
                );
            }
            self.words.copy_row(id as usize, row);
        }
        let words = Tensor::from_vec(words, (tokens, width), &self.device)?;
        let mut states = self.embedding_norm.forward(&words, pass)?;
        for layer in &self.layers {
            states = layer.forward(&states, batch, pass)?;
        }
        self.final_norm.forward(&states, pass)
    }
}

impl Layer {
    fn new(
        config: &EncoderConfig,
        rotary: &Rotary,
        weights: &Weights,
        index: usize,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        let (hidden, middle) = (config.hidden_size, config.intermediate_size);
        let norm = |part: &str| {
            let name = format!("layers.{index}.{part}");
            Norm::new(
                weights,
                &name,
                hidden,
                config.layer_norm_eps,
                rotary.has_norm_bias,
            )
        };
        let linear = |part: &str, inputs: usize, outputs: usize, has_bias: bool| {
            let name = format!("layers.{index}.{part}");
            Linear::with_optional_bias(weights, &name, inputs, outputs, has_bias, arithmetic)
        };
        let is_global = rotary.is_global[index];
        Ok(Self {
            attention_norm: (index > 0).then(|| norm("attn_norm")).transpose()?,
            projections: linear("attn.Wqkv", hidden, 3 * hidden, rotary.has_attention_bias)?,
            attention_output: linear("attn.Wo", hidden, hidden, rotary.has_attention_bias)?,
            feed_forward_norm: norm("mlp_norm")?,
            inner: linear("mlp.Wi", hidden, 2 * middle, rotary.has_feed_forward_bias)?,
            outer: linear("mlp.Wo", middle, hidden, rotary.has_feed_forward_bias)?,
            theta: if is_global {
                rotary.global_theta
            } else {
                rotary.local_theta
            },
            reach: (!is_global).then_some(rotary.reach),
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, states: &Tensor, batch: &PackedBatch, pass: &Pass) -> candle_core::Result<Tensor> {
        let normed = match &self.attention_norm {
            Some(norm) => norm.forward(states, pass)?,
            None => states.clone(),
        };
        let context = self.attention(&normed, batch, pass)?;
        let states = (states + pass.dropout(self.attention_output.forward(&context)?)?)?;
        let normed = self.feed_forward_norm.forward(&states, pass)?;
        let inner = self.inner.forward(&normed)?.chunk(2, D::Minus1)?;
        let gated = (inner[0].contiguous()?.gelu_erf()? * &inner[1])?;
        let output = pass.dropout(self.outer.forward(&gated)?)?;
        states + output
    }

    /// `[tokens, hidden_size]` → `[tokens, hidden_size]`, each statement by itself.
    fn attention(&self, states: &Tensor, batch: &PackedBatch, pass: &Pass) -> candle_core::Result<Tensor> {
        let width = states.dim(1)?;
        let head_size = width / self.heads;
        let scale = (head_size as f64).sqrt().recip();
        let projected = self.projections.forward(states)?;
        let contexts = batch.spans().map(|(start, length)| {
            // `[3, heads, length, head_size]`.
            let parts = projected
                .narrow(0, start, length)?
                .reshape((length, 3, self.heads, head_size))?
                .permute((1, 2, 0, 3))?
                .contiguous()?;
            let (cosines, sines) = rotation(length, head_size, self.theta, states.device())?;
            let query = (turned(&parts.get(0)?, &cosines, &sines)? * scale)?;
            let key = turned(&parts.get(1)?, &cosines, &sines)?;
            let mut scores = query.matmul(&key.t()?)?;
            if let Some(reach) = self.reach.filter(|&reach| length > reach + 1) {
                scores = scores.broadcast_add(&window(length, reach, states.device())?)?;
            }
            let weights = pass.dropout(softmax(&scores, pass)?)?;
            let context = weights.matmul(&parts.get(2)?)?;
            context.transpose(0, 1)?.reshape((length, width))
        });
        Tensor::cat(&contexts.collect::<candle_core::Result<Vec<_>>>()?, 0)
    }
}

/// Cosines and sines of the angle of each place and pair of dimensions, both `[length, head_size / 2]`.
fn rotation(
    length: usize,
    head_size: usize,
    theta: f64,
    device: &Device,
) -> candle_core::Result<(Tensor, Tensor)> {
    let pairs = head_size / 2;
    let frequency = |pair: usize| (theta as f32).powf(-(2.0 * pair as f32) / head_size as f32);
    let frequencies: Vec<f32> = (0..pairs).map(frequency).collect();
    let frequencies = Tensor::from_vec(frequencies, (1, pairs), device)?;
    let places = Tensor::arange(0, length as u32, device)?.to_dtype(DType::F32)?;
    let angles = places.reshape((length, 1))?.matmul(&frequencies)?;
    Ok((angles.cos()?, angles.sin()?))
}

/// Each dimension of the first half turned with its twin of the second; `[heads, length, head_size]`.
fn turned(states: &Tensor, cosines: &Tensor, sines: &Tensor) -> candle_core::Result<Tensor> {
    let halves = states.chunk(2, D::Minus1)?;
    let (first, second) = (&halves[0], &halves[1]);
    let turned_first = (first.broadcast_mul(cosines)? - second.broadcast_mul(sines)?)?;
    let turned_second = (second.broadcast_mul(cosines)? + first.broadcast_mul(sines)?)?;
    Tensor::cat(&[turned_first, turned_second], D::Minus1)?.contiguous()
}

/// 0 for tokens within reach of each other, and what leaves nothing for all others: `[length, length]`.
fn window(length: usize, reach: usize, device: &Device) -> candle_core::Result<Tensor> {
    let row = |query: usize| {
        (0..length).map(move |key| match query.abs_diff(key) <= reach {
            true => 0.0,
            false => f32::NEG_INFINITY,
        })
    };
    let mask: Vec<f32> = (0..length).flat_map(row).collect();
    Tensor::from_vec(mask, (length, length), device)
}
