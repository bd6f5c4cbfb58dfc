//! How often corrected intervals hold the truth, in simulated corpora where that is known.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::difference::tests::counts;
use super::{corrected, Allocation, GoldStatement, StratumSize};
use crate::stance::Stance;

/// What the interval promises: over many corpora and samples it holds the true share at least about
/// 95 times in 100, of rare stances and of parts too, however the sample was drawn.
#[test]
fn intervals_cover_the_true_share_as_often_as_they_say() {
    let mut generator = ChaCha8Rng::seed_from_u64(11);
    let truth = [0.03, 0.12, 0.10, 0.75];
    let rounds = 200;
    for allocation in [None, Some(Allocation::Proportional), Some(Allocation::Equal)] {
        let mut covered = [[0; 4]; 2];
        for _ in 0..rounds {
            let corpus = simulated_corpus(&mut generator, &truth, 6000);
            let (gold, strata) = drawn(&mut generator, &corpus, allocation, 400);
            // The whole, and the part of every other statement.
            for (part, covered) in covered.iter_mut().enumerate() {
                let is_in = |index: usize| part == 0 || index.is_multiple_of(2);
                let predicted = (0..corpus.len()).filter(|&index| is_in(index));
                let predicted = counts(predicted.map(|index| corpus[index].1.index()));
                let inside: Vec<GoldStatement> = gold
                    .iter()
                    .filter(|(index, _)| is_in(*index))
                    .map(|(_, statement)| *statement)
                    .collect();
                let found = corrected(&predicted, &inside, &strata);
                for (index, covered) in covered.iter_mut().enumerate() {
                    let interval = found.shares[index].interval.unwrap();
                    *covered += i32::from(interval.low <= truth[index] && truth[index] <= interval.high);
                }
            }
        }
        for covered in covered.concat() {
            let share = f64::from(covered) / f64::from(rounds);
            // 95% less three standard errors of 200 rounds.
            assert!(share > 0.904, "{allocation:?}: {share}");
        }
    }
}

/// True and predicted stances: one in ten is wrong, most of those taken for `none`.
fn simulated_corpus(
    generator: &mut ChaCha8Rng,
    truth: &[f64; 4],
    statements: usize,
) -> Vec<(Stance, Stance)> {
    (0..statements)
        .map(|_| {
            let gold = draw(generator, truth);
            let is_wrong = generator.random_range(0..10) == 0;
            (
                gold,
                if is_wrong {
                    draw(generator, &[0.1, 0.15, 0.15, 0.6])
                } else {
                    gold
                },
            )
        })
        .collect()
}

/// A sample of a corpus, drawn alike or by predicted stance, with each statement's place.
fn drawn(
    generator: &mut ChaCha8Rng,
    corpus: &[(Stance, Stance)],
    allocation: Option<Allocation>,
    size: usize,
) -> (Vec<(usize, GoldStatement)>, Vec<StratumSize>) {
    let stratum_of = |index: usize| allocation.map_or(0, |_| corpus[index].1.index());
    let mut members = vec![Vec::new(); allocation.map_or(1, |_| 4)];
    for index in 0..corpus.len() {
        members[stratum_of(index)].push(index);
    }
    let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    let dealt = allocation.map_or(vec![size], |allocation| allocation.deal(&sizes, size));
    let mut gold = Vec::new();
    for (stratum, (members, &dealt)) in members.iter_mut().zip(&dealt).enumerate() {
        let (chosen, _) = members.partial_shuffle(generator, dealt);
        gold.extend(chosen.iter().map(|&index| {
            let (gold, predicted) = corpus[index];
            let statement = GoldStatement {
                gold,
                predicted,
                stratum,
                weight: sizes[stratum] as f64 / dealt as f64,
            };
            (index, statement)
        }));
    }
    let strata = sizes
        .iter()
        .zip(dealt)
        .map(|(&statements, labelled)| StratumSize {
            statements: statements as f64,
            labelled: labelled as f64,
        });
    (gold, strata.collect())
}

fn draw(generator: &mut ChaCha8Rng, shares: &[f64; 4]) -> Stance {
    let mut left: f64 = generator.random();
    for (stance, share) in Stance::ALL.into_iter().zip(shares) {
        left -= share;
        if left < 0.0 {
            return stance;
        }
    }
    Stance::None
}
