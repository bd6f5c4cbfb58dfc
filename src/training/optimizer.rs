//! AdamW over two groups of variables: with weight decay and without.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};

use super::parameters::Parameters;

/// AdamW (Loshchilov and Hutter, 2019) that leaves biases and layer norms undecayed.
pub(super) struct GroupedAdamW {
    groups: [AdamW; 2],
}

impl GroupedAdamW {
    pub(super) fn new(parameters: &Parameters, weight_decay: f64) -> Result<Self> {
        let group = |decayed: bool| {
            let variables: Vec<Var> = parameters
                .iter()
                .filter(|(name, _)| is_decayed(name) == decayed)
                .map(|(_, variable)| variable.clone())
                .collect();
            let weight_decay = if decayed { weight_decay } else { 0.0 };
            AdamW::new(
                variables,
                ParamsAdamW {
                    weight_decay,
                    ..ParamsAdamW::default()
                },
            )
        };
        Ok(Self {
            groups: [group(true)?, group(false)?],
        })
    }

    /// Moves each variable against its gradient.
    pub(super) fn step(
        &mut self,
        learning_rate: f64,
        variables: &[Var],
        gradients: Vec<Option<Tensor>>,
    ) -> Result<()> {
        let mut store = GradStore::default();
        for (variable, gradient) in variables.iter().zip(gradients) {
            if let Some(gradient) = gradient {
                store.insert(variable.as_tensor(), gradient);
            }
        }
        for group in &mut self.groups {
            group.set_learning_rate(learning_rate);
            group.step(&store)?;
        }
        Ok(())
    }
}

fn is_decayed(name: &str) -> bool {
    !name.ends_with(".bias") && !name.contains("LayerNorm")
}
