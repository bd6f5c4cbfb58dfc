//! The temperature at which a model's probabilities can best be taken at their word.

use crate::evaluation::SMALLEST_PROBABILITY;
use crate::stance::{Probabilities, Stance};

/// The predictions of one dev fixture, with the gold stances.
pub(super) type Graded = Vec<(Stance, Probabilities)>;

/// Temperatures outside these say that something else is wrong.
const BOUNDS: (f64, f64) = (0.25, 8.0);

/// The temperature with the smallest log loss (Guo et al. 2017), the mean over fixtures, each counting equally.
///
/// Found by golden-section search over the temperature's logarithm, to a thousandth: the loss has one minimum.
pub(super) fn fitted_temperature(fixtures: &[Graded]) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let loss = |logarithm: f64| log_loss(fixtures, logarithm.exp());
    let (mut low, mut high) = (BOUNDS.0.ln(), BOUNDS.1.ln());
    while high - low > 1e-3 {
        let (left, right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if loss(left) < loss(right) {
            high = right;
        } else {
            low = left;
        }
    }
    let temperature = f64::midpoint(low, high).exp();
    (temperature * 1e3).round() / 1e3
}

/// The mean over fixtures of the mean of `-ln p` of the gold stance, in nats.
pub(super) fn log_loss(fixtures: &[Graded], temperature: f64) -> f64 {
    let of_one = |graded: &Graded| {
        let sum: f64 = graded
            .iter()
            .map(|(gold, probabilities)| {
                let probability = f64::from(probabilities.at_temperature(temperature).of(*gold));
                -probability.max(SMALLEST_PROBABILITY).ln()
            })
            .sum();
        sum / graded.len().max(1) as f64
    };
    fixtures.iter().map(of_one).sum::<f64>() / fixtures.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    /// Statements whose gold stances are drawn from their probabilities, which are then made `sharper`.
    fn graded(sharper: f64) -> Graded {
        let mut generator = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        (0..4000)
            .map(|_| {
                let honest =
                    Probabilities::from_logits(std::array::from_fn(|_| generator.random_range(-2.0..2.0)));
                let mut draw: f32 = generator.random();
                let gold = Stance::ALL.into_iter().find(|&stance| {
                    draw -= honest.of(stance);
                    draw < 0.0
                });
                (gold.unwrap_or(Stance::None), honest.at_temperature(1.0 / sharper))
            })
            .collect()
    }

    #[test]
    fn finds_by_how_much_a_model_is_too_sure_or_too_unsure() {
        for sharper in [0.5, 1.0, 2.5] {
            let graded = [graded(sharper)];
            let found = fitted_temperature(&graded);
            assert!((found / sharper - 1.0).abs() < 0.1, "{sharper}: {found}");
            assert!(log_loss(&graded, found) <= log_loss(&graded, 1.0) + 1e-6);
        }
    }
}
