//! How a sample is dealt out over strata.

use std::fmt;
use std::str::FromStr;

/// How many statements each stratum gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// As many as its share of the corpus, and at least two: the whole is estimated best.
    Proportional,
    /// As many as any other: strata are compared best, and rare ones are seen.
    Equal,
}

/// The fewest statements that show a stratum's spread.
const FEWEST: usize = 2;

impl Allocation {
    /// How many statements to draw from strata of these sizes, `wanted` together, or fewer where there
    /// are fewer. No stratum gives more than it has.
    pub(super) fn deal(self, sizes: &[usize], wanted: usize) -> Vec<usize> {
        let wanted = wanted.min(sizes.iter().sum());
        let floor = FEWEST.min(wanted / sizes.len().max(1));
        let mut dealt: Vec<usize> = sizes.iter().map(|&size| size.min(floor)).collect();
        // One at a time to whoever is furthest below its due: the method of Sainte-Laguë with a floor.
        while dealt.iter().sum::<usize>() < wanted {
            let due = |index: usize| {
                let weight = match self {
                    Allocation::Proportional => sizes[index] as f64,
                    Allocation::Equal => 1.0,
                };
                weight / (2 * dealt[index] + 1) as f64
            };
            let next = (0..sizes.len())
                .filter(|&index| dealt[index] < sizes[index])
                .max_by(|&one, &other| due(one).total_cmp(&due(other)).then(other.cmp(&one)));
            match next {
                Some(index) => dealt[index] += 1,
                None => break,
            }
        }
        dealt
    }
}

/// A name that is no allocation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown allocation `{0}`: expected proportional or equal")]
pub struct UnknownAllocation(String);

impl FromStr for Allocation {
    type Err = UnknownAllocation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "proportional" => Ok(Self::Proportional),
            "equal" => Ok(Self::Equal),
            _ => Err(UnknownAllocation(name.to_owned())),
        }
    }
}

impl fmt::Display for Allocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Proportional => "proportional",
            Self::Equal => "equal",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportional_follows_the_shares_and_leaves_nobody_out() {
        let dealt = Allocation::Proportional.deal(&[9000, 900, 90, 9, 1], 1000);
        assert_eq!(dealt.iter().sum::<usize>(), 1000);
        assert!(
            (898..=900).contains(&dealt[0]) && (89..=91).contains(&dealt[1]),
            "{dealt:?}"
        );
        assert_eq!(dealt[3..], [2, 1]);
    }

    #[test]
    fn equal_gives_what_a_small_stratum_lacks_to_the_others() {
        assert_eq!(Allocation::Equal.deal(&[500, 500, 10], 100), [45, 45, 10]);
        assert_eq!(Allocation::Equal.deal(&[3, 2], 100), [3, 2]);
        assert_eq!(Allocation::Equal.deal(&[3, 2], 1), [1, 0]);
        assert_eq!(Allocation::Equal.deal(&[], 100), [0; 0]);
    }
}
