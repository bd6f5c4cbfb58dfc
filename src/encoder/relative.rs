//! Attention that knows how far apart two tokens are: MPNet's biases and DeBERTa's disentangled scores.
//!
//! Sources: Song et al., "MPNet" (2020), with the buckets of Raffel et al., "T5" (2020); He et al., "DeBERTa" (2021).

use std::collections::HashMap;

use candle_core::{Device, Tensor};

use super::ops::{Linear, Norm};
use super::{Arithmetic, Pass};
use crate::model::{Disentangled, EncoderConfig, ModelError, Positions, Weights};

/// What all layers share: what the distances of statements of each length in a batch stand for.
#[derive(Default)]
pub(super) struct Distances(HashMap<usize, Of>);

/// The distances within statements of one length.
pub(super) enum Of {
    /// What is added to scores: `[heads, length, length]`.
    Biases(Tensor),
    Rows {
        /// The row of the embeddings for each distance, from the most negative on: `[2 · length - 1]`.
        rows: Tensor,
        /// The place in `rows` of a query's distance to a key: `[heads, length, length]`, queries first.
        places: Tensor,
        /// The same, keys first.
        turned: Tensor,
    },
}

impl Distances {
    pub(super) fn of(&self, length: usize) -> candle_core::Result<&Of> {
        match self.0.get(&length) {
            Some(found) => Ok(found),
            None => candle_core::bail!("no distances for {length} tokens"),
        }
    }
}

/// What an encoder's distances stand for, before it is known how long statements are.
#[derive(Clone)]
pub(super) enum Relative {
    Biased {
        /// `[buckets, heads]`.
        table: Tensor,
        buckets: usize,
    },
    Disentangled {
        config: Disentangled,
        heads: usize,
        device: Device,
    },
}

impl Relative {
    /// `None` of an encoder that knows no distances.
    pub(super) fn new(
        config: &EncoderConfig,
        weights: &Weights,
        device: &Device,
    ) -> Result<Option<Self>, ModelError> {
        let heads = config.num_attention_heads;
        Ok(match &config.positions {
            Positions::Absolute { .. } | Positions::Rotary(_) => None,
            Positions::Biased { buckets, .. } => Some(Self::Biased {
                table: weights.get("encoder.relative_attention_bias.weight", &[*buckets, heads])?,
                buckets: *buckets,
            }),
            Positions::Disentangled(own) => Some(Self::Disentangled {
                config: own.clone(),
                heads,
                device: device.clone(),
            }),
        })
    }

    /// The distances within statements of these lengths.
    pub(super) fn distances(&self, lengths: &[usize]) -> candle_core::Result<Distances> {
        let mut all = HashMap::new();
        for &length in lengths {
            if let std::collections::hash_map::Entry::Vacant(entry) = all.entry(length) {
                entry.insert(self.of(length)?);
            }
        }
        Ok(Distances(all))
    }

    fn of(&self, length: usize) -> candle_core::Result<Of> {
        let pairs = || {
            (0..length as i64).flat_map(move |first| (0..length as i64).map(move |second| (first, second)))
        };
        match self {
            Self::Biased { table, buckets } => {
                let bucket = |(query, key)| mpnet_bucket(query - key, *buckets);
                let buckets: Vec<u32> = pairs().map(bucket).collect();
                let buckets = Tensor::from_vec(buckets, length * length, table.device())?;
                let heads = table.dim(1)?;
                let biases = table.index_select(&buckets, 0)?.t()?;
                Ok(Of::Biases(biases.reshape((heads, length, length))?))
            }
            Self::Disentangled {
                config,
                heads,
                device,
            } => {
                let farthest = length as i64 - 1;
                let rows: Vec<u32> = (-farthest..=farthest)
                    .map(|distance| deberta_row(distance, config))
                    .collect();
                let table = |place: &dyn Fn((i64, i64)) -> i64| {
                    let places: Vec<u32> = pairs().map(|pair| place(pair) as u32).collect();
                    Tensor::from_vec(places, (1, length, length), device)?
                        .broadcast_as((*heads, length, length))?
                        .contiguous()
                };
                Ok(Of::Rows {
                    rows: Tensor::new(rows, device)?,
                    places: table(&|(query, key)| query - key + farthest)?,
                    turned: table(&|(key, query)| query - key + farthest)?,
                })
            }
        }
    }
}

/// What one layer adds to its attention's scores.
#[derive(Clone)]
pub(super) enum RelativeScores {
    /// The biases that all layers share.
    Biases,
    /// Embeddings of distances as this layer's keys and queries, each `[heads, 2 · span, head_size]`.
    Disentangled {
        keys: Option<Tensor>,
        queries: Option<Tensor>,
    },
}

impl RelativeScores {
    /// `None` of an encoder that knows no distances. The embeddings of distances go through a layer's maps once, in
    /// float32 whatever multiplies elsewhere.
    pub(super) fn new(
        config: &EncoderConfig,
        weights: &Weights,
        layer: &str,
    ) -> Result<Option<Self>, ModelError> {
        let own = match &config.positions {
            Positions::Absolute { .. } | Positions::Rotary(_) => return Ok(None),
            Positions::Biased { .. } => return Ok(Some(Self::Biases)),
            Positions::Disentangled(own) => own,
        };
        let hidden = config.hidden_size;
        let mapped = |part: &str| -> Result<Tensor, ModelError> {
            let name = format!("{layer}.attention.self.{part}");
            let map = Linear::new(weights, &name, hidden, hidden, Arithmetic::Candle)?;
            let mut embeddings = weights.get("encoder.rel_embeddings.weight", &[2 * own.span, hidden])?;
            let by_head = (2 * own.span, config.num_attention_heads, config.head_size());
            let failed = |source| weights.candle(source);
            if own.has_norm {
                let norm = Norm::new(weights, "encoder.LayerNorm", hidden, config.layer_norm_eps, true)?;
                embeddings = norm.forward(&embeddings, &Pass::Inference).map_err(failed)?;
            }
            let mapped = map.forward(&embeddings);
            mapped
                .and_then(|mapped| mapped.reshape(by_head)?.transpose(0, 1)?.contiguous())
                .map_err(failed)
        };
        let (key, query) = match own.shares_keys {
            true => ("key", "query"),
            false => ("pos_key_proj", "pos_query_proj"),
        };
        Ok(Some(Self::Disentangled {
            keys: own.content_to_position.then(|| mapped(key)).transpose()?,
            queries: own.position_to_content.then(|| mapped(query)).transpose()?,
        }))
    }

    /// How many products are summed in a score, by the square root of which it is divided.
    pub(super) fn terms(&self) -> usize {
        match self {
            Self::Biases => 1,
            Self::Disentangled { keys, queries } => {
                1 + usize::from(keys.is_some()) + usize::from(queries.is_some())
            }
        }
    }

    /// What is added to the scores of a statement: `[heads, length, length]`. Queries and keys, both
    /// `[heads, length, head_size]`, are scaled.
    pub(super) fn scores(&self, query: &Tensor, key: &Tensor, distances: &Of) -> candle_core::Result<Tensor> {
        match (self, distances) {
            (Self::Biases, Of::Biases(biases)) => Ok(biases.clone()),
            (Self::Disentangled { keys, queries }, Of::Rows { rows, places, turned }) => {
                let mut sum = places.zeros_like()?.to_dtype(query.dtype())?;
                if let Some(keys) = keys {
                    let by_distance = query.matmul(&keys.index_select(rows, 1)?.t()?)?;
                    sum = (sum + by_distance.gather(places, 2)?)?;
                }
                if let Some(queries) = queries {
                    let by_distance = key.matmul(&queries.index_select(rows, 1)?.t()?)?;
                    sum = (sum + by_distance.gather(turned, 2)?.transpose(1, 2)?)?;
                }
                Ok(sum)
            }
            _ => candle_core::bail!("distances of another kind of attention"),
        }
    }
}

/// The bucket of a key so far before its query, or behind it if negative. Half of the buckets are for either side; near distances
/// have one each, farther ones share them by their logarithm, up to 128.
fn mpnet_bucket(distance: i64, buckets: usize) -> u32 {
    const FARTHEST: f32 = 128.0;
    let half = (buckets / 2) as i64;
    let exact = half / 2;
    let side = if distance < 0 { half } else { 0 };
    let distance = distance.abs();
    if distance < exact {
        return (side + distance) as u32;
    }
    // In float32 step by step, as the models were trained: a bucket's edge is a matter of rounding.
    let nearest = exact as f32;
    let share = (distance as f32 / nearest).ln() / (FARTHEST / nearest).ln();
    let bucket = exact + (share * (half - exact) as f32) as i64;
    (side + bucket.min(half - 1)) as u32
}

/// The row of the embeddings for a query's distance to a key.
fn deberta_row(distance: i64, config: &Disentangled) -> u32 {
    let span = config.span as i64;
    let bucket = match config.has_buckets {
        true => deberta_bucket(distance, span, config.max_distance),
        false => distance,
    };
    (bucket + span).clamp(0, 2 * span - 1) as u32
}

/// Near distances have a bucket each, farther ones share them by their logarithm.
fn deberta_bucket(distance: i64, buckets: i64, max_distance: usize) -> i64 {
    let middle = buckets / 2;
    if distance.abs() <= middle {
        return distance;
    }
    let near = middle as f32;
    let share = (distance.abs() as f32 / near).ln() / ((max_distance as f32 - 1.0) / near).ln();
    let bucket = (share * (near - 1.0)).ceil() as i64 + middle;
    bucket * distance.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_distances_have_a_bucket_each_and_far_ones_share() {
        assert_eq!([0, 1, 7].map(|distance| mpnet_bucket(distance, 32)), [0, 1, 7]);
        assert_eq!([-1, -7].map(|distance| mpnet_bucket(distance, 32)), [17, 23]);
        assert_eq!(
            [8, 15, 16, 31, 32, 64, 127, 500].map(|distance| mpnet_bucket(distance, 32)),
            [8, 9, 10, 11, 12, 14, 15, 15]
        );
        assert_eq!(mpnet_bucket(-500, 32), 31);
    }

    #[test]
    fn debertas_distances_are_cut_to_its_span() {
        let near: Vec<i64> = (-4..=4)
            .map(|distance| deberta_bucket(distance, 8, 240))
            .collect();
        assert_eq!(near, (-4..=4).collect::<Vec<_>>());
        assert_eq!(deberta_bucket(239, 8, 240), 7);
        assert_eq!(deberta_bucket(-239, 8, 240), -7);
        let config = Disentangled {
            has_absolute: true,
            span: 24,
            max_distance: 24,
            has_buckets: false,
            shares_keys: false,
            content_to_position: true,
            position_to_content: true,
            has_norm: false,
        };
        let rows = [-100, -24, 0, 23, 24, 100].map(|distance| deberta_row(distance, &config));
        assert_eq!(rows, [0, 0, 24, 47, 47, 47]);
    }
}
