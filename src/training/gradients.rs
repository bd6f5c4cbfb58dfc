//! One step's gradient: micro-batches in parallel, summed in a fixed order.

use candle_core::{Result, Tensor, Var};
use rayon::prelude::*;

use super::data::Example;
use super::loss::weighted_cross_entropy;
use crate::encoder::{Dropout, PackedBatch, Pass, SequenceClassifier};

/// How many statements one thread takes at a time. It is fixed, so that the sums, and with them
/// the weights, do not depend on how many threads there are.
const MICRO_BATCH: usize = 8;

/// What stays the same from step to step.
pub(super) struct GradientOptions {
    pub(super) label_smoothing: f64,
    pub(super) dropout: f64,
    pub(super) clip_norm: f64,
}

/// The mean loss of a batch and its gradient for each variable, in the order of `variables`.
///
/// The loss is the weighted mean over the batch's statements. The gradient is scaled down to
/// `clip_norm` where its norm over all variables is larger. `seed` decides the dropout.
pub(super) fn batch_gradient(
    network: &SequenceClassifier,
    variables: &[Var],
    batch: &[&Example],
    options: &GradientOptions,
    seed: u64,
) -> Result<(f32, Vec<Option<Tensor>>)> {
    let total_weight: f32 = batch.iter().map(|example| example.weight).sum();
    let parts = batch
        .par_chunks(MICRO_BATCH)
        .enumerate()
        .map(|(part, examples)| {
            let dropout = Dropout::new(options.dropout as f32, seed.wrapping_add(part as u64));
            let loss = micro_batch_loss(network, examples, total_weight, options, dropout)?;
            let mut gradients = loss.backward()?;
            let gradients: Vec<Option<Tensor>> = variables
                .iter()
                .map(|variable| gradients.remove(variable.as_tensor()))
                .collect();
            Ok((loss.to_scalar::<f32>()?, gradients))
        })
        .collect::<Result<Vec<_>>>()?;
    let loss = parts.iter().map(|(loss, _)| loss).sum();
    let gradients = (0..variables.len())
        .into_par_iter()
        .map(|variable| {
            sum(parts
                .iter()
                .filter_map(|(_, gradients)| gradients[variable].as_ref()))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((loss, clip(gradients, options.clip_norm)?))
}

fn micro_batch_loss(
    network: &SequenceClassifier,
    examples: &[&Example],
    total_weight: f32,
    options: &GradientOptions,
    dropout: Dropout,
) -> Result<Tensor> {
    let device = network.encoder().device();
    let packed = PackedBatch::new(examples.iter().map(|example| example.ids.as_slice()), device)?;
    let logits = network.forward(&packed, &Pass::Training(dropout))?;
    let targets: Vec<usize> = examples.iter().map(|example| example.target).collect();
    let weights: Vec<f32> = examples
        .iter()
        .map(|example| example.weight / total_weight)
        .collect();
    weighted_cross_entropy(&logits, &targets, &weights, options.label_smoothing)
}

fn sum<'a>(mut tensors: impl Iterator<Item = &'a Tensor>) -> Result<Option<Tensor>> {
    let Some(first) = tensors.next() else {
        return Ok(None);
    };
    let sum = tensors.try_fold(first.clone(), |sum, tensor| sum.add(tensor))?;
    // A gradient that keeps its history would keep every activation of the step alive.
    Ok(Some(sum.detach()))
}

fn clip(gradients: Vec<Option<Tensor>>, largest: f64) -> Result<Vec<Option<Tensor>>> {
    let squares = gradients
        .par_iter()
        .flatten()
        .map(|gradient| gradient.sqr()?.sum_all()?.to_scalar::<f32>())
        .collect::<Result<Vec<f32>>>()?;
    let norm = squares
        .iter()
        .map(|&square| f64::from(square))
        .sum::<f64>()
        .sqrt();
    if norm <= largest {
        return Ok(gradients);
    }
    gradients
        .into_par_iter()
        .map(|gradient| gradient.map(|gradient| gradient * (largest / norm)).transpose())
        .collect()
}
