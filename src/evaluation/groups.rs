//! The same scores for parts of a fixture: by codebook rule, tag, length and source.

use std::collections::BTreeMap;

use unicode_segmentation::UnicodeSegmentation;

use super::headline::Brief;
use super::intervals::{Bootstrap, Clusters};
use super::{LabelledStatement, Outcome};

/// A fixture parted by something that its statements say of themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouping {
    /// What it is parted by, for people: `rule`, `tag`, `length in words`, `source`.
    pub by: &'static str,
    /// In the order of their values; a statement with several tags is in several groups.
    pub groups: Vec<Group>,
}

/// The statements that share a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub value: String,
    pub statements: usize,
    pub scores: Brief,
}

type Values = fn(&LabelledStatement) -> Vec<String>;

/// What fixtures are parted by, where their statements have it.
const GROUPINGS: [(&str, Values); 4] = [
    ("rule", |statement| statement.rule.iter().cloned().collect()),
    ("tag", |statement| statement.tags.clone()),
    ("source", |statement| statement.source.iter().cloned().collect()),
    ("length in words", |statement| vec![length_of(&statement.text)]),
];

/// The groupings of a fixture that have at least two groups: one group alone is the whole again.
pub(super) fn groupings(
    statements: &[&LabelledStatement],
    outcomes: &[Outcome],
    cluster_of: &[Option<(usize, &str)>],
    bootstrap: &Bootstrap,
) -> Vec<Grouping> {
    GROUPINGS
        .into_iter()
        .map(|(by, values)| {
            let mut members: BTreeMap<(Option<u64>, String), Vec<usize>> = BTreeMap::new();
            for (index, statement) in statements.iter().enumerate() {
                for value in values(statement) {
                    members
                        .entry((leading_number(&value), value))
                        .or_default()
                        .push(index);
                }
            }
            let groups = members
                .into_iter()
                .map(|((_, value), members)| {
                    let outcomes: Vec<Outcome> = members.iter().map(|&index| outcomes[index]).collect();
                    let clusters = Clusters::of_articles(members.iter().map(|&index| cluster_of[index]));
                    Group {
                        value,
                        statements: members.len(),
                        scores: Brief::of(&outcomes, &clusters, bootstrap),
                    }
                })
                .collect();
            Grouping { by, groups }
        })
        .filter(|grouping| grouping.groups.len() > 1)
        .collect()
}

/// Rule 10 follows rule 9, and 10 to 19 words follow 1 to 9.
fn leading_number(value: &str) -> Option<u64> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    value[..digits].parse().ok()
}

/// A statement's length in words (Unicode UAX #29), in tens.
fn length_of(text: &str) -> String {
    match text.unicode_words().count() / 10 {
        0 => "0–9".to_owned(),
        tens @ 1..5 => format!("{tens}0–{tens}9"),
        _ => "50 and more".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_tens() {
        assert_eq!(length_of("No."), "0–9");
        assert_eq!(length_of(&"word ".repeat(10)), "10–19");
        assert_eq!(length_of(&"word ".repeat(73)), "50 and more");
    }

    #[test]
    fn values_are_ordered_by_their_number() {
        assert!(leading_number("9") < leading_number("10"));
        assert!(leading_number("other") < leading_number("0–9"));
    }
}
