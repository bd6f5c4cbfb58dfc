//! Titles, roles, bodies and groups.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use super::names::Gender;
use super::{lines, words, WordSet};

/// Titles, and the role that each tells; empty where it tells none.
static TITLES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    lines(include_str!("data/titles.txt"))
        .flat_map(str::split_whitespace)
        .map(|entry| entry.split_once(':').unwrap_or((entry, "")))
        .collect()
});

/// Offices by each of their names: a number for each.
static OFFICES: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut offices: HashMap<&'static str, Vec<usize>> = HashMap::new();
    for (number, line) in lines(include_str!("data/offices.txt")).enumerate() {
        for name in line.split(", ") {
            offices.entry(name).or_default().push(number);
        }
    }
    offices
});

static ROLES: WordSet = LazyLock::new(|| words(include_str!("data/roles.txt")));
static FEMININE: WordSet = LazyLock::new(|| words(include_str!("data/feminine.txt")));
static MASCULINE: WordSet = LazyLock::new(|| words(include_str!("data/masculine.txt")));
static BODIES: WordSet = LazyLock::new(|| words(include_str!("data/bodies.txt")));
static GROUPS: WordSet = LazyLock::new(|| words(include_str!("data/groups.txt")));

/// "Mr.", "Lt.-Gen.", "foreign minister" word by word: what stands before a name.
pub(in crate::attribution) fn is_title(word: &str) -> bool {
    let known = |part: &str| TITLES.contains_key(part.trim_end_matches('.'));
    known(word) || word.contains('-') && word.split('-').all(known)
}

/// The role that a title tells: "Sen." is a senator.
pub(in crate::attribution) fn title_role(word: &str) -> Option<&'static str> {
    let role = TITLES.get(word.trim_end_matches('.'))?;
    (!role.is_empty()).then_some(role)
}

/// By which pronoun whoever has this title goes.
pub(in crate::attribution) fn title_gender(word: &str) -> Option<Gender> {
    gender_of_role(word.trim_end_matches('.'))
}

/// "minister", "grocer", "widow"; also any word in "-man", "-woman" or "-person".
pub(in crate::attribution) fn is_role(word: &str) -> bool {
    let ends = |ending: &str| word.len() > ending.len() + 2 && word.ends_with(ending);
    let is_people = matches!(word, "german" | "roman" | "ottoman" | "human" | "norman");
    ROLES.contains(word) || ends("woman") || ends("person") || ends("man") && !is_people
}

/// By which pronoun whoever has this role goes, where the role tells.
pub(in crate::attribution) fn gender_of_role(word: &str) -> Option<Gender> {
    match () {
        () if FEMININE.contains(word) || word.len() > 6 && word.ends_with("woman") => Some(Gender::Feminine),
        () if MASCULINE.contains(word) || word.ends_with("man") && is_role(word) => Some(Gender::Masculine),
        () => None,
    }
}

/// "ministry", "council"; also documents, which speak for whoever issued them.
pub(in crate::attribution) fn is_body(word: &str) -> bool {
    BODIES.contains(word)
}

/// "officials", "villagers".
pub(in crate::attribution) fn is_group(word: &str) -> bool {
    GROUPS.contains(word)
}

/// True where two phrases may name the same office: "premier" and "prime minister".
pub(in crate::attribution) fn same_office(one: &str, other: &str) -> bool {
    let share = |one: &Vec<usize>, other: &Vec<usize>| one.iter().any(|office| other.contains(office));
    one == other
        || matches!((OFFICES.get(one), OFFICES.get(other)), (Some(one), Some(other)) if share(one, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_tell_roles_and_gender() {
        assert!(is_title("lt.-gen.") && is_title("sen.") && !is_title("walter"));
        assert_eq!(title_role("sen."), Some("senator"));
        assert_eq!(gender_of_role("spokeswoman"), Some(Gender::Feminine));
        assert_eq!(gender_of_role("policeman"), Some(Gender::Masculine));
        assert!(!is_role("german"));
    }

    #[test]
    fn offices_go_by_several_names() {
        assert!(same_office("premier", "prime minister"));
        assert!(!same_office("premier", "president"));
    }
}
