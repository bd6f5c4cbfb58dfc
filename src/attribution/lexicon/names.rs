//! Names: by which pronoun people go, and what is a part of a name.

use std::sync::LazyLock;

use super::{words, WordSet};

/// By which pronoun a person goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attribution) enum Gender {
    Feminine,
    Masculine,
}

static FEMININE: WordSet = LazyLock::new(|| words(include_str!("data/names_feminine.txt")));
static MASCULINE: WordSet = LazyLock::new(|| words(include_str!("data/names_masculine.txt")));
static PARTICLES: WordSet = LazyLock::new(|| words(include_str!("data/particles.txt")));
static NO_NAMES: WordSet = LazyLock::new(|| words(include_str!("data/no_names.txt")));

/// By which pronoun somebody with this first name goes, where the name tells; in lower case.
pub(in crate::attribution) fn gender_of_first_name(name: &str) -> Option<Gender> {
    match () {
        () if FEMININE.contains(name) => Some(Gender::Feminine),
        () if MASCULINE.contains(name) => Some(Gender::Masculine),
        () => None,
    }
}

/// "de", "bin", "van": small words inside names.
pub(in crate::attribution) fn is_name_particle(word: &str) -> bool {
    PARTICLES.contains(word)
}

/// "Monday", "I", "Excellency": capitals that are no part of a name.
pub(in crate::attribution) fn is_no_name(word: &str) -> bool {
    NO_NAMES.contains(word)
}
