//! Labelled statements → tokenized examples → batches of like length in a seeded order.

use std::path::PathBuf;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::TrainError;
use crate::evaluation::{Fixture, LabelledStatement};
use crate::model::StatementTokenizer;
use crate::stance::Stance;
use crate::table::RejectedRow;

/// A tokenized statement, the output it should give, and how much it counts.
pub(super) struct Example {
    pub(super) ids: Vec<u32>,
    /// The index of the network's output for its stance.
    pub(super) target: usize,
    pub(super) weight: f32,
}

/// The fixtures that training reads, whole.
pub(super) struct Fixtures {
    pub(super) train: Vec<Fixture>,
    pub(super) dev: Vec<Fixture>,
}

impl Fixtures {
    pub(super) fn read(train: &[PathBuf], dev: &[PathBuf]) -> Result<Self, TrainError> {
        let read = |paths: &[PathBuf]| -> Result<Vec<Fixture>, TrainError> {
            Ok(paths
                .iter()
                .map(|path| Fixture::read(path))
                .collect::<Result<_, _>>()?)
        };
        Ok(Self {
            train: read(train)?,
            dev: read(dev)?,
        })
    }

    pub(super) fn rejected_lines(&self) -> Vec<(PathBuf, RejectedRow)> {
        let fixtures = self.train.iter().chain(&self.dev);
        let lines = fixtures.flat_map(|fixture| {
            let unlabelled = fixture
                .unlabelled
                .iter()
                .map(|&number| RejectedRow::new(number, "`label` is empty"));
            let rejected = fixture.rejected.iter().cloned().chain(unlabelled);
            rejected.map(|line| (fixture.path.clone(), line))
        });
        lines.collect()
    }

    pub(super) fn train_statements(&self) -> impl Iterator<Item = &LabelledStatement> {
        self.train.iter().flat_map(|fixture| &fixture.statements)
    }
}

/// How much a statement of each stance weighs: `(1 / (classes · share))^balance`.
pub(super) fn class_weights(counts: [usize; Stance::COUNT], balance: f64) -> [f64; Stance::COUNT] {
    let total: usize = counts.iter().sum();
    let classes = counts.iter().filter(|&&count| count > 0).count();
    counts.map(|count| {
        if count == 0 {
            return 0.0;
        }
        (total as f64 / (classes * count) as f64).powf(balance)
    })
}

/// Tokenizes statements for a network whose outputs stand for `labels`.
pub(super) fn examples<'a>(
    statements: impl Iterator<Item = &'a LabelledStatement>,
    tokenizer: &StatementTokenizer,
    labels: &[Stance; Stance::COUNT],
    class_weights: &[f64; Stance::COUNT],
    unsure_weight: f64,
) -> Result<Vec<Example>, TrainError> {
    statements
        .map(|statement| {
            let sureness = if statement.sure { 1.0 } else { unsure_weight };
            Ok(Example {
                ids: tokenizer.encode(&statement.text)?.ids,
                target: labels
                    .iter()
                    .position(|&label| label == statement.label)
                    .unwrap_or(0),
                weight: (class_weights[statement.label.index()] * sureness) as f32,
            })
        })
        .collect()
}

/// Shuffled batches whose statements are of like length, so that steps take like time.
///
/// Statements are shuffled, cut into pools of twenty batches, sorted by length within a pool, cut
/// into batches, and the batches are shuffled.
pub(super) fn bucketed_batches(
    examples: &[Example],
    batch_size: usize,
    generator: &mut ChaCha8Rng,
) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.shuffle(generator);
    let mut batches = Vec::with_capacity(examples.len().div_ceil(batch_size));
    for pool in order.chunks_mut(20 * batch_size) {
        pool.sort_by_key(|&index| examples[index].ids.len());
        batches.extend(pool.chunks(batch_size).map(<[usize]>::to_vec));
    }
    batches.shuffle(generator);
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn class_weights_balance_by_share() {
        assert_eq!(class_weights([10, 30, 0, 60], 0.0), [1.0, 1.0, 0.0, 1.0]);
        let balanced = class_weights([10, 30, 0, 60], 1.0);
        assert!((balanced[0] * 10.0 - balanced[1] * 30.0).abs() < 1e-9);
        assert!((balanced[1] * 30.0 - balanced[3] * 60.0).abs() < 1e-9);
    }

    #[test]
    fn every_statement_is_in_one_batch_and_the_order_follows_the_seed() {
        let examples: Vec<Example> = (0..103)
            .map(|index| Example {
                ids: vec![0; 2 + (index * 7) % 50],
                target: 0,
                weight: 1.0,
            })
            .collect();
        let batches = |seed| bucketed_batches(&examples, 8, &mut ChaCha8Rng::seed_from_u64(seed));
        let mut seen: Vec<usize> = batches(3).concat();
        seen.sort_unstable();
        assert_eq!(seen, (0..103).collect::<Vec<_>>());
        assert_eq!(batches(3), batches(3));
        assert_ne!(batches(3), batches(4));
    }
}
