//! Groups of a corpus: their voices, their shares and their order.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::sums::Sums;
use super::tally::{CellKey, Cells, Counts};
use super::LeftOut;
use crate::evaluation::Estimate;
use crate::stance::Stance;
use crate::table::is_of_time;

/// Whose words statements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Somebody's whom the article reports: the statement has a holder.
    Reported,
    /// The article's own, and so its outlet's.
    Outlet,
    /// Either's.
    All,
}

/// A group of statements, or the whole corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSummary {
    /// The values of the fields that part the corpus, in their order; empty for the whole.
    pub values: Vec<Option<Arc<str>>>,
    /// In the order of [`Voice::ALL`]; `None` where a voice says nothing.
    voices: [Option<VoiceSummary>; Voice::COUNT],
}

/// What a group says in one voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceSummary {
    /// Those with a stance: shares are of them.
    pub statements: u64,
    /// The articles that they stand in.
    pub articles: u64,
    /// Predictions without a stance.
    pub abstained: u64,
    /// What intervals take for the units that were drawn.
    pub unit: Unit,
    /// In the order of [`Stance::ALL`].
    pub stances: [StanceCount; Stance::COUNT],
}

/// How often a stance is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StanceCount {
    pub stance: Stance,
    pub count: u64,
    pub share: Estimate,
}

/// What intervals take for the units that were drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Articles, with all their statements.
    Article,
    /// Statements, of which no two share an article.
    Statement,
    /// Statements although some share articles: those are too few. Intervals are too narrow.
    StatementOfFewArticles,
}

impl Voice {
    /// Every voice, in the order in which all tables list them.
    pub const ALL: [Voice; 3] = [Voice::Reported, Voice::Outlet, Voice::All];

    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The name used in every file.
    pub const fn name(self) -> &'static str {
        match self {
            Voice::Reported => "reported",
            Voice::Outlet => "outlet",
            Voice::All => "all",
        }
    }
}

impl Unit {
    /// The name used in every file.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Article => "article",
            Unit::Statement | Unit::StatementOfFewArticles => "statement",
        }
    }
}

impl GroupSummary {
    /// What it says in a voice; `None` where that says nothing.
    pub fn voice(&self, voice: Voice) -> Option<&VoiceSummary> {
        self.voices[voice as usize].as_ref()
    }

    /// The voices that say something.
    pub fn voices(&self) -> impl Iterator<Item = (Voice, &VoiceSummary)> {
        let summaries = self.voices.iter();
        Voice::ALL
            .into_iter()
            .zip(summaries)
            .filter_map(|(voice, summary)| Some((voice, summary.as_ref()?)))
    }

    /// How many statements have a stance.
    pub fn statements(&self) -> u64 {
        self.voice(Voice::All).map_or(0, |voice| voice.statements)
    }

    /// A group of cells, which are brought into the order of their articles.
    fn of(cells: &mut [(CellKey, Counts)], values: Vec<Option<Arc<str>>>) -> Self {
        cells.sort_unstable_by_key(|(key, _)| (key.article, key.is_reported));
        let mut sums = [Sums::default(); Voice::COUNT];
        for article in cells.chunk_by(|(one, _), (other, _)| one.article == other.article) {
            let counts = counts_by_voice(article);
            for (sums, counts) in sums.iter_mut().zip(&counts) {
                match article.first().and_then(|(key, _)| key.article) {
                    Some(_) => sums.add_article(counts),
                    None => sums.add_loners(counts),
                }
            }
        }
        Self {
            values,
            voices: sums.map(|sums| VoiceSummary::of(&sums)),
        }
    }
}

impl VoiceSummary {
    fn of(sums: &Sums) -> Option<Self> {
        (sums.statements + sums.abstained > 0).then(|| Self {
            statements: sums.statements,
            articles: sums.articles,
            abstained: sums.abstained,
            unit: sums.unit(),
            stances: sums.stances(),
        })
    }
}

/// The counts of an article's cells, by voice.
fn counts_by_voice(cells: &[(CellKey, Counts)]) -> [Counts; Voice::COUNT] {
    let mut sums = [Counts::default(); Voice::COUNT];
    for (key, counts) in cells {
        let voice = match key.is_reported {
            true => Voice::Reported,
            false => Voice::Outlet,
        };
        for voice in [voice, Voice::All] {
            for (sum, count) in sums[voice as usize].iter_mut().zip(counts) {
                *sum += count;
            }
        }
    }
    sums
}

/// The whole corpus.
pub(super) fn whole(cells: &mut [(CellKey, Counts)]) -> GroupSummary {
    GroupSummary::of(cells, Vec::new())
}

/// The groups of the corpus that have at least `least` statements, in their order, and what was left out.
pub(super) fn grouped(cells: Cells, by: &[String], least: u64) -> (Vec<GroupSummary>, LeftOut) {
    let Cells { mut counted, groups } = cells;
    counted.sort_unstable_by_key(|(key, _)| key.group);
    let mut left_out = LeftOut::default();
    let mut kept = Vec::new();
    for cells in counted.chunk_by_mut(|(one, _), (other, _)| one.group == other.group) {
        let values = cells
            .first()
            .map_or(&[][..], |(key, _)| &groups[key.group as usize][..by.len()]);
        let group = GroupSummary::of(cells, values.to_vec());
        if group.statements() < least {
            left_out.groups += 1;
            left_out.statements += group.statements();
        } else {
            kept.push(group);
        }
    }
    order(&mut kept, by);
    (kept, left_out)
}

/// Largest first, times in their order, what has no value last; among equals by their values.
///
/// Times within another field follow each other value by value: the largest value's times first.
fn order(groups: &mut [GroupSummary], by: &[String]) {
    let is_time: Vec<bool> = by.iter().map(|field| is_of_time(field)).collect();
    let mut sizes: HashMap<Option<Arc<str>>, u64> = HashMap::new();
    if is_time == [false, true] {
        for group in groups.iter() {
            *sizes.entry(group.values[0].clone()).or_default() += group.statements();
        }
    }
    let in_order = |value: &Option<Arc<str>>| (value.is_none(), value.clone());
    let time = |group: &GroupSummary, field: usize| {
        let is_time = is_time.get(field).copied().unwrap_or_default();
        is_time.then(|| in_order(&group.values[field]))
    };
    groups.sort_by_cached_key(|group| {
        let of_first = sizes.get(&group.values[0]).copied().unwrap_or_default();
        let first = (!sizes.is_empty()).then(|| in_order(&group.values[0]));
        (
            Reverse(of_first),
            first,
            time(group, 0),
            time(group, 1),
            Reverse(group.statements()),
            group.values.iter().map(in_order).collect::<Vec<_>>(),
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group of one article with so many statements.
    fn group(values: &[&str], statements: u32) -> GroupSummary {
        let key = CellKey {
            group: 0,
            article: Some(0),
            is_reported: false,
        };
        let values = values.iter().map(|&value| (value != "-").then(|| value.into()));
        GroupSummary::of(&mut [(key, [statements, 0, 0, 0, 0])], values.collect())
    }

    fn ordered(by: &[&str], groups: &[(&[&str], u32)]) -> Vec<String> {
        let by: Vec<String> = by.iter().map(|&field| field.to_owned()).collect();
        let mut groups: Vec<GroupSummary> = groups
            .iter()
            .map(|&(values, statements)| group(values, statements))
            .collect();
        order(&mut groups, &by);
        groups
            .iter()
            .map(|group| {
                let values = group.values.iter().map(|value| value.as_deref().unwrap_or("-"));
                values.collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    #[test]
    fn the_largest_stand_first_and_times_in_their_order() {
        let sizes: [(&[&str], u32); 4] = [(&["b"], 5), (&["-"], 5), (&["a"], 5), (&["c"], 9)];
        assert_eq!(ordered(&["outlet"], &sizes), ["c", "a", "b", "-"]);
        let months: [(&[&str], u32); 3] = [(&["-"], 99), (&["2024-02"], 9), (&["2023-11"], 1)];
        assert_eq!(ordered(&["month"], &months), ["2023-11", "2024-02", "-"]);
    }

    #[test]
    fn crossed_with_time_a_field_gives_a_series_for_each_value() {
        let crossed: [(&[&str], u32); 4] = [
            (&["a", "2025"], 4),
            (&["b", "2024"], 1),
            (&["a", "2024"], 3),
            (&["b", "2025"], 5),
        ];
        assert_eq!(
            ordered(&["outlet", "year"], &crossed),
            ["a 2024", "a 2025", "b 2024", "b 2025"]
        );
        assert_eq!(
            ordered(&["outlet", "holder"], &crossed),
            ["b 2025", "a 2025", "a 2024", "b 2024"]
        );
        let turned: [(&[&str], u32); 3] = [(&["2025", "a"], 4), (&["2024", "b"], 1), (&["2024", "a"], 3)];
        assert_eq!(
            ordered(&["year", "outlet"], &turned),
            ["2024 a", "2024 b", "2025 a"]
        );
    }

    #[test]
    fn an_article_counts_once_for_all_voices() {
        let key = |article, is_reported| CellKey {
            group: 0,
            article,
            is_reported,
        };
        let mut cells = [
            (key(Some(1), true), [2, 0, 0, 0, 1]),
            (key(None, true), [0, 3, 0, 0, 0]),
            (key(Some(1), false), [0, 0, 0, 4, 0]),
            (key(Some(1), true), [0, 0, 1, 0, 0]),
        ];
        let whole = whole(&mut cells);
        let [reported, outlet, all] = Voice::ALL.map(|voice| *whole.voice(voice).unwrap());
        assert_eq!(
            (reported.statements, reported.articles, reported.abstained),
            (6, 1, 1)
        );
        assert_eq!(
            (outlet.statements, outlet.articles, outlet.unit),
            (4, 1, Unit::StatementOfFewArticles)
        );
        assert_eq!((all.statements, all.articles), (10, 1));
        assert_eq!(all.stances.map(|stance| stance.count), [2, 3, 1, 4]);
    }
}
