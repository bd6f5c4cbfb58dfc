//! The transformer: an encoder with a classification head, written once for every device.
//!
//! Statements of a batch are *packed*: their tokens lie one after another with no padding between.
//! Every linear layer runs over all tokens at once; attention runs within each statement. What a
//! statement gets therefore never depends on its neighbours, to the last bit: each row of a matrix
//! product is summed in the same order however many rows there are, and nothing else mixes rows.
//!
//! Source: Devlin et al., "BERT" (2019), and Vaswani et al., "Attention is all you need" (2017).

mod arithmetic;
mod attention;
mod cpu;
#[cfg(feature = "cuda")]
pub mod cuda;
mod embeddings;
mod feed_forward;
mod head;
mod layer;
mod modern_bert;
mod ops;
mod pass;
mod relative;
// Knows nothing of CUDA, and is tested without it.
#[cfg(any(feature = "cuda", test))]
mod staging;

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use crate::model::{EncoderConfig, ModelError, Positions, Weights, Window};
use embeddings::Embeddings;
use head::ClassificationHead;
use layer::EncoderLayer;
use modern_bert::ModernBert;
use relative::{Distances, Relative};

pub use arithmetic::Arithmetic;
#[doc(hidden)]
pub use cpu::{Workbench, WorkbenchLinear};
pub use pass::{Dropout, Pass};

/// Statements packed one after another, ready for the encoder.
pub struct PackedBatch {
    token_ids: Vec<u32>,
    /// Each token's place in its own statement; of a second segment, behind all places of the first.
    positions: Vec<u32>,
    /// How many tokens each statement has, in order; all at least 2.
    lengths: Vec<usize>,
}

impl PackedBatch {
    /// Packs the token ids of statements, each framed by its special tokens.
    pub fn new<'a>(statements: impl IntoIterator<Item = &'a [u32]>) -> Self {
        let whole = statements.into_iter().map(|ids| Window {
            ids,
            second_from: ids.len(),
        });
        Self::of_windows(whole, 0)
    }

    /// Packs windows, whose second segments have places from `second_row` on: how many places there are, where the model
    /// tells segments apart, and 0 where not.
    pub fn of_windows<'a>(windows: impl IntoIterator<Item = Window<'a>>, second_row: usize) -> Self {
        let mut batch = Self {
            token_ids: Vec::new(),
            positions: Vec::new(),
            lengths: Vec::new(),
        };
        for window in windows {
            let length = window.ids.len() as u32;
            let (second, shift) = (window.second_from as u32, second_row as u32);
            batch.token_ids.extend_from_slice(window.ids);
            let places = (0..length).map(|place| if place < second { place } else { place + shift });
            batch.positions.extend(places);
            batch.lengths.push(window.ids.len());
        }
        batch
    }

    /// The row range of each statement among the packed tokens.
    fn spans(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.lengths.iter().scan(0, |start, &length| {
            let span = (*start, length);
            *start += length;
            Some(span)
        })
    }
}

/// An encoder: token ids → one hidden state per token.
#[derive(Clone)]
pub struct Encoder(Layers);

#[derive(Clone)]
enum Layers {
    /// BERT's, and those of its descendants that differ in names, positions and head.
    Bert {
        embeddings: Embeddings,
        layers: Vec<EncoderLayer>,
        relative: Option<Relative>,
    },
    Modern(ModernBert),
}

impl Encoder {
    /// Builds the encoder that `config` describes.
    ///
    /// # Errors
    /// A tensor that is missing or of another shape.
    pub fn new(
        config: &EncoderConfig,
        weights: &Weights,
        device: &Device,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        if let Positions::Rotary(rotary) = &config.positions {
            let modern = ModernBert::new(config, rotary, weights, device, arithmetic)?;
            return Ok(Self(Layers::Modern(modern)));
        }
        Ok(Self(Layers::Bert {
            embeddings: Embeddings::new(config, weights, device, arithmetic)?,
            // Packing is most of what loading a model takes: each layer on a thread of its own.
            layers: (0..config.num_hidden_layers)
                .into_par_iter()
                .map(|index| EncoderLayer::new(config, weights, index, arithmetic))
                .collect::<Result<_, _>>()?,
            relative: Relative::new(config, weights, device)?,
        }))
    }

    /// Hidden states of the last layer, float32 `[tokens, hidden_size]`.
    ///
    /// # Errors
    /// Candle's: a token id or position beyond the embedding tables, or the device's own.
    pub fn forward(&self, batch: &PackedBatch, pass: &Pass) -> candle_core::Result<Tensor> {
        let (embeddings, layers, relative) = match &self.0 {
            Layers::Modern(modern) => return modern.forward(batch, pass),
            Layers::Bert {
                embeddings,
                layers,
                relative,
            } => (embeddings, layers, relative),
        };
        let distances = match relative {
            Some(relative) => relative.distances(&batch.lengths)?,
            None => Distances::default(),
        };
        let mut hidden = embeddings.forward(batch, pass)?;
        for layer in layers {
            hidden = layer.forward(&hidden, batch, &distances, pass)?;
        }
        Ok(hidden)
    }
}

/// An encoder with a classification head: token ids → one logit per label.
///
/// The structure of the `…ForSequenceClassification` of each [`Architecture`](crate::model::Architecture).
#[derive(Clone)]
pub struct SequenceClassifier {
    encoder: Encoder,
    head: ClassificationHead,
}

impl SequenceClassifier {
    /// Builds a classifier with `labels` outputs.
    ///
    /// # Errors
    /// A tensor that is missing or of another shape.
    pub fn new(
        config: &EncoderConfig,
        labels: usize,
        weights: &Weights,
        device: &Device,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            encoder: Encoder::new(config, weights, device, arithmetic)?,
            head: ClassificationHead::new(config, labels, weights, arithmetic)?,
        })
    }

    /// The encoder below the head.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Logits, float32 `[statements, labels]`, in the order of the batch.
    ///
    /// # Errors
    /// As [`Encoder::forward`].
    pub fn forward(&self, batch: &PackedBatch, pass: &Pass) -> candle_core::Result<Tensor> {
        let hidden = self.encoder.forward(batch, pass)?;
        self.head.forward(&hidden, batch, pass)
    }
}
