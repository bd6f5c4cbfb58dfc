//! Labelled statements → tokenized examples → batches of like length in a seeded order.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::loss::{smoothed, Target};
use super::teacher::Teacher;
use super::{TrainError, TrainingFiles, TrainingOptions};
use crate::evaluation::{Fixture, LabelledStatement};
use crate::model::StatementTokenizer;
use crate::stance::{Probabilities, Stance};
use crate::table::RejectedRow;

/// A tokenized statement, the output it should give, and how much it counts.
pub(super) struct Example {
    pub(super) ids: Vec<u32>,
    pub(super) target: Target,
    pub(super) weight: f32,
}

/// The fixtures that training reads, whole.
pub(super) struct Fixtures {
    pub(super) train: Vec<Fixture>,
    pub(super) teachers: Vec<Teacher>,
    pub(super) dev: Vec<Fixture>,
}

impl Fixtures {
    pub(super) fn read(files: &TrainingFiles) -> Result<Self, TrainError> {
        let read = |paths: &[PathBuf]| -> Result<Vec<Fixture>, TrainError> {
            Ok(paths
                .iter()
                .map(|path| Fixture::read(path))
                .collect::<Result<_, _>>()?)
        };
        Ok(Self {
            train: read(&files.train)?,
            teachers: files
                .teacher
                .iter()
                .map(|path| Teacher::read(path))
                .collect::<Result<_, _>>()?,
            dev: read(&files.dev)?,
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
        let of_teachers = self.teachers.iter().flat_map(|teacher| {
            let rejected = teacher.rejected.iter().cloned();
            rejected.map(|line| (teacher.path.clone(), line))
        });
        lines.chain(of_teachers).collect()
    }

    pub(super) fn train_statements(&self) -> impl Iterator<Item = &LabelledStatement> {
        self.train.iter().flat_map(|fixture| &fixture.statements)
    }

    /// What teachers say, in their order: of one text two may speak.
    fn taught_statements(&self) -> impl Iterator<Item = &(String, Probabilities)> {
        self.teachers.iter().flat_map(|teacher| &teacher.statements)
    }
}

/// How much a statement of each stance weighs: `(1 / (classes · share))^balance`.
fn class_weights(counts: [usize; Stance::COUNT], balance: f64) -> [f64; Stance::COUNT] {
    let total: usize = counts.iter().sum();
    let classes = counts.iter().filter(|&&count| count > 0).count();
    counts.map(|count| {
        if count == 0 {
            return 0.0;
        }
        (total as f64 / (classes * count) as f64).powf(balance)
    })
}

/// Tokenizes all there is to learn from, for a network whose outputs stand for `labels`: labelled statements, with
/// what a teacher says of the same text, and then the statements of which only a teacher speaks.
pub(super) fn examples(
    fixtures: &Fixtures,
    tokenizer: &StatementTokenizer,
    labels: &[Stance; Stance::COUNT],
    options: &TrainingOptions,
) -> Result<Vec<Example>, TrainError> {
    let mut counts = [0; Stance::COUNT];
    for statement in fixtures.train_statements() {
        counts[statement.label.index()] += 1;
    }
    let class_weights = class_weights(counts, options.class_balance);
    let outputs = |probabilities: &Probabilities, share: f64| {
        let softened = probabilities.at_temperature(options.distillation_temperature);
        labels.map(|stance| softened.of(stance) * share as f32)
    };
    let mut taught: HashMap<&str, &Probabilities> = HashMap::new();
    for (text, probabilities) in fixtures.taught_statements() {
        taught.entry(text).or_insert(probabilities);
    }
    let mut examples = Vec::new();
    let mut labelled = HashSet::new();
    for statement in fixtures.train_statements() {
        labelled.insert(statement.text.as_str());
        let output = labels
            .iter()
            .position(|&label| label == statement.label)
            .unwrap_or(0);
        let gold = smoothed(output, options.label_smoothing);
        let target = match taught.get(statement.text.as_str()) {
            None => Target {
                gold,
                taught: [0.0; Stance::COUNT],
            },
            Some(probabilities) => Target {
                gold: gold.map(|value| value * options.gold_share as f32),
                taught: outputs(probabilities, 1.0 - options.gold_share),
            },
        };
        let sureness = if statement.sure {
            1.0
        } else {
            options.unsure_weight
        };
        examples.push(Example {
            ids: tokenizer.encode(&statement.text)?.ids,
            target,
            weight: (class_weights[statement.label.index()] * sureness) as f32,
        });
    }
    for (text, probabilities) in fixtures.taught_statements() {
        // Of two teachers the first is heard, as above.
        if !labelled.insert(text) {
            continue;
        }
        let expected =
            Stance::ALL.map(|stance| class_weights[stance.index()] * f64::from(probabilities.of(stance)));
        examples.push(Example {
            ids: tokenizer.encode(text)?.ids,
            target: Target {
                gold: [0.0; Stance::COUNT],
                taught: outputs(probabilities, 1.0),
            },
            weight: (expected.iter().sum::<f64>() * options.teacher_weight) as f32,
        });
    }
    Ok(examples)
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
                target: Target {
                    gold: smoothed(0, 0.0),
                    taught: [0.0; Stance::COUNT],
                },
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
