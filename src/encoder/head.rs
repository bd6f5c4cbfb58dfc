//! The classification head: a statement's hidden states → one logit per label.

use candle_core::Tensor;

use super::cpu::MeanPooling;
use super::ops::Linear;
use super::{Arithmetic, PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Pooling, Weights};

#[derive(Clone)]
pub(super) struct ClassificationHead {
    pooler: Pooler,
    classifier: Linear,
    arithmetic: Arithmetic,
}

/// How a statement's hidden states become one vector.
#[derive(Clone)]
enum Pooler {
    /// The `[CLS]` state through a dense layer and tanh, as in `BertForSequenceClassification`.
    Cls(Linear),
    /// The mean over all tokens, as in Sentence-BERT (Reimers and Gurevych, 2019).
    Mean,
}

impl ClassificationHead {
    /// The head multiplies in float32 whatever the layers below do: it costs nothing, and logits are
    /// what everything is judged by.
    pub(super) fn new(
        config: &EncoderConfig,
        labels: usize,
        weights: &Weights,
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        let hidden = config.hidden_size;
        let products = match arithmetic {
            Arithmetic::Int8 => Arithmetic::Float32,
            other => other,
        };
        let pooler = match config.classifier_pooling {
            Pooling::Cls => Pooler::Cls(Linear::new(weights, "pooler.dense", hidden, hidden, products)?),
            Pooling::Mean => Pooler::Mean,
        };
        Ok(Self {
            pooler,
            classifier: Linear::new(weights, "classifier", hidden, labels, products)?,
            arithmetic,
        })
    }

    /// `[tokens, hidden_size]` → `[statements, labels]`.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        batch: &PackedBatch,
        pass: &Pass,
    ) -> candle_core::Result<Tensor> {
        let pooled = match &self.pooler {
            Pooler::Cls(dense) => {
                let cls = statement_rows(batch, |start, _| hidden.get(start))?;
                dense.forward(&cls)?.tanh()?
            }
            Pooler::Mean if self.arithmetic == Arithmetic::Candle => {
                statement_rows(batch, |start, length| hidden.narrow(0, start, length)?.mean(0))?
            }
            Pooler::Mean => hidden.apply_op1_no_bwd(&MeanPooling {
                lengths: &batch.lengths,
                width: hidden.dim(1)?,
            })?,
        };
        self.classifier.forward(&pass.dropout(pooled)?)
    }
}

/// One row for each statement: `[statements, hidden_size]`.
fn statement_rows(
    batch: &PackedBatch,
    row: impl Fn(usize, usize) -> candle_core::Result<Tensor>,
) -> candle_core::Result<Tensor> {
    let rows = batch
        .spans()
        .map(|(start, length)| row(start, length))
        .collect::<candle_core::Result<Vec<_>>>()?;
    Tensor::stack(&rows, 0)
}
