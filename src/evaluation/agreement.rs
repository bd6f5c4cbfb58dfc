//! How far coders agree beyond chance.

use super::intervals::{Bootstrap, Clusters};
use super::{Estimate, ItemRatings};
use crate::stance::Stance;

/// How far several coders agree, with intervals over resampled articles or statements. A figure that chance leaves
/// undefined (nobody used a second label) is not a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// How many statements any coder labelled.
    pub statements: usize,
    /// How many articles they stand in, where there are enough to resample: intervals are then by article.
    pub articles: Option<usize>,
    /// How many at least two did.
    pub paired: usize,
    /// How many every coder did.
    pub complete: usize,
    /// The share of pairs of labels on one statement that are the same.
    pub percent: Estimate,
    /// Krippendorff's alpha, nominal.
    pub alpha: Estimate,
    /// Fleiss' kappa over the statements that every coder labelled.
    pub fleiss: Estimate,
    /// Cohen's kappa of each pair of coders, over the statements that both labelled.
    pub cohen: Vec<PairKappa>,
    /// In the order of [`Stance::ALL`].
    pub labels: Vec<LabelAgreement>,
    /// How many statements coders labelled differently.
    pub disputed: usize,
    /// Those statements in the order of the files, as many as were asked for.
    pub disagreements: Vec<ItemRatings>,
}

/// Cohen's kappa of two coders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairKappa {
    /// The coders' numbers, in the order they were given.
    pub coders: [usize; 2],
    pub statements: usize,
    pub kappa: Estimate,
}

/// How far coders agree on one label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelAgreement {
    pub label: Stance,
    /// How often it was given to statements that at least two coders labelled.
    pub given: usize,
    /// Where one coder gives it, the share of the other coders' labels that are it too: specific
    /// agreement (Dice 1945; Fleiss, Levin and Paik 2003, ch. 18). Not a number where it was never given.
    pub agreement: Estimate,
}

impl Agreement {
    /// The agreement of the coders of `items`; at most `disagreements` of those are kept.
    pub fn of(items: &[ItemRatings], bootstrap: &Bootstrap, disagreements: usize) -> Self {
        let coders = items.first().map_or(0, |item| item.labels.len());
        let pairs: Vec<[usize; 2]> = (0..coders)
            .flat_map(|one| (one + 1..coders).map(move |other| [one, other]))
            .collect();
        let figures = |times: &[u32]| {
            let mut figures = vec![percent(items, times), alpha(items, times), fleiss(items, times)];
            figures.extend(pairs.iter().map(|&pair| cohen(items, times, pair)));
            figures.extend(Stance::ALL.map(|label| specific(items, times, label)));
            figures
        };
        let values = figures(&vec![1; items.len()]);
        let clusters = Clusters::of_articles(items.iter().map(|item| item.article.as_deref()));
        let intervals = bootstrap.intervals(&clusters, figures);
        let estimate = |index: usize| Estimate {
            value: values[index],
            interval: intervals[index].filter(|_| !values[index].is_nan()),
        };
        let first_label = 3 + pairs.len();
        Self {
            statements: items.iter().filter(|item| item.given() > 0).count(),
            articles: clusters.are_grouped().then(|| clusters.len()),
            paired: items.iter().filter(|item| item.given() > 1).count(),
            complete: items.iter().filter(|item| item.given() == coders).count(),
            percent: estimate(0),
            alpha: estimate(1),
            fleiss: estimate(2),
            cohen: pairs
                .iter()
                .enumerate()
                .map(|(index, &coders)| PairKappa {
                    coders,
                    statements: items.iter().filter(|item| item.of_pair(coders).is_some()).count(),
                    kappa: estimate(3 + index),
                })
                .collect(),
            labels: Stance::ALL
                .into_iter()
                .map(|label| LabelAgreement {
                    label,
                    given: items
                        .iter()
                        .filter(|item| item.given() > 1)
                        .map(|item| item.counts()[label.index()] as usize)
                        .sum(),
                    agreement: estimate(first_label + label.index()),
                })
                .collect(),
            disagreements: items
                .iter()
                .filter(|item| item.is_disputed())
                .take(disagreements)
                .cloned()
                .collect(),
            disputed: items.iter().filter(|item| item.is_disputed()).count(),
        }
    }
}

impl ItemRatings {
    /// How many coders gave each label.
    fn counts(&self) -> [f64; Stance::COUNT] {
        let mut counts = [0.0; Stance::COUNT];
        for label in self.labels.iter().flatten() {
            counts[label.index()] += 1.0;
        }
        counts
    }

    fn of_pair(&self, [one, other]: [usize; 2]) -> Option<[Stance; 2]> {
        Some([self.labels[one]?, self.labels[other]?])
    }

    fn is_disputed(&self) -> bool {
        self.counts().iter().filter(|&&count| count > 0.0).count() > 1
    }
}

/// Each item's counts and how often it was drawn.
fn drawn<'a>(
    items: &'a [ItemRatings],
    times: &'a [u32],
) -> impl Iterator<Item = (&'a ItemRatings, [f64; Stance::COUNT], f64)> {
    items
        .iter()
        .zip(times)
        .filter(|(_, &times)| times > 0)
        .map(|(item, &times)| (item, item.counts(), f64::from(times)))
}

/// Of all pairs of labels on one statement, the share that are the same.
fn percent(items: &[ItemRatings], times: &[u32]) -> f64 {
    let (mut same, mut all) = (0.0, 0.0);
    for (_, counts, times) in drawn(items, times) {
        let given: f64 = counts.iter().sum();
        same += times * counts.iter().map(|count| count * (count - 1.0)).sum::<f64>();
        all += times * given * (given - 1.0);
    }
    same / all
}

/// Krippendorff's alpha for nominal data with missing values (Krippendorff 2011, "Computing
/// Krippendorff's alpha-reliability", section C): `1 - (n - 1) (Σ o_cc' ) / (Σ n_c n_c')` over unequal
/// labels `c`, `c'`, where `o` are the coincidences within statements that two coders labelled.
fn alpha(items: &[ItemRatings], times: &[u32]) -> f64 {
    let mut observed = 0.0;
    let mut totals = [0.0; Stance::COUNT];
    for (_, counts, times) in drawn(items, times) {
        let given: f64 = counts.iter().sum();
        if given < 2.0 {
            continue;
        }
        let unequal = given * given - counts.iter().map(|count| count * count).sum::<f64>();
        observed += times * unequal / (given - 1.0);
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += times * count;
        }
    }
    let n: f64 = totals.iter().sum();
    let expected = n * n - totals.iter().map(|total| total * total).sum::<f64>();
    1.0 - (n - 1.0) * observed / expected
}

/// Fleiss' kappa (Fleiss 1971) over the statements that every coder labelled.
fn fleiss(items: &[ItemRatings], times: &[u32]) -> f64 {
    let mut totals = [0.0; Stance::COUNT];
    let (mut agreement, mut statements) = (0.0, 0.0);
    for (item, counts, times) in drawn(items, times) {
        let coders = item.labels.len() as f64;
        if item.given() < item.labels.len() {
            continue;
        }
        let same: f64 = counts.iter().map(|count| count * (count - 1.0)).sum();
        agreement += times * same / (coders * (coders - 1.0));
        statements += times;
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += times * count;
        }
    }
    let n: f64 = totals.iter().sum();
    let chance = totals.iter().map(|total| (total / n).powi(2)).sum();
    beyond_chance(agreement / statements, chance)
}

/// Cohen's kappa (Cohen 1960) of two coders, over the statements that both labelled.
fn cohen(items: &[ItemRatings], times: &[u32], pair: [usize; 2]) -> f64 {
    let mut shares = [[0.0; Stance::COUNT]; 2];
    let (mut same, mut all) = (0.0, 0.0);
    for (item, _, times) in drawn(items, times) {
        let Some([one, other]) = item.of_pair(pair) else {
            continue;
        };
        shares[0][one.index()] += times;
        shares[1][other.index()] += times;
        same += times * f64::from(u8::from(one == other));
        all += times;
    }
    let [one, other] = shares;
    let chance = one
        .iter()
        .zip(other)
        .map(|(one, other)| one * other / (all * all))
        .sum();
    beyond_chance(same / all, chance)
}

/// See [`LabelAgreement::agreement`].
fn specific(items: &[ItemRatings], times: &[u32], label: Stance) -> f64 {
    let (mut same, mut all) = (0.0, 0.0);
    for (_, counts, times) in drawn(items, times) {
        let given: f64 = counts.iter().sum();
        let count = counts[label.index()];
        same += times * count * (count - 1.0);
        all += times * count * (given - 1.0);
    }
    same / all
}

/// What agreement there is of what chance leaves to be had. Not a number where chance leaves nothing.
fn beyond_chance(observed: f64, chance: f64) -> f64 {
    if chance >= 1.0 {
        return f64::NAN;
    }
    (observed - chance) / (1.0 - chance)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Statements with each coder's label, by its place in [`Stance::ALL`].
    pub(crate) fn items(labels: &[impl AsRef<[Option<usize>]>]) -> Vec<ItemRatings> {
        labels
            .iter()
            .enumerate()
            .map(|(id, labels)| ItemRatings {
                id: id.to_string(),
                text: None,
                article: None,
                labels: labels
                    .as_ref()
                    .iter()
                    .map(|label| label.map(|label| Stance::ALL[label]))
                    .collect(),
            })
            .collect()
    }

    #[test]
    fn perfect_agreement_is_one_and_one_label_alone_is_undefined() {
        let bootstrap = Bootstrap::new(50, 0).unwrap();
        let agreement = |labels: &[&[Option<usize>]]| Agreement::of(&items(labels), &bootstrap, 9);
        let perfect = agreement(&[&[Some(0), Some(0)], &[Some(1), Some(1)], &[Some(3), None]]);
        for estimate in [
            perfect.percent,
            perfect.alpha,
            perfect.fleiss,
            perfect.cohen[0].kappa,
        ] {
            assert_eq!(estimate.value, 1.0);
        }
        assert_eq!((perfect.statements, perfect.paired, perfect.complete), (3, 2, 2));
        assert!(perfect.disagreements.is_empty());
        let one_label = agreement(&[&[Some(0), Some(0)], &[Some(0), Some(0)]]);
        assert_eq!(one_label.percent.value, 1.0);
        assert!(one_label.alpha.value.is_nan() && one_label.fleiss.value.is_nan());
        assert!(one_label.cohen[0].kappa.value.is_nan() && one_label.alpha.interval.is_none());
    }

    #[test]
    fn opposite_coders_agree_less_than_by_chance() {
        let opposite = items(&[&[Some(0), Some(1)], &[Some(1), Some(0)]]);
        let agreement = Agreement::of(&opposite, &Bootstrap::new(50, 0).unwrap(), 1);
        assert_eq!(agreement.percent.value, 0.0);
        assert_eq!(agreement.cohen[0].kappa.value, -1.0);
        assert_eq!((agreement.disputed, agreement.disagreements.len()), (2, 1));
        assert_eq!(agreement.labels[0].agreement.value, 0.0);
        assert!(agreement.labels[3].agreement.value.is_nan());
    }

    proptest! {
        #[test]
        fn the_order_of_coders_and_the_names_of_labels_change_nothing(
            labels in proptest::collection::vec(proptest::collection::vec(0..5usize, 3), 2..30),
            order in Just([0, 1, 2, 3usize]).prop_shuffle(),
        ) {
            // The fifth label stands for a missing one.
            let rated = |order: [usize; 4], turn: usize| {
                let labels: Vec<Vec<Option<usize>>> = labels
                    .iter()
                    .map(|labels| {
                        let mut labels: Vec<_> = labels.iter().map(|&label| order.get(label).copied()).collect();
                        labels.rotate_left(turn);
                        labels
                    })
                    .collect();
                items(&labels)
            };
            let figures = |items: &[ItemRatings]| {
                let times = vec![1; items.len()];
                [percent(items, &times), alpha(items, &times), fleiss(items, &times)]
            };
            let expected = figures(&rated([0, 1, 2, 3], 0));
            for (found, expected) in figures(&rated(order, 1)).into_iter().zip(expected) {
                prop_assert!(found.is_nan() && expected.is_nan() || (found - expected).abs() < 1e-9);
            }
        }
    }
}
