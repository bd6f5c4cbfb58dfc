//! Cross-entropy against smoothed labels, weighted by statement.

use candle_core::{Result, Tensor, D};

/// The sum over statements of `weight · cross-entropy`, a scalar float32 tensor.
///
/// `logits` is float32 `[statements, labels]`; `targets` holds label indices. The target of label
/// y is `1 - smoothing` on y plus `smoothing / labels` on each label (Szegedy et al., 2016).
pub(super) fn weighted_cross_entropy(
    logits: &Tensor,
    targets: &[usize],
    weights: &[f32],
    smoothing: f64,
) -> Result<Tensor> {
    let (statements, labels) = logits.dims2()?;
    let spread = smoothing as f32 / labels as f32;
    let mut target = vec![spread; statements * labels];
    for (row, &label) in targets.iter().enumerate() {
        target[row * labels + label] += 1.0 - smoothing as f32;
    }
    for (row, &weight) in weights.iter().enumerate() {
        for value in &mut target[row * labels..(row + 1) * labels] {
            *value *= weight;
        }
    }
    let target = Tensor::from_vec(target, (statements, labels), logits.device())?;
    let log_probabilities = candle_nn::ops::log_softmax(logits, D::Minus1)?;
    log_probabilities.mul(&target)?.sum_all()?.neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn matches_a_calculation_by_hand() {
        let logits = Tensor::new(&[[2.0f32, 0.0], [0.0, 1.0]], &Device::Cpu).unwrap();
        let loss = weighted_cross_entropy(&logits, &[0, 0], &[1.0, 0.5], 0.2)
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        let log_sum = |a: f64, b: f64| (a.exp() + b.exp()).ln();
        let first = -(0.9 * (2.0 - log_sum(2.0, 0.0)) + 0.1 * (0.0 - log_sum(2.0, 0.0)));
        let second = -(0.9 * (0.0 - log_sum(0.0, 1.0)) + 0.1 * (1.0 - log_sum(0.0, 1.0)));
        assert!((f64::from(loss) - (first + 0.5 * second)).abs() < 1e-6);
    }
}
