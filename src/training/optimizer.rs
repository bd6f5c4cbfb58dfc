//! AdamW over every variable: with weight decay or without.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use rayon::prelude::*;

use super::parameters::Parameters;

/// AdamW (Loshchilov and Hutter, 2019) that leaves biases and layer norms undecayed.
///
/// Each variable has an optimizer of its own, so that they step at the same time: candle's runs over them one by
/// one on one thread, which was two fifths of a training step.
pub(super) struct GroupedAdamW {
    /// In the order of the parameters.
    optimizers: Vec<AdamW>,
}

impl GroupedAdamW {
    pub(super) fn new(parameters: &Parameters, weight_decay: f64) -> Result<Self> {
        let optimizers = parameters.iter().map(|(name, variable)| {
            let weight_decay = if is_decayed(name) { weight_decay } else { 0.0 };
            let params = ParamsAdamW {
                weight_decay,
                ..ParamsAdamW::default()
            };
            AdamW::new(vec![variable.clone()], params)
        });
        Ok(Self {
            optimizers: optimizers.collect::<Result<_>>()?,
        })
    }

    /// Moves each variable against its gradient, on the threads of the pool that this runs in.
    pub(super) fn step(
        &mut self,
        learning_rate: f64,
        variables: &[Var],
        gradients: Vec<Option<Tensor>>,
    ) -> Result<()> {
        self.optimizers
            .par_iter_mut()
            .zip(variables)
            .zip(gradients)
            .try_for_each(|((optimizer, variable), gradient)| {
                let Some(gradient) = gradient else {
                    return Ok(());
                };
                let mut store = GradStore::default();
                store.insert(variable.as_tensor(), gradient);
                optimizer.set_learning_rate(learning_rate);
                optimizer.step(&store)
            })
    }
}

fn is_decayed(name: &str) -> bool {
    !name.ends_with(".bias") && !name.contains("LayerNorm")
}
