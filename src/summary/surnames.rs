//! Bare surnames, and the full names in the same outlet that they stand for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::fold::folded;

/// What became of bare surnames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surnames {
    /// Those of one person in their outlet.
    pub joined: Vec<JoinedSurname>,
    /// Those that several persons of their outlet share; they stay apart.
    pub ambiguous: Vec<AmbiguousSurname>,
}

/// A surname that one person of an outlet has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JoinedSurname {
    pub outlet: Option<String>,
    pub surname: String,
    pub holder: String,
}

/// A surname that several persons of an outlet have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AmbiguousSurname {
    pub outlet: Option<String>,
    pub surname: String,
    pub holders: Vec<String>,
}

/// The persons of one outlet, by the last word of their names.
#[derive(Default)]
pub(super) struct Persons(HashMap<String, Vec<Person>>);

/// A holder that names a person.
struct Person {
    name: Name,
    /// What the holder is called.
    holder: String,
    /// Who that is: one person may have several spellings and titles.
    identity: String,
    /// True where the holder is called by more than the name alone.
    has_more: bool,
}

/// A person's full name.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    /// Folded, without what stands before it.
    words: Vec<String>,
    /// True where titles and other words with a capital are all that stands before it: surnames may be joined
    /// with it. "Secretary of State Ivo Halloway" is a Halloway, but no name.
    is_full: bool,
}

/// Words between the names of a person, and before a surname.
const PARTICLES: [&str; 22] = [
    "al", "ap", "bin", "bint", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du",
    "el", "ibn", "la", "le", "ten", "van", "von",
];

/// Titles and offices that stand before a name and are none of it.
const TITLES: &str = "\
    acting adm admiral adviser advisor ambassador archbishop ayatollah bishop brigadier capt captain \
    chair chairman chairwoman chancellor chief col colonel commander commissioner congressman \
    congresswoman defence defense deputy director dr envoy finance foreign former gen general gov \
    governor imam interior judge justice king lady leader lieutenant lord lt major marshal mayor \
    minister miss mr mrs ms pope premier president prime prince princess prof professor queen rear rep \
    rev secretary sen senator sergeant sgt sheikh sir spokesman spokesperson spokeswoman vice";

/// Words that mark a body or a place, which are no persons.
const OF_BODIES: &str = "\
    administration agency alliance army assembly association authority bank board brigade bureau \
    cabinet center central centre church city coalition command commission committee community company \
    confederation congress corps council court democratic department east eastern embassy equatorial \
    federation fleet force forces foundation front government group guard house institute island islands \
    kingdom league militia ministry mission movement national nations navy network new news north \
    northern office organisation organization parliament party police post press republic saudi \
    secretariat senate service society south southern state states the times union united university \
    west western";

/// How many words a full name has.
const FULL: std::ops::RangeInclusive<usize> = 2..=5;

impl Persons {
    /// Takes note of a holder of the outlet, if it names a person, and of what it is called.
    pub(super) fn add(&mut self, holder: &str, called: &str) {
        let Some(name) = full_name(holder) else {
            return;
        };
        let Some(last) = name.words.last().cloned() else {
            return;
        };
        let folded = folded(called);
        let identity = match called == holder {
            true => name.words.join(" "),
            false => full_name(called).map_or_else(|| folded.clone(), |name| name.words.join(" ")),
        };
        self.0.entry(last).or_default().push(Person {
            name,
            holder: called.to_owned(),
            has_more: identity != folded,
            identity,
        });
    }

    /// Whom a holder's name may mean: for each person with that surname one holder, the bare name first.
    /// Nobody where the name is no bare surname, or where nobody's name is full.
    pub(super) fn of_surname(&self, name: &str) -> Vec<&str> {
        let Some(surname) = surname(name) else {
            return Vec::new();
        };
        let mut persons: BTreeMap<&str, BTreeSet<(bool, bool, &str)>> = BTreeMap::new();
        let namesakes = surname.last().and_then(|last| self.0.get(last));
        for person in namesakes.into_iter().flatten() {
            let words = &person.name.words;
            if words.len() > surname.len() && words.ends_with(&surname) {
                let holder = (!person.name.is_full, person.has_more, person.holder.as_str());
                persons.entry(&person.identity).or_default().insert(holder);
            }
        }
        let holders = persons.values().filter_map(BTreeSet::first);
        if holders.clone().all(|&(is_not_full, _, _)| is_not_full) {
            return Vec::new();
        }
        holders.map(|&(_, _, holder)| holder).collect()
    }
}

/// The full name that a holder ends in; `None` where it ends in none.
fn full_name(holder: &str) -> Option<Name> {
    let words: Vec<&str> = holder.split_whitespace().collect();
    let is_of_name = |word: &&str| {
        (is_particle(word) || is_capital(word)) && !is_one_of(TITLES, word) && !is_one_of(OF_BODIES, word)
    };
    let start = words
        .iter()
        .rposition(|word| !is_of_name(word))
        .map_or(0, |place| place + 1);
    let (before, name) = words.split_at(start);
    let is_name = FULL.contains(&name.len())
        && name.first().is_some_and(|first| !is_particle(first))
        && name.iter().filter(|word| !is_particle(word)).count() > 1;
    is_name.then(|| Name {
        words: name.iter().map(|word| folded(word)).collect(),
        is_full: before
            .iter()
            .all(|word| is_one_of(TITLES, word) || is_capital(word) && !is_one_of(OF_BODIES, word)),
    })
}

/// The words of a bare surname, folded: one word with a capital, after particles or none.
fn surname(name: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let (last, before) = words.split_last()?;
    let is_surname = is_capital(last)
        && before.iter().all(|word| is_particle(word))
        && !is_one_of(TITLES, last)
        && !is_one_of(OF_BODIES, last);
    is_surname.then(|| words.into_iter().map(folded).collect())
}

/// A particle as it stands within a name, without a capital.
fn is_particle(word: &str) -> bool {
    PARTICLES.contains(&word)
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// True of a word that a list holds, in whatever case and with a full stop or without.
fn is_one_of(words: &str, word: &str) -> bool {
    let word = word.trim_end_matches('.').to_lowercase();
    words.split(' ').any(|other| other == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_are_told_from_bodies_and_places() {
        let is_full = |holder| full_name(holder).map(|name| name.is_full);
        for name in [
            "Ana Belor",
            "Omar bin Farouz",
            "A. P. de la Cour",
            "Al Venn",
            "Prime Minister Tomas Arenga",
            "former president Ana Belor",
            "Venland President Ana Belor",
        ] {
            assert_eq!(is_full(name), Some(true), "{name}");
        }
        for name in [
            "Secretary of State Ivo Halloway",
            "Trade Ministry spokesman Ivo Halloway",
            "the fisherman Ivo Halloway",
        ] {
            assert_eq!(is_full(name), Some(false), "{name}");
        }
        for name in [
            "Belor",
            "Minister Belor",
            "de Mora",
            "Island Council",
            "Ministry of Trade",
            "South Venland",
            "The Palace",
            "ana belor",
            "Ana Belor, a fisherman",
            "One Two Three Four Five Six",
        ] {
            assert_eq!(is_full(name), None, "{name}");
        }
    }

    #[test]
    fn bare_surnames_may_have_particles() {
        for name in ["Belor", "bin Farouz", "Al-Venn", "O\u{2019}Dunn"] {
            assert!(surname(name).is_some(), "{name}");
        }
        for name in ["Ana Belor", "minister", "President", "Parliament", "bin", ""] {
            assert_eq!(surname(name), None, "{name}");
        }
    }

    fn persons(names: &[&str]) -> Persons {
        let mut persons = Persons::default();
        names.iter().for_each(|name| persons.add(name, name));
        persons
    }

    #[test]
    fn a_surname_means_everybody_who_has_it() {
        let persons = persons(&[
            "President Ana Belor",
            "Ana Belor",
            "Ivo Belor",
            "Omar bin Farouz",
            "General Maeve O'Dunn",
        ]);
        assert_eq!(persons.of_surname("Belor"), ["Ana Belor", "Ivo Belor"]);
        assert_eq!(persons.of_surname("Farouz"), ["Omar bin Farouz"]);
        assert_eq!(persons.of_surname("bin Farouz"), ["Omar bin Farouz"]);
        assert_eq!(persons.of_surname("O\u{2019}Dunn"), ["General Maeve O'Dunn"]);
        assert_eq!(persons.of_surname("Ana Belor"), [""; 0]);
        assert_eq!(persons.of_surname("Venn"), [""; 0]);
    }

    #[test]
    fn namesakes_in_an_office_keep_a_surname_apart_but_are_not_joined() {
        let office = "Secretary of State Ivo Belor";
        assert_eq!(persons(&[office]).of_surname("Belor"), [""; 0]);
        assert_eq!(persons(&[office, "Ivo Belor"]).of_surname("Belor"), ["Ivo Belor"]);
        assert_eq!(
            persons(&[office, "Ana Belor"]).of_surname("Belor"),
            ["Ana Belor", office]
        );
    }

    #[test]
    fn persons_who_are_called_the_same_are_one() {
        let mut persons = Persons::default();
        persons.add("Ana Belor", "Ana Maria Belor");
        persons.add("Anna Belor", "Ana Maria Belor");
        assert_eq!(persons.of_surname("Belor"), ["Ana Maria Belor"]);
    }
}
