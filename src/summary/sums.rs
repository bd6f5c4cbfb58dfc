//! Shares of stances and their intervals, from sums over articles.

use super::groups::{StanceCount, Unit};
use super::tally::{Counts, ABSTAINED};
use crate::evaluation::{Clusters, Estimate, Interval, Z};
use crate::stance::Stance;

/// What the shares of one group and voice, and their variances, are made of. Whole numbers, so that no order of
/// the rows changes a bit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// How many articles it stands in.
    pub(super) articles: u64,
    /// Predictions without a stance.
    pub(super) abstained: u64,
    /// Articles, and statements that name none.
    clusters: u64,
    /// Statements, Σ n over the clusters.
    pub(super) statements: u64,
    /// Σ n².
    sizes_squared: u64,
    /// For each stance: how many statements take it, Σ y.
    counts: [u64; Stance::COUNT],
    /// For each stance: Σ y².
    counts_squared: [u64; Stance::COUNT],
    /// For each stance: Σ y n.
    counts_by_size: [u64; Stance::COUNT],
}

impl Sums {
    /// Counts the statements of one article.
    pub(super) fn add_article(&mut self, counts: &Counts) {
        let articles = u64::from(counts[..ABSTAINED].iter().any(|&count| count > 0));
        self.articles += articles;
        self.add(counts, articles, |count| count);
    }

    /// Counts statements that name no article: each is alone.
    pub(super) fn add_loners(&mut self, counts: &Counts) {
        let statements = counts[..ABSTAINED].iter().map(|&count| u64::from(count)).sum();
        self.add(counts, statements, |_| 1);
    }

    /// Counts statements in so many clusters; `size` is that of the cluster in which a number of them stands.
    fn add(&mut self, counts: &Counts, clusters: u64, size: impl Fn(u64) -> u64) {
        let statements: u64 = counts[..ABSTAINED].iter().map(|&count| u64::from(count)).sum();
        self.abstained += u64::from(counts[ABSTAINED]);
        self.clusters += clusters;
        self.statements += statements;
        self.sizes_squared += statements * size(statements);
        for (stance, &count) in counts[..ABSTAINED].iter().enumerate() {
            let count = u64::from(count);
            self.counts[stance] += count;
            self.counts_squared[stance] += count * size(count);
            self.counts_by_size[stance] += count * size(statements);
        }
    }

    /// What intervals take for the units that were drawn.
    pub(super) fn unit(&self) -> Unit {
        match () {
            () if self.clusters >= Clusters::FEWEST as u64 => Unit::Article,
            () if self.clusters < self.statements => Unit::StatementOfFewArticles,
            () => Unit::Statement,
        }
    }

    /// The count and the share of each stance.
    pub(super) fn stances(&self) -> [StanceCount; Stance::COUNT] {
        Stance::ALL.map(|stance| {
            let count = self.counts[stance.index()];
            let share = count as f64 / self.statements as f64;
            StanceCount {
                stance,
                count,
                share: Estimate {
                    value: share,
                    interval: (self.statements > 0).then(|| Interval::wilson(share, self.trials(stance))),
                },
            }
        })
    }

    /// How many statements drawn one by one a share of these is worth, for Wilson's interval.
    ///
    /// Statements of one article are alike, so articles are taken for what was drawn. A share is then a
    /// ratio of sums over `m` articles, `p = Σ y / Σ n`, and its variance, linearised (Cochran 1977, 6.3;
    /// Särndal, Swensson and Wretman 1992, 5.6), is
    ///
    /// ```text
    /// v = m / (m − 1) · Σ (y − p n)² / (Σ n)²
    /// ```
    ///
    /// The share is worth `p (1 − p) / v` statements, at most all, and fewer by `(z / t)²` because `v` is itself
    /// known from `m` articles alone, with Student's `t` of `m − 1` degrees of freedom: Korn and Graubard
    /// (1998), whose interval is here Wilson's (as Franco, Little, Louis and Slud 2019 recommend). Where `v` is 0,
    /// no statement or every one takes the stance, or all articles are alike: nothing tells how far articles
    /// differ, and each counts once by Kish's measure (1965), `(Σ n)² / Σ n²`. Below [`Clusters::FEWEST`] articles
    /// every statement counts.
    ///
    /// Not a bootstrap as in the evaluation: one pass over the articles does in place of 2,000, for each of perhaps
    /// 100,000 groups, and the interval holds the true share more often where articles are few or a stance is rare.
    fn trials(&self, stance: Stance) -> f64 {
        let statements = self.statements as f64;
        if self.unit() != Unit::Article {
            return statements;
        }
        let index = stance.index();
        let (n, y) = (i128::from(self.statements), i128::from(self.counts[index]));
        // (Σ n)² Σ (y − p n)², in whole numbers.
        let squares = n * n * i128::from(self.counts_squared[index])
            - 2 * n * y * i128::from(self.counts_by_size[index])
            + y * y * i128::from(self.sizes_squared);
        if squares == 0 {
            return statements * statements / self.sizes_squared as f64;
        }
        let clusters = self.clusters as f64;
        let variance = clusters / (clusters - 1.0) * squares as f64 / statements.powi(4);
        let share = self.counts[index] as f64 / statements;
        let trials = (share * (1.0 - share) / variance).min(statements);
        trials * (Z / student(clusters - 1.0)).powi(2)
    }
}

/// The 0.975 quantile of Student's t, by its expansion around the normal one (Abramowitz and Stegun 1964,
/// 26.7.5): within 0.0003 from 9 degrees of freedom on.
fn student(degrees: f64) -> f64 {
    let odd = |power: i32| Z.powi(power);
    Z + (odd(3) + Z) / (4.0 * degrees)
        + (5.0 * odd(5) + 16.0 * odd(3) + 3.0 * Z) / (96.0 * degrees.powi(2))
        + (3.0 * odd(7) + 19.0 * odd(5) + 17.0 * odd(3) - 15.0 * Z) / (384.0 * degrees.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Bootstrap;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const PRO: usize = 0;

    fn sums(articles: &[(u32, u32)]) -> Sums {
        let mut sums = Sums::default();
        for &(pro, size) in articles {
            sums.add_article(&[pro, 0, 0, size - pro, 0]);
        }
        sums
    }

    fn interval(articles: &[(u32, u32)]) -> Interval {
        sums(articles).stances()[PRO].share.interval.unwrap()
    }

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (degrees, quantile) in [
            (9.0, 2.262_157),
            (14.0, 2.144_787),
            (29.0, 2.045_230),
            (99.0, 1.984_217),
        ] {
            assert!((student(degrees) - quantile).abs() < 3e-4, "{degrees}");
        }
    }

    /// By hand: five articles with 4 of 4 and five with 0 of 4 give p = 1/2, y − p n = ±2, so
    /// v = 10/9 · 40 / 1600 = 1/36, which is worth 9 statements of 40.
    #[test]
    fn articles_of_one_mind_are_worth_little() {
        let articles = [[(4, 4); 5], [(0, 4); 5]].concat();
        let worth = sums(&articles).trials(Stance::ProIntervention);
        assert!(
            (worth - 9.0 * (Z / student(9.0)).powi(2)).abs() < 1e-12,
            "{worth}"
        );
        // Were each article half one, half the other, it would tell of no spread between them.
        assert_eq!(sums(&[(2, 4); 10]).trials(Stance::ProIntervention), 10.0);
        // With one statement an article, they are worth what they are but for Student's t.
        let alone = sums(&[[(1, 1); 50], [(0, 1); 50]].concat()).trials(Stance::ProIntervention);
        assert!(
            (alone - 99.0 * (Z / student(99.0)).powi(2)).abs() < 1e-9,
            "{alone}"
        );
    }

    #[test]
    fn few_articles_and_loners_count_by_statement() {
        let few = sums(&[(1, 4); 9]);
        assert_eq!(few.unit(), Unit::StatementOfFewArticles);
        assert_eq!(interval(&[(1, 4); 9]), Interval::wilson(0.25, 36.0));
        assert_eq!(sums(&[(1, 1); 9]).unit(), Unit::Statement);
        let mut loners = Sums::default();
        loners.add_loners(&[50, 0, 0, 50, 7]);
        assert_eq!(
            (loners.articles, loners.abstained, loners.unit()),
            (0, 7, Unit::Article)
        );
        let alike = sums(&[[(1, 1); 50], [(0, 1); 50]].concat());
        assert_eq!(loners.stances(), alike.stances());
        let mut silent = Sums::default();
        silent.add_article(&[0, 0, 0, 0, 3]);
        assert_eq!((silent.articles, silent.abstained), (0, 3));
        assert_eq!(silent.stances()[PRO].share.interval, None);
    }

    /// Articles of 1 to 20 statements; an article's leaning is drawn around `share`, the harder the more
    /// `alike` its statements are.
    fn drawn(generator: &mut ChaCha8Rng, articles: usize, share: f64, alike: f64) -> Vec<(u32, u32)> {
        let article = |_| {
            let size = generator.random_range(1..=20);
            let is_taken = generator.random_bool(share);
            let leaning = (1.0 - alike) * share + alike * f64::from(u8::from(is_taken));
            let pro = (0..size).filter(|_| generator.random_bool(leaning)).count();
            (pro as u32, size)
        };
        (0..articles).map(article).collect()
    }

    #[test]
    fn the_interval_is_near_that_of_resampled_articles() {
        let mut generator = ChaCha8Rng::seed_from_u64(3);
        let articles = drawn(&mut generator, 300, 0.2, 0.5);
        let sizes: Vec<usize> = articles.iter().map(|&(_, size)| size as usize).collect();
        let clusters = Clusters::by(
            (0..articles.len()).flat_map(|article| std::iter::repeat_n(Some(article), sizes[article])),
        );
        let takes: Vec<bool> = articles
            .iter()
            .flat_map(|&(pro, size)| (0..size).map(move |statement| statement < pro))
            .collect();
        let resampled = Bootstrap::new(2000, 1).unwrap().intervals(&clusters, |times| {
            let (mut pro, mut all) = (0, 0);
            for (&times, &takes) in times.iter().zip(&takes) {
                all += times;
                pro += times * u32::from(takes);
            }
            vec![f64::from(pro) / f64::from(all)]
        })[0]
            .unwrap();
        let Interval { low, high } = interval(&articles);
        // The width is 0.08; resamples of another seed differ by as much.
        assert!((low - resampled.low).abs() < 0.005, "{low} {resampled:?}");
        assert!((high - resampled.high).abs() < 0.005, "{high} {resampled:?}");
    }

    /// Hardest with few articles, each of one mind; `docs/summaries.md` has more cases, and how often resampled
    /// articles hold it.
    #[test]
    fn intervals_hold_the_true_share() {
        for (articles, share, alike, least) in [
            (10, 0.3, 0.5, 0.89),
            (40, 0.2, 0.3, 0.93),
            (40, 0.05, 0.0, 0.95),
            (200, 0.02, 0.2, 0.92),
        ] {
            let mut generator = ChaCha8Rng::seed_from_u64(8);
            let held = (0..2000).filter(|_| {
                let Interval { low, high } = interval(&drawn(&mut generator, articles, share, alike));
                low <= share && share <= high
            });
            let held = held.count() as f64 / 2000.0;
            assert!(
                (least..=0.99).contains(&held),
                "{articles} {share} {alike}: {held}"
            );
        }
    }
}
