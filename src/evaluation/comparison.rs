//! Two sets of predictions for the same labelled statements, statement by statement.

use super::intervals::{Bootstrap, Clusters};
use super::scores::Graded;
use super::{are_weighted, scaled_outcomes, Case, ConfidentError, Estimate, Figure, Guess, Outcome};

/// Two sets of predictions, A and B, on the same statements.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How many statements both have a prediction for.
    pub statements: usize,
    /// How many articles they stand in, where there are enough to resample: intervals are then by article.
    pub articles: Option<usize>,
    /// True where statements weigh differently. Figures heed it; counts and McNemar's test do not.
    pub weighted: bool,
    /// Each figure that both allow.
    pub figures: Vec<PairedFigure>,
    pub mcnemar: McNemar,
    /// How many statements both have right, and how many both have wrong.
    pub both_right: usize,
    /// See `both_right`.
    pub both_wrong: usize,
    /// On how many statements the two say different stances, right or wrong.
    pub different: usize,
    /// The statements that B has right and A wrong, those first of which A was surest.
    pub gained: Vec<Flip>,
    /// The statements that A has right and B wrong, those first of which B was surest.
    pub lost: Vec<Flip>,
}

/// A figure of both, and what B has more than A.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedFigure {
    pub figure: Figure,
    pub a: f64,
    pub b: f64,
    /// B minus A, with the interval of paired resamples.
    pub difference: Estimate,
}

/// A statement that one has right and the other wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Flip {
    /// The statement and the wrong prediction.
    pub wrong: ConfidentError,
    /// The prediction that is right.
    pub right: Guess,
}

/// McNemar's exact test (McNemar 1947): were the two equally good, each statement that one alone has
/// right would be as likely A's as B's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McNemar {
    /// Statements that A alone has right.
    pub a_alone: u64,
    /// Statements that B alone has right.
    pub b_alone: u64,
}

impl McNemar {
    /// The two-sided p-value: twice the smaller tail of a binomial of `a_alone + b_alone` trials at ½,
    /// at most 1. Statements are taken as independent.
    pub fn p_value(&self) -> f64 {
        let trials = self.a_alone + self.b_alone;
        let smaller = self.a_alone.min(self.b_alone);
        // The binomial's terms in logarithms: 2^-n is 0 in float64 from 1,075 trials on.
        let mut term = -(trials as f64) * std::f64::consts::LN_2;
        let mut tail = term.exp();
        for successes in 1..=smaller {
            term += ((trials - successes + 1) as f64 / successes as f64).ln();
            tail += term.exp();
        }
        (2.0 * tail).min(1.0)
    }
}

impl Comparison {
    /// Compares `a` and `b`, whose cases are for the same statements in the same order. At most
    /// `examples` flips are kept each way.
    pub fn of(a: &[Case<'_>], b: &[Case<'_>], bootstrap: &Bootstrap, examples: usize) -> Self {
        let outcomes = [a, b].map(scaled_outcomes);
        let clusters = Clusters::of_articles(a.iter().map(Case::article));
        let is_right = |index: usize| [outcomes[0][index].is_right(), outcomes[1][index].is_right()];
        let count = |pattern: [bool; 2]| (0..a.len()).filter(|&index| is_right(index) == pattern).count();
        Self {
            statements: a.len(),
            articles: clusters.are_grouped().then(|| clusters.len()),
            weighted: are_weighted(&outcomes[0]),
            figures: paired_figures(&outcomes, &clusters, bootstrap),
            mcnemar: McNemar {
                a_alone: count([true, false]) as u64,
                b_alone: count([false, true]) as u64,
            },
            both_right: count([true, true]),
            both_wrong: count([false, false]),
            different: a
                .iter()
                .zip(b)
                .filter(|(a, b)| a.guess.stance != b.guess.stance)
                .count(),
            gained: flips(a, b, examples),
            lost: flips(b, a, examples),
        }
    }
}

fn paired_figures(
    outcomes: &[Vec<Outcome>; 2],
    clusters: &Clusters,
    bootstrap: &Bootstrap,
) -> Vec<PairedFigure> {
    let graded = outcomes.each_ref().map(|outcomes| Graded::new(outcomes));
    let [a, b] = graded.each_ref().map(Graded::scores);
    let shared: Vec<(Figure, f64, f64)> = Figure::ALL
        .into_iter()
        .filter_map(|figure| Some((figure, a.figure(figure)?, b.figure(figure)?)))
        .collect();
    let intervals = bootstrap.intervals(clusters, |times| {
        let draws = graded.each_ref().map(|graded| graded.scores_of_draw(times));
        let difference = |figure| draws[1].figure_of_draw(&b, figure) - draws[0].figure_of_draw(&a, figure);
        shared.iter().map(|(figure, ..)| difference(*figure)).collect()
    });
    shared
        .iter()
        .zip(intervals)
        .map(|(&(figure, a, b), interval)| PairedFigure {
            figure,
            a,
            b,
            difference: Estimate {
                value: b - a,
                interval,
            },
        })
        .collect()
}

/// What `right` has right and `wrong` wrong, surest errors first.
fn flips(wrong: &[Case<'_>], right: &[Case<'_>], examples: usize) -> Vec<Flip> {
    let mut flips: Vec<(&Case<'_>, &Case<'_>)> = wrong
        .iter()
        .zip(right)
        .filter(|(wrong, right)| !wrong.outcome().is_right() && right.outcome().is_right())
        .collect();
    let confidence = |case: &Case<'_>| case.guess.confidence().unwrap_or(0.0);
    flips.sort_by(|(one, _), (other, _)| confidence(other).total_cmp(&confidence(one)));
    flips
        .into_iter()
        .take(examples)
        .map(|(wrong, right)| Flip {
            wrong: ConfidentError::of(wrong),
            right: right.guess,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::tests::{cases, statements};
    use crate::stance::Stance::{AntiIntervention as Anti, None as Neutral, ProIntervention as Pro};

    #[test]
    fn what_flipped_each_way_is_counted_and_shown() {
        let statements = statements(&[Pro, Anti, Neutral, Neutral]);
        let a = cases(&statements, &[Pro, Pro, Neutral, Anti]);
        let b = cases(&statements, &[Anti, Anti, Neutral, Pro]);
        let bootstrap = Bootstrap::new(200, 1).unwrap();
        let comparison = Comparison::of(&a, &b, &bootstrap, 5);
        assert_eq!(
            (comparison.both_right, comparison.both_wrong, comparison.different),
            (1, 1, 3)
        );
        assert_eq!((comparison.mcnemar.a_alone, comparison.mcnemar.b_alone), (1, 1));
        assert_eq!(comparison.gained[0].wrong.text, "statement 1");
        assert_eq!(comparison.lost[0].right.stance, Pro);
        assert_eq!(comparison.figures[0].difference.value, 0.0);
    }

    #[test]
    fn predictions_do_not_differ_from_themselves() {
        let statements = statements(&[Pro, Anti, Neutral, Neutral, Pro]);
        let a = cases(&statements, &[Pro, Pro, Neutral, Anti, Pro]);
        let comparison = Comparison::of(&a, &a, &Bootstrap::new(50, 1).unwrap(), 5);
        assert_eq!(comparison.different, 0);
        assert_eq!(comparison.mcnemar.p_value(), 1.0);
        for figure in &comparison.figures {
            assert_eq!(figure.difference.value, 0.0, "{:?}", figure.figure);
        }
    }
}
