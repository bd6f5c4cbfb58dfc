//! The classification head: a statement's hidden states → one logit per label.

use candle_core::Tensor;

use super::ops::Linear;
use super::{PackedBatch, Pass};
use crate::model::{EncoderConfig, ModelError, Pooling, Weights};

#[derive(Clone)]
pub(super) struct ClassificationHead {
    pooler: Pooler,
    classifier: Linear,
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
    pub(super) fn new(config: &EncoderConfig, labels: usize, weights: &Weights) -> Result<Self, ModelError> {
        let hidden = config.hidden_size;
        let pooler = match config.classifier_pooling {
            Pooling::Cls => Pooler::Cls(Linear::new(weights, "pooler.dense", hidden, hidden)?),
            Pooling::Mean => Pooler::Mean,
        };
        Ok(Self {
            pooler,
            classifier: Linear::new(weights, "classifier", hidden, labels)?,
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
            Pooler::Mean => statement_rows(batch, |start, length| hidden.narrow(0, start, length)?.mean(0))?,
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
