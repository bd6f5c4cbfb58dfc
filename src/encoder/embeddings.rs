//! Token ids → the first hidden states: word, position and segment embeddings, normalised.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::cpu::Embedding;
use super::ops::{norm_kernel, AddNorm};
use super::{Arithmetic, PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Weights};

/// A statement alone is always the first segment. Places of a second one come behind all of the first
/// ([`EncoderConfig::second_segment_row`]).
#[derive(Clone)]
pub(super) enum Embeddings {
    Candle {
        /// `[vocab_size, hidden_size]`.
        words: Tensor,
        /// `[max_position_embeddings, hidden_size]`.
        positions: Option<Tensor>,
        /// `[type_vocab_size, hidden_size]`.
        segments: Option<Tensor>,
        /// How many places a segment has.
        rows: usize,
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
        if arithmetic == Arithmetic::Candle {
            let rows_from = |first_row| {
                let rows = config.max_position_embeddings;
                let table = weights.get(POSITIONS, &[first_row + rows, hidden])?;
                let rows = table.narrow(0, first_row, rows);
                rows.map_err(|source| weights.candle(source))
            };
            let segments = [config.type_vocab_size, hidden];
            return Ok(Self::Candle {
                words: weights.get(WORDS, &words)?,
                positions: config.first_position_row().map(rows_from).transpose()?,
                segments: match config.type_vocab_size {
                    0 => None,
                    _ => Some(weights.get(SEGMENTS, &segments)?),
                },
                rows: config.max_position_embeddings,
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
                rows,
                norm,
                device,
            } => {
                let ids = Tensor::from_slice(&batch.token_ids, tokens, device)?;
                let by_row = |row: &dyn Fn(u32) -> u32| {
                    let rows: Vec<u32> = batch.positions.iter().map(|&place| row(place)).collect();
                    Tensor::from_vec(rows, tokens, device)
                };
                let last = *rows as u32;
                let words = words.index_select(&ids, 0)?;
                let mut places = match positions {
                    Some(positions) => positions.index_select(&by_row(&|place| place % last)?, 0)?,
                    None => words.zeros_like()?,
                };
                if let Some(segments) = segments {
                    let segments = segments.index_select(&by_row(&|place| place / last)?, 0)?;
                    places = (places + segments)?;
                }
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

/// The embedding of each position with that of the first segment added, and behind them with that of the second where
/// there is one: `[segments · max_position_embeddings, hidden_size]`; zeros for what the model does not have.
pub(super) fn places(config: &EncoderConfig, weights: &Weights) -> Result<Vec<f32>, ModelError> {
    let (hidden, rows) = (config.hidden_size, config.max_position_embeddings);
    let positions = match config.first_position_row() {
        Some(first_row) => weights
            .floats(POSITIONS, &[first_row + rows, hidden])?
            .split_off(first_row * hidden),
        None => vec![0.0; rows * hidden],
    };
    if config.type_vocab_size == 0 {
        return Ok(positions);
    }
    let segments = weights.floats(SEGMENTS, &[config.type_vocab_size, hidden])?;
    let mut places = Vec::with_capacity(config.segments() * positions.len());
    for segment in segments.chunks_exact(hidden).take(config.segments()) {
        for position in positions.chunks_exact(hidden) {
            places.extend(
                position
                    .iter()
                    .zip(segment)
                    .map(|(position, segment)| position + segment),
            );
        }
    }
    Ok(places)
}
