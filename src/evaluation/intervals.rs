//! Intervals: the bootstrap over statements or articles, and Wilson's for a share.

use std::collections::HashMap;
use std::hash::Hash;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Serialize, Serializer};

/// The standard normal quantile of 0.975: every interval of ours covers 95%.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// A 95% confidence interval. In JSON: an array of its two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.low, self.high].serialize(serializer)
    }
}

impl Interval {
    /// The interval of a normally distributed estimate of a share, cut to what a share can be.
    pub(crate) fn of_share(estimate: f64, standard_error: f64) -> Self {
        Self {
            low: (estimate - Z * standard_error).clamp(0.0, 1.0),
            high: (estimate + Z * standard_error).clamp(0.0, 1.0),
        }
    }

    /// Wilson's interval of a share of weighted statements: of as many trials as Kish's effective size
    /// (Kish 1965), `(Σ w)² / Σ w²`. Everything where there are none.
    pub(super) fn wilson_weighted(share: f64, weights: Weights) -> Self {
        let trials = weights.sum * weights.sum / weights.squares;
        Self::wilson(share, if trials.is_nan() { 0.0 } else { trials })
    }

    /// Wilson's score interval of a share of `trials` (Wilson 1927). Everything where there are none.
    pub fn wilson(share: f64, trials: f64) -> Self {
        if trials <= 0.0 {
            return Self { low: 0.0, high: 1.0 };
        }
        let spread = Z * Z / trials;
        let centre = (share + spread / 2.0) / (1.0 + spread);
        let half = Z * (share * (1.0 - share) / trials + spread / (4.0 * trials)).sqrt() / (1.0 + spread);
        Self {
            low: if share <= 0.0 { 0.0 } else { centre - half },
            high: if share >= 1.0 { 1.0 } else { centre + half },
        }
    }
}

/// The sum of weights and of their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Weights {
    pub(super) sum: f64,
    squares: f64,
}

impl Weights {
    /// Counts one more statement.
    pub(super) fn add(&mut self, weight: f64) {
        self.sum += weight;
        self.squares += weight * weight;
    }

    /// Counts the statements of others too.
    pub(super) fn merge(&mut self, others: Self) {
        self.sum += others.sum;
        self.squares += others.squares;
    }
}

/// Which statements belong together: what is resampled as one.
#[derive(Clone, Debug)]
pub struct Clusters {
    /// The indices of each cluster's statements.
    members: Vec<Vec<usize>>,
    statements: usize,
    /// True where statements share articles that are too few to resample.
    pub(super) ignore_articles: bool,
}

impl Clusters {
    /// With fewer clusters than this, resamples are too much alike to show any spread.
    pub const FEWEST: usize = 10;

    /// The articles that statements stand in, where there are at least [`Clusters::FEWEST`] of them; else each
    /// statement alone.
    pub fn of_articles<K: Hash + Eq>(articles: impl ExactSizeIterator<Item = Option<K>>) -> Self {
        let statements = articles.len();
        let clusters = Self::by(articles);
        if clusters.len() < Self::FEWEST {
            return Self {
                ignore_articles: clusters.are_grouped(),
                ..Self::single(statements)
            };
        }
        clusters
    }

    /// Groups statements by key; one without a key is alone.
    pub fn by<K: Hash + Eq>(keys: impl Iterator<Item = Option<K>>) -> Self {
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut cluster_of: HashMap<K, usize> = HashMap::new();
        let mut statements = 0;
        for key in keys {
            let known = key.map(|key| *cluster_of.entry(key).or_insert(members.len()));
            match known.and_then(|cluster| members.get_mut(cluster)) {
                Some(members) => members.push(statements),
                None => members.push(vec![statements]),
            }
            statements += 1;
        }
        Self {
            members,
            statements,
            ignore_articles: false,
        }
    }

    /// Each statement alone.
    pub fn single(statements: usize) -> Self {
        Self::by((0..statements).map(|_| None::<()>))
    }

    /// The weight of each cluster, by its statements': what a share of them is judged by.
    pub(super) fn weights(&self, weight: impl Fn(usize) -> f64) -> Weights {
        let mut weights = Weights::default();
        for members in &self.members {
            weights.add(members.iter().map(|&statement| weight(statement)).sum());
        }
        weights
    }

    /// How many clusters there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// True where there is nothing to draw from.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// True where some cluster has more than one statement.
    pub fn are_grouped(&self) -> bool {
        self.members.len() < self.statements
    }
}

/// Resampling with replacement, repeatable from its seed on any number of threads.
pub struct Bootstrap {
    replicates: usize,
    seed: u64,
    pool: rayon::ThreadPool,
}

impl Bootstrap {
    /// The number of resamples unless asked otherwise.
    pub const DEFAULT_REPLICATES: usize = 2000;

    /// A bootstrap of so many resamples on every core.
    ///
    /// # Errors
    /// Where no threads can be started.
    pub fn new(replicates: usize, seed: u64) -> Result<Self, rayon::ThreadPoolBuildError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(Self {
            replicates,
            seed,
            pool,
        })
    }

    /// How many resamples are drawn.
    pub fn replicates(&self) -> usize {
        self.replicates
    }

    /// The seed that everything random starts from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Percentile intervals (Efron 1979) of several figures: as many clusters as there are are drawn
    /// with replacement, and `figures` is told how often each statement was.
    ///
    /// A resample in which a figure is not a number says nothing of that figure. `None` where there are
    /// fewer than [`Clusters::FEWEST`], where a figure was a number in fewer than half, or where it was always the
    /// same: nothing can then be told of its spread.
    pub fn intervals(
        &self,
        clusters: &Clusters,
        figures: impl Fn(&[u32]) -> Vec<f64> + Sync,
    ) -> Vec<Option<Interval>> {
        let names = figures(&vec![1; clusters.statements]).len();
        if clusters.len() < Clusters::FEWEST {
            return vec![None; names];
        }
        let resamples: Vec<Vec<f64>> = self.pool.install(|| {
            (0..self.replicates)
                .into_par_iter()
                .map_init(
                    || vec![0; clusters.statements],
                    |times, replicate| {
                        self.draw(clusters, replicate, times);
                        figures(times)
                    },
                )
                .collect()
        });
        (0..names)
            .map(|figure| percentile_interval(resamples.iter().map(|resample| resample[figure]).collect()))
            .collect()
    }

    fn draw(&self, clusters: &Clusters, replicate: usize, times: &mut [u32]) {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        generator.set_stream(replicate as u64);
        times.fill(0);
        for _ in 0..clusters.len() {
            for &statement in &clusters.members[generator.random_range(0..clusters.len())] {
                times[statement] += 1;
            }
        }
    }
}

fn percentile_interval(mut values: Vec<f64>) -> Option<Interval> {
    let resamples = values.len();
    values.retain(|value| !value.is_nan());
    values.sort_unstable_by(f64::total_cmp);
    let (first, last) = (values.first()?, values.last()?);
    if 2 * values.len() < resamples || first == last {
        return None;
    }
    Some(Interval {
        low: quantile(&values, 0.025)?,
        high: quantile(&values, 0.975)?,
    })
}

/// A quantile of sorted values, linear between neighbours as NumPy's default.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert_eq!(quantile(&values, 0.975), Some(4.9));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_seed_gives_the_same_intervals_and_another_seed_others() {
        let values: Vec<f64> = (0..40).map(|index| f64::from(index % 7)).collect();
        let mean = |times: &[u32]| {
            let drawn = values
                .iter()
                .zip(times)
                .map(|(value, &times)| value * f64::from(times));
            vec![drawn.sum::<f64>() / 40.0]
        };
        let interval = |seed| {
            let bootstrap = Bootstrap::new(300, seed).unwrap();
            bootstrap.intervals(&Clusters::single(40), mean)[0].unwrap()
        };
        assert_eq!(interval(5), interval(5));
        assert_ne!(interval(5), interval(6));
        let Interval { low, high } = interval(5);
        assert!(low < 3.0 && 3.0 < high && high - low < 2.0, "{low} {high}");
    }

    #[test]
    fn a_cluster_is_drawn_whole() {
        let clusters = Clusters::by([Some("a"), None, Some("b"), Some("a"), None].into_iter());
        assert_eq!(clusters.len(), 4);
        assert!(clusters.are_grouped());
        let bootstrap = Bootstrap::new(100, 0).unwrap();
        bootstrap.intervals(&clusters, |times| {
            assert_eq!(times[0], times[3]);
            vec![0.0]
        });
    }

    #[test]
    fn what_shows_no_spread_has_no_interval() {
        let bootstrap = Bootstrap::new(10, 0).unwrap();
        let first = |times: &[u32]| vec![f64::from(times[0])];
        assert_eq!(bootstrap.intervals(&Clusters::single(9), first), [None]);
        assert_eq!(bootstrap.intervals(&Clusters::single(20), |_| vec![1.0]), [None]);
        assert_eq!(
            bootstrap.intervals(&Clusters::single(20), |_| vec![f64::NAN]),
            [None]
        );
        assert!(bootstrap.intervals(&Clusters::single(20), first)[0].is_some());
    }

    #[test]
    fn a_few_articles_are_not_resampled() {
        let articles = |count: usize| (0..40).map(move |index| Some(index % count));
        assert_eq!(Clusters::of_articles(articles(9)).len(), 40);
        assert_eq!(Clusters::of_articles(articles(10)).len(), 10);
    }

    #[test]
    fn one_heavy_statement_is_worth_one() {
        let mut weights = Weights::default();
        weights.add(1000.0);
        (0..100).for_each(|_| weights.add(1.0));
        let Interval { low, high } = Interval::wilson_weighted(1.0, weights);
        assert!(low < 0.25 && high == 1.0, "{low} {high}");
    }
}
