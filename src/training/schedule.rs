//! The learning rate over time: a linear rise, then a linear fall to nothing.

/// The learning rate's share of its peak at `step` (from 0) of `steps`.
pub(super) fn share_of_peak(step: usize, steps: usize, warmup: f64) -> f64 {
    let rise = (warmup * steps as f64).ceil();
    let done = step as f64 + 1.0;
    if done <= rise {
        done / rise
    } else {
        ((steps as f64 - step as f64) / (steps as f64 - rise)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::share_of_peak;

    #[test]
    fn rises_to_one_and_falls_to_almost_nothing() {
        let shares: Vec<f64> = (0..100).map(|step| share_of_peak(step, 100, 0.1)).collect();
        assert_eq!(shares[0], 0.1);
        assert_eq!(shares[9], 1.0);
        assert_eq!(shares[10], 1.0);
        assert!(shares[10..].windows(2).all(|pair| pair[1] < pair[0]));
        assert!((shares[99] - 1.0 / 90.0).abs() < 1e-12);
    }

    #[test]
    fn no_warm_up_starts_at_the_peak() {
        assert_eq!(share_of_peak(0, 10, 0.0), 1.0);
    }
}
