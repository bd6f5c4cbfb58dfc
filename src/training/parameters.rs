//! The network's weights as variables that an optimizer can change.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::TrainError;
use crate::model::{EncoderConfig, Model, ModelError, Pooling, Weights};
use crate::stance::Stance;

/// Every weight of a sequence classifier by its name in the Hugging Face layout.
pub(super) struct Parameters {
    variables: BTreeMap<String, Var>,
}

/// What the weights are stored as.
pub(super) const STORED: DType = DType::F16;

/// The standard deviation of a fresh head's weights, as BERT's own were drawn.
const INITIAL_DEVIATION: f32 = 0.02;

impl Parameters {
    /// The base's weights, with a fresh head drawn from `seed` where the base has none.
    pub(super) fn from_base(model: &Model, seed: u64, device: &Device) -> Result<Self, TrainError> {
        let mut variables = BTreeMap::new();
        for (name, shape) in encoder_shapes(&model.config.encoder) {
            let tensor = model.weights.get(&name, &shape)?;
            variables.insert(format!("bert.{name}"), Var::from_tensor(&tensor.copy()?)?);
        }
        let hidden = model.config.encoder.hidden_size;
        let head = [
            (
                "classifier.weight",
                vec![Stance::COUNT, hidden],
                INITIAL_DEVIATION,
            ),
            ("classifier.bias", vec![Stance::COUNT], 0.0),
        ];
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        for (name, shape, deviation) in head {
            let tensor = match model.weights.get(name, &shape) {
                Ok(tensor) => tensor.copy()?,
                Err(ModelError::MissingTensor { .. }) if model.config.labels.is_none() => {
                    normal(&shape, deviation, &mut generator, device)?
                }
                Err(error) => return Err(error.into()),
            };
            variables.insert(name.to_owned(), Var::from_tensor(&tensor)?);
        }
        Ok(Self { variables })
    }

    /// Names and variables in a fixed order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.variables
            .iter()
            .map(|(name, variable)| (name.as_str(), variable))
    }

    /// The weights as the network trains them: gradients flow to the variables.
    pub(super) fn tracked(&self, model: &str) -> Weights {
        let tensors = self
            .variables
            .iter()
            .map(|(name, variable)| (name.clone(), variable.as_tensor().clone()));
        Weights::new(model, tensors.collect())
    }

    /// The weights as whoever loads the saved model will have them: rounded to what is stored.
    pub(super) fn rounded(&self, model: &str) -> candle_core::Result<Weights> {
        let tensors = self.variables.iter().map(|(name, variable)| {
            let stored = variable.as_detached_tensor().to_dtype(STORED)?;
            Ok((name.clone(), stored.to_dtype(variable.dtype())?))
        });
        Ok(Weights::new(model, tensors.collect::<candle_core::Result<_>>()?))
    }
}

/// Draws from a normal distribution by the method of Box and Muller (1958).
fn normal(
    shape: &[usize],
    deviation: f32,
    generator: &mut ChaCha8Rng,
    device: &Device,
) -> candle_core::Result<Tensor> {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|_| {
            // 1 - u is never 0, so that its logarithm is finite.
            let radius = (-2.0 * (1.0 - generator.random::<f32>()).ln()).sqrt();
            let angle = std::f32::consts::TAU * generator.random::<f32>();
            deviation * radius * angle.cos()
        })
        .collect();
    Tensor::from_vec(values, shape, device)
}

/// The name and shape of every tensor of the encoder and its pooler.
fn encoder_shapes(config: &EncoderConfig) -> Vec<(String, Vec<usize>)> {
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let mut shapes = Vec::new();
    let mut add = |name: String, shape: &[usize]| shapes.push((name, shape.to_vec()));
    for (table, rows) in [
        ("word", config.vocab_size),
        ("position", config.max_position_embeddings),
        ("token_type", config.type_vocab_size),
    ] {
        add(format!("embeddings.{table}_embeddings.weight"), &[rows, hidden]);
    }
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    let mut linears = Vec::new();
    if config.classifier_pooling == Pooling::Cls {
        linears.push(("pooler.dense".to_owned(), hidden, hidden));
    }
    for layer in 0..config.num_hidden_layers {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        for part in ["query", "key", "value"] {
            linears.push((name(&format!("attention.self.{part}")), hidden, hidden));
        }
        linears.push((name("attention.output.dense"), hidden, hidden));
        linears.push((name("intermediate.dense"), hidden, inner));
        linears.push((name("output.dense"), inner, hidden));
        norms.push(name("attention.output.LayerNorm"));
        norms.push(name("output.LayerNorm"));
    }
    for (name, inputs, outputs) in linears {
        add(format!("{name}.weight"), &[outputs, inputs]);
        add(format!("{name}.bias"), &[outputs]);
    }
    for name in norms {
        add(format!("{name}.weight"), &[hidden]);
        add(format!("{name}.bias"), &[hidden]);
    }
    shapes
}
