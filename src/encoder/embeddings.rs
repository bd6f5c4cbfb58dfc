//! Token ids → the first hidden states: word, position and segment embeddings, normalised.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::cpu::Embedding;
use super::ops::{norm_kernel, AddNorm};
use super::{Arithmetic, PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Weights};

/// A statement alone is always the first segment.
#[derive(Clone)]
pub(super) enum Embeddings {
    Candle {
        /// `[vocab_size, hidden_size]`.
        words: Tensor,
        /// `[max_position_embeddings, hidden_size]`.
        positions: Tensor,
        /// `[type_vocab_size, hidden_size]`.
        segments: Tensor,
        norm: AddNorm,
        device: Device,
    },
    Cpu(Arc<Embedding>),
}

pub(super) const WORDS: &str = "embeddings.word_embeddings.weight";
const POSITIONS: &str = "embeddings.position_embeddings.weight";
const SEGMENTS: &str = "embeddings.token_type_embeddings.weight";
pub(super) const NORM: &str = "embeddings.LayerNorm";

impl Embeddings {
    pub(super) fn new(
        config: &EncoderConfig,
        weights: &Weights,
        device: &Device,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        let (hidden, eps) = (config.hidden_size, config.layer_norm_eps);
        let words = [config.vocab_size, hidden];
        let positions = [config.max_position_embeddings, hidden];
        let segments = [config.type_vocab_size, hidden];
        if arithmetic == Arithmetic::Candle {
            return Ok(Self::Candle {
                words: weights.get(WORDS, &words)?,
                positions: weights.get(POSITIONS, &positions)?,
                segments: weights.get(SEGMENTS, &segments)?,
                norm: AddNorm::new(weights, NORM, hidden, eps, arithmetic)?,
                device: device.clone(),
            });
        }
        Ok(Self::Cpu(Arc::new(Embedding {
            words: weights.table(WORDS, words)?,
            places: places(config, weights)?,
            norm: norm_kernel(weights, NORM, hidden, eps)?,
        })))
    }

    /// `[tokens, hidden_size]`.
    pub(super) fn forward(&self, batch: &PackedBatch, pass: &Pass) -> candle_core::Result<Tensor> {
        let tokens = batch.token_ids.len();
        match self {
            Self::Candle {
                words,
                positions,
                segments,
                norm,
                device,
            } => {
                let ids = Tensor::from_slice(&batch.token_ids, tokens, device)?;
                let places = Tensor::from_slice(&batch.positions, tokens, device)?;
                let words = words.index_select(&ids, 0)?;
                let positions = positions.index_select(&places, 0)?;
                let places = positions.broadcast_add(&segments.narrow(0, 0, 1)?)?;
                pass.dropout(norm.forward(&words, &places, pass)?)
            }
            Self::Cpu(embedding) => {
                let states = embedding.states(&batch.token_ids, &batch.positions)?;
                let width = states.len() / tokens.max(1);
                Tensor::from_vec(states, (tokens, width), &Device::Cpu)
            }
        }
    }
}

/// The embedding of each position with that of the first segment added, `[max_position_embeddings, hidden_size]`.
pub(super) fn places(config: &EncoderConfig, weights: &Weights) -> Result<Vec<f32>, ModelError> {
    let hidden = config.hidden_size;
    let segments = weights.floats(SEGMENTS, &[config.type_vocab_size, hidden])?;
    let mut places = weights.floats(POSITIONS, &[config.max_position_embeddings, hidden])?;
    for place in places.chunks_exact_mut(hidden) {
        for (place, segment) in place.iter_mut().zip(&segments) {
            *place += segment;
        }
    }
    Ok(places)
}
