//! One step's gradient: micro-batches in parallel, summed in a fixed order.

use candle_core::{Result, Tensor, Var};
use rayon::prelude::*;

use super::data::Example;
use super::loss::{weighted_cross_entropy, Target};
use crate::encoder::{Dropout, PackedBatch, Pass, SequenceClassifier};

/// How many statements one thread takes at a time. It is fixed, so that the sums, and with them
/// the weights, do not depend on how many threads there are.
const MICRO_BATCH: usize = 16;

/// What stays the same from step to step.
pub(super) struct GradientOptions {
    pub(super) distillation_temperature: f64,
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
    let packed = PackedBatch::new(examples.iter().map(|example| example.ids.as_slice()));
    let logits = network.forward(&packed, &Pass::Training(dropout))?;
    let targets: Vec<Target> = examples.iter().map(|example| example.target).collect();
    let weights: Vec<f32> = examples
        .iter()
        .map(|example| example.weight / total_weight)
        .collect();
    weighted_cross_entropy(&logits, &targets, &weights, options.distillation_temperature)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::Arithmetic;
    use crate::model::{Model, ModelFiles, Pooling};
    use crate::stance::Stance;
    use crate::training::loss::smoothed;
    use crate::training::parameters::Parameters;
    use candle_core::Device;

    const OPTIONS: GradientOptions = GradientOptions {
        distillation_temperature: 2.0,
        dropout: 0.0,
        clip_norm: 1e9,
    };

    struct Tiny {
        parameters: Parameters,
        variables: Vec<Var>,
        network: SequenceClassifier,
        examples: Vec<Example>,
    }

    fn tiny(pooling: Pooling) -> Tiny {
        let device = Device::Cpu;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny-bert");
        let mut base = Model::load(&ModelFiles::folder(folder), &device).unwrap();
        base.config.encoder.classifier_pooling = pooling;
        let parameters = Parameters::from_base(&base, 5, &device).unwrap();
        let weights = parameters.tracked("tiny");
        let network = SequenceClassifier::new(
            &base.config.encoder,
            Stance::COUNT,
            &weights,
            &device,
            Arithmetic::Candle,
        )
        .unwrap();
        let texts = [
            "We will not strike.",
            "Talks.",
            "They said the border is shut, and left.",
        ];
        let examples = texts.iter().enumerate().map(|(target, text)| Example {
            ids: base.tokenizer.encode(text).unwrap().ids,
            target: Target {
                gold: smoothed(target, 0.1).map(|value| value * 0.6),
                taught: [0.1, 0.2, 0.05, 0.05],
            },
            weight: 1.0 + target as f32,
        });
        Tiny {
            variables: parameters.iter().map(|(_, variable)| variable.clone()).collect(),
            examples: examples.collect(),
            parameters,
            network,
        }
    }

    impl Tiny {
        fn loss_and_gradients(&self, options: &GradientOptions) -> (f32, Vec<Option<Tensor>>) {
            let batch: Vec<&Example> = self.examples.iter().collect();
            batch_gradient(&self.network, &self.variables, &batch, options, 1).unwrap()
        }
    }

    fn norm(gradient: &Tensor) -> f32 {
        gradient
            .sqr()
            .unwrap()
            .sum_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap()
            .sqrt()
    }

    #[test]
    fn every_variable_gets_a_gradient() {
        for pooling in [Pooling::Mean, Pooling::Cls] {
            let tiny = tiny(pooling);
            let (_, gradients) = tiny.loss_and_gradients(&OPTIONS);
            for ((name, _), gradient) in tiny.parameters.iter().zip(&gradients) {
                let norm = norm(
                    gradient
                        .as_ref()
                        .unwrap_or_else(|| panic!("{name} has no gradient")),
                );
                // A key's bias shifts all scores of a row alike, which softmax does not see.
                assert!(norm > 1e-6 || name.ends_with("key.bias"), "{name}: {norm}");
            }
        }
    }

    /// Each variable is moved a little along its gradient: the loss must change as that predicts.
    #[test]
    fn gradients_match_finite_differences() {
        let tiny = tiny(Pooling::Mean);
        let (_, gradients) = tiny.loss_and_gradients(&OPTIONS);
        for ((name, variable), gradient) in tiny.parameters.iter().zip(&gradients) {
            let gradient = gradient.as_ref().unwrap();
            let norm = f64::from(norm(gradient));
            if norm < 1e-3 {
                continue;
            }
            let original = variable.as_tensor().copy().unwrap();
            let loss_at = |step: f64| {
                let moved = (&original + (gradient * (step / norm)).unwrap()).unwrap();
                variable.set(&moved).unwrap();
                f64::from(tiny.loss_and_gradients(&OPTIONS).0)
            };
            let step = 1e-2;
            let slope = (loss_at(step) - loss_at(-step)) / (2.0 * step);
            variable.set(&original).unwrap();
            assert!(
                (slope - norm).abs() < 0.02 * norm + 1e-3,
                "{name}: slope {slope}, gradient {norm}"
            );
        }
    }

    #[test]
    fn large_gradients_are_scaled_to_the_clip_norm() {
        let tiny = tiny(Pooling::Mean);
        let options = GradientOptions {
            clip_norm: 0.01,
            ..OPTIONS
        };
        let (_, gradients) = tiny.loss_and_gradients(&options);
        let total: f32 = gradients
            .iter()
            .flatten()
            .map(|gradient| norm(gradient).powi(2))
            .sum();
        assert!((total.sqrt() - 0.01).abs() < 1e-4, "{}", total.sqrt());
    }

    /// The fused forms that inference runs compute what the differentiable ones do.
    #[test]
    fn training_and_inference_agree() {
        let tiny = tiny(Pooling::Cls);
        let ids = tiny.examples.iter().map(|example| example.ids.as_slice());
        let batch = PackedBatch::new(ids);
        let logits = |pass: &Pass| {
            tiny.network
                .forward(&batch, pass)
                .unwrap()
                .to_vec2::<f32>()
                .unwrap()
                .concat()
        };
        let fused = logits(&Pass::Inference);
        let slow = logits(&Pass::Training(Dropout::new(0.0, 0)));
        for (fused, slow) in fused.iter().zip(&slow) {
            assert!((fused - slow).abs() < 1e-5, "{fused} {slow}");
        }
    }
}
