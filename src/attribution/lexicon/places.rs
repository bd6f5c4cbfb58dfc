//! Countries, their peoples and their seats of government.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use super::{lines, words, WordSet};

/// Every name of a country, of its people and of its capital, with the country.
static COUNTRIES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut countries = HashMap::new();
    for line in lines(include_str!("data/countries.txt")) {
        let (country, names) = line.split_once(':').unwrap_or((line, ""));
        for name in std::iter::once(country).chain(names.split_whitespace()) {
            countries.entry(name).or_insert(country);
        }
    }
    countries
});

static PLACE_WORDS: WordSet = LazyLock::new(|| words(include_str!("data/place_words.txt")));

/// The country that a word names, or whose people or capital it does; in lower case.
pub(in crate::attribution) fn country_of(word: &str) -> Option<&'static str> {
    COUNTRIES.get(word).copied()
}

/// True for "Mexican", "French": a word that tells whose, and is no name by itself.
pub(in crate::attribution) fn is_demonym(word: &str) -> bool {
    const ENDINGS: [&str; 10] = ["an", "ese", "ish", "ch", "i", "ean", "ek", "sh", "u.s.", "us"];
    let is_adjective = ENDINGS.iter().any(|ending| word.ends_with(ending));
    is_adjective && country_of(word).is_some_and(|country| country != word)
}

/// "New", "Port", "River": of a name with such a word, no word is a surname.
pub(in crate::attribution) fn is_place_word(word: &str) -> bool {
    PLACE_WORDS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_go_by_people_and_capitals() {
        assert_eq!(country_of("mexican"), Some("mexico"));
        assert_eq!(country_of("quito"), Some("ecuador"));
        assert_eq!(country_of("south africa"), Some("south africa"));
        assert!(is_demonym("french") && is_demonym("u.s.") && !is_demonym("mexico"));
    }
}
