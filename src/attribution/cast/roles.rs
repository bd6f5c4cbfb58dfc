//! Whether two descriptions may be of the same person.

use crate::attribution::lexicon::{country_of, same_office};
use crate::attribution::phrases::{last_word, Description};

/// True where a role and a description may be of the same person.
pub(in crate::attribution) fn is_same_role(role: &Description, description: &Description) -> bool {
    if role.plural != description.plural {
        return false;
    }
    let (one, other) = (role.head.as_str(), description.head.as_str());
    let simple = |head: &str| !head.contains(' ');
    let heads_agree = one == other
        || same_office(one, other)
        || last_word(one) == last_word(other) && (simple(one) || simple(other) || is_office_like(one, other));
    let is_former = |description: &Description| {
        description
            .modifiers
            .iter()
            .any(|word| matches!(word.as_str(), "former" | "late" | "retired" | "ex-president"))
            || description.head.starts_with("former ")
    };
    if !heads_agree || is_former(description) && !is_former(role) && !simple(other) {
        return false;
    }
    if description.modifiers.iter().any(|word| word == "former") && !is_former(role) {
        return false;
    }
    let has_rank = |description: &Description, rank: &str| {
        description
            .text
            .to_lowercase()
            .split(' ')
            .any(|word| word == rank)
    };
    if RANKS
        .iter()
        .any(|rank| has_rank(description, rank) && !has_rank(role, rank))
    {
        return false;
    }
    if RANKS.iter().any(|rank| {
        has_rank(role, rank)
            && !has_rank(description, rank)
            && description
                .modifiers
                .iter()
                .any(|word| country_of(word).is_some())
    }) {
        return false;
    }
    // "its delegate" is somebody's whose country stands elsewhere.
    if role.possessed && country_in(description).is_some() {
        return false;
    }
    let is_general = GENERAL_ROLES.contains(&last_word(other));
    let shares = role
        .modifiers
        .iter()
        .any(|word| description.modifiers.contains(word));
    if is_general && !role.modifiers.is_empty() && !description.modifiers.is_empty() && !shares {
        return false;
    }
    match (country_in(role), country_in(description)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

/// What makes an office a lesser one, which a description of the greater does not mean.
const RANKS: [&str; 7] = [
    "junior",
    "deputy",
    "shadow",
    "assistant",
    "vice",
    "acting",
    "former",
];

/// Roles that tell nothing without what they are of.
const GENERAL_ROLES: [&str; 12] = [
    "head",
    "member",
    "leader",
    "chief",
    "director",
    "commander",
    "chairman",
    "spokesman",
    "official",
    "officer",
    "delegate",
    "representative",
];

/// The country that a description names, by one word or two.
pub(in crate::attribution) fn country_in(description: &Description) -> Option<&'static str> {
    let lower = description.text.to_lowercase();
    let words: Vec<&str> = lower
        .split_whitespace()
        .map(|word| word.trim_end_matches("'s").trim_end_matches("’s"))
        .collect();
    let pairs = words.windows(2).map(|pair| pair.join(" "));
    let told = description.modifiers.iter().find_map(|word| country_of(word));
    if told.is_some() {
        return told;
    }
    pairs
        .chain(words.iter().map(|&word| word.to_owned()))
        .find_map(|name| country_of(&name))
}

/// "deputy minister" and "deputy defence minister": one says more than the other.
fn is_office_like(one: &str, other: &str) -> bool {
    one.split(' ').all(|word| other.contains(word)) || other.split(' ').all(|word| one.contains(word))
}
