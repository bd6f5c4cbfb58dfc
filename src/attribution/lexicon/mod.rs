//! What words tell: verbs that report, roles that people hold, bodies and places that speak.
//!
//! The words themselves are in `data/`, one list a file.

mod names;
mod nouns;
mod places;
mod verbs;

use std::sync::LazyLock;

use foldhash::HashSet;

pub(super) use names::{gender_of_first_name, is_name_particle, is_no_name, Gender};
pub(super) use nouns::{
    gender_of_role, is_body, is_group, is_role, is_title, same_office, title_gender, title_role,
};
pub(super) use places::{country_of, is_demonym, is_place_word};
pub(super) use verbs::{is_finite, is_participle_or_gerund, verb, Manner, Tense, Verb};

type WordSet = LazyLock<HashSet<&'static str>>;

/// The lines of a list, its comments left out.
fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The words of a list.
fn words(list: &'static str) -> HashSet<&'static str> {
    lines(list).flat_map(str::split_whitespace).collect()
}

static LINKS: WordSet = LazyLock::new(|| words(include_str!("data/links.txt")));
static ADVERBS: WordSet = LazyLock::new(|| words(include_str!("data/adverbs.txt")));
static PREPOSITIONS: WordSet = LazyLock::new(|| words(include_str!("data/prepositions.txt")));
static DETERMINERS: WordSet = LazyLock::new(|| words(include_str!("data/determiners.txt")));

/// "that", "because", "who": what makes a clause a part of another.
pub(super) fn is_link(word: &str) -> bool {
    LINKS.contains(word)
}

/// "also", "meanwhile", "repeatedly".
pub(super) fn is_adverb(word: &str) -> bool {
    const NOUNS: [&str; 11] = [
        "family", "assembly", "italy", "july", "daily", "weekly", "ally", "reply", "supply", "friendly",
        "elderly",
    ];
    ADVERBS.contains(word) || word.len() > 4 && word.ends_with("ly") && !NOUNS.contains(&word)
}

/// "of", "from", "who": what ends the head of a noun phrase.
pub(super) fn is_preposition(word: &str) -> bool {
    PREPOSITIONS.contains(word)
}

/// "the", "his", "several".
pub(super) fn is_determiner(word: &str) -> bool {
    DETERMINERS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_without_their_comments() {
        assert!(is_link("because") && is_preposition("of") && is_determiner("the") && is_adverb("meanwhile"));
        assert!(is_adverb("bluntly") && !is_adverb("assembly"));
        assert!(!is_link("#") && !is_link("Words"));
    }
}
