//! Cross-entropy against labels and a teacher's probabilities, weighted by statement.

use candle_core::{Result, Tensor, D};

use crate::stance::Stance;

/// What the network should give for a statement, in the order of its outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Target {
    /// The smoothed label, times its share of the loss; zeros where there is no label.
    pub(super) gold: [f32; Stance::COUNT],
    /// The teacher's probabilities at the distillation temperature, times their share; zeros without a teacher.
    pub(super) taught: [f32; Stance::COUNT],
}

/// A label's target: `1 - smoothing` on it plus `smoothing / labels` on each (Szegedy et al., 2016).
pub(super) fn smoothed(output: usize, smoothing: f64) -> [f32; Stance::COUNT] {
    let mut target = [(smoothing / Stance::COUNT as f64) as f32; Stance::COUNT];
    target[output] += 1.0 - smoothing as f32;
    target
}

/// The sum over statements of `weight · (H(gold, softmax(z)) + T² · H(taught, softmax(z / T)))`, a scalar
/// float32 tensor; H is the cross-entropy, z the logits, T the temperature. The factor T² keeps the gradients of both
/// parts of like size (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015).
///
/// `logits` is float32 `[statements, labels]`.
pub(super) fn weighted_cross_entropy(
    logits: &Tensor,
    targets: &[Target],
    weights: &[f32],
    temperature: f64,
) -> Result<Tensor> {
    let weighted = |part: fn(&Target) -> &[f32; Stance::COUNT], factor: f32| {
        let rows = targets.iter().zip(weights);
        let values: Vec<f32> = rows
            .flat_map(|(target, &weight)| part(target).map(|value| value * weight * factor))
            .collect();
        Tensor::from_vec(values, (targets.len(), Stance::COUNT), logits.device())
    };
    let gold = weighted(|target| &target.gold, 1.0)?;
    let loss = cross_entropy(logits, &gold)?;
    if targets.iter().all(|target| target.taught == [0.0; Stance::COUNT]) {
        return Ok(loss);
    }
    let taught = weighted(|target| &target.taught, (temperature * temperature) as f32)?;
    loss + cross_entropy(&(logits / temperature)?, &taught)?
}

fn cross_entropy(logits: &Tensor, target: &Tensor) -> Result<Tensor> {
    let log_probabilities = candle_nn::ops::log_softmax(logits, D::Minus1)?;
    log_probabilities.mul(target)?.sum_all()?.neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    /// Cross-entropy in float64, the plain way.
    fn by_hand(logits: [f64; 4], target: [f32; 4]) -> f64 {
        let log_sum = logits.iter().map(|logit| logit.exp()).sum::<f64>().ln();
        let terms = logits.iter().zip(target);
        terms
            .map(|(logit, target)| -f64::from(target) * (logit - log_sum))
            .sum()
    }

    #[test]
    fn matches_a_calculation_by_hand() {
        let logits = [[2.0, 0.0, -1.0, 0.5], [0.0, 1.0, 3.0, -2.0]];
        let gold = Target {
            gold: smoothed(0, 0.2),
            taught: [0.0; 4],
        };
        let both = Target {
            gold: smoothed(2, 0.2).map(|value| 0.3 * value),
            taught: [0.1, 0.2, 0.3, 0.4].map(|value| 0.7 * value),
        };
        let tensor = Tensor::new(&logits.map(|row| row.map(|logit| logit as f32)), &Device::Cpu).unwrap();
        let loss = weighted_cross_entropy(&tensor, &[gold, both], &[1.0, 0.5], 2.0)
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        let halved = logits[1].map(|logit| logit / 2.0);
        let expected = by_hand(logits[0], gold.gold)
            + 0.5 * (by_hand(logits[1], both.gold) + 4.0 * by_hand(halved, both.taught));
        assert!((f64::from(loss) - expected).abs() < 1e-5, "{loss} {expected}");
    }

    #[test]
    fn labels_are_smoothed() {
        for (value, expected) in smoothed(1, 0.2).into_iter().zip([0.05, 0.85, 0.05, 0.05]) {
            assert!((value - expected).abs() < 1e-6);
        }
    }
}
