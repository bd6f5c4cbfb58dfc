//! The classification head: a statement's hidden states → one logit per label.

use candle_core::Tensor;

use super::cpu::MeanPooling;
use super::ops::{Linear, Norm};
use super::{Arithmetic, PackedBatch, Pass};
use crate::model::{EncoderConfig, HeadActivation, ModelError, Pooling, Positions, Weights};

#[derive(Clone)]
pub(super) struct ClassificationHead {
    pooling: Pooling,
    dense: Option<Dense>,
    classifier: Linear,
    arithmetic: Arithmetic,
}

/// What a pooled vector goes through before it is classified.
#[derive(Clone)]
struct Dense {
    map: Linear,
    activation: HeadActivation,
    /// ModernBERT's alone.
    norm: Option<Norm>,
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
        let map = |has_bias| {
            Linear::with_optional_bias(weights, "pooler.dense", hidden, hidden, has_bias, products)
        };
        let activation = config.head_activation;
        let dense = match (&config.positions, config.classifier_pooling) {
            (Positions::Rotary(own), _) => Some(Dense {
                map: map(own.has_head_bias)?,
                activation,
                norm: Some(Norm::new(
                    weights,
                    "pooler.norm",
                    hidden,
                    config.layer_norm_eps,
                    own.has_norm_bias,
                )?),
            }),
            (_, Pooling::Cls) => Some(Dense {
                map: map(true)?,
                activation,
                norm: None,
            }),
            // As in Sentence-BERT (Reimers and Gurevych, 2019).
            (_, Pooling::Mean) => None,
        };
        Ok(Self {
            pooling: config.classifier_pooling,
            dense,
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
        let mut pooled = match self.pooling {
            Pooling::Cls => statement_rows(batch, |start, _| hidden.get(start))?,
            Pooling::Mean if self.arithmetic == Arithmetic::Candle => {
                statement_rows(batch, |start, length| hidden.narrow(0, start, length)?.mean(0))?
            }
            Pooling::Mean => hidden.apply_op1_no_bwd(&MeanPooling {
                lengths: &batch.lengths,
                width: hidden.dim(1)?,
            })?,
        };
        if let Some(dense) = &self.dense {
            pooled = dense.forward(&pooled, pass)?;
        }
        self.classifier.forward(&pass.dropout(pooled)?)
    }
}

impl Dense {
    /// `[statements, hidden_size]` → `[statements, hidden_size]`.
    fn forward(&self, pooled: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        let mapped = self.map.forward(pooled)?;
        let activated = match self.activation {
            HeadActivation::Tanh => mapped.tanh()?,
            HeadActivation::Relu => mapped.relu()?,
            HeadActivation::Gelu => mapped.gelu_erf()?,
        };
        match &self.norm {
            Some(norm) => norm.forward(&activated, pass),
            None => Ok(activated),
        }
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
