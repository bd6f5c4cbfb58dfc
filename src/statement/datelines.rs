//! "LONDON, Aug. 9 (AP) — " before an article's first sentence.

use std::sync::LazyLock;

use regex::Regex;

use super::furniture::pattern;
use super::openings::opens_like_a_sentence;

/// "MEXICO CITY (AP) — ", "LONDON, Aug. 9 (MNA) -- ", "NAIROBI, 4 May 1979: ".
static DATELINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?x)^ (?<place> \p{Lu}[\p{Lu}.’'-]+ (?:[\s/]\p{Lu}[\p{Lu}.’'-]*)* )
           (?<rest> [^—–:;!?"“”]{0,70}? )
           (?<mark> \s*—\s* | \s+(?:–|--?)\s+ | :\s+ )"#,
    )
});

/// "Moscow (Tass) — ": a place in small letters needs its agency to be known as a dateline.
static AGENCY_DATELINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?x)^ \p{Lu}[\p{L}.’'-]+ (?:\s\p{Lu}[\p{L}.’'-]+){0,3} (?:,\s[^()—–:;!?"“”]{1,40})?
           \s\([\p{Lu}][^()]{1,40}\) \s*(?:—|–|--|-)\s*"#,
    )
});

/// The length in bytes of the dateline that a paragraph begins with.
pub(super) fn length(text: &str) -> Option<usize> {
    if let Some(found) = AGENCY_DATELINE.find(text) {
        return Some(found.end());
    }
    let found = DATELINE.captures(text)?;
    let (place, rest, mark) = (&found["place"], &found["rest"], found["mark"].trim());
    let length = found.get(0)?.end();
    let after = &text[length..];
    // A colon after capitals alone is a speaker's tag; after a date it is a dateline.
    let has_date = rest.contains(|character: char| character.is_ascii_digit());
    let is_dated = has_date || (rest.contains('(') && mark != ":");
    let letters = place.chars().filter(|letter| letter.is_alphabetic()).count();
    // "ECOWAS — West Africa’s bloc — threatened …": a second dash makes the first an aside.
    let is_aside = rest.is_empty()
        && !place.contains(' ')
        && !opens_like_a_sentence(after)
        && after
            .chars()
            .take(LONGEST_ASIDE)
            .collect::<String>()
            .contains(mark);
    let opens = after
        .starts_with(|first: char| first.is_uppercase() || first.is_numeric() || "\"“‘'".contains(first));
    let is_known = is_dated || (mark != ":" && letters >= 4 && !is_aside);
    (opens && is_known && is_made_of_names(rest)).then_some(length)
}

/// How far an aside between two dashes may reach, in characters.
const LONGEST_ASIDE: usize = 150;

/// True where every word is a name, a date or an agency in brackets: no word of a sentence.
fn is_made_of_names(text: &str) -> bool {
    text.split([' ', ',', '\n', '/'])
        .filter(|word| !word.is_empty())
        .all(|word| {
            let first = word.trim_start_matches(['(', '[']).chars().next();
            first.is_none_or(|first| !first.is_lowercase())
                || matches!(word, "de" | "la" | "el" | "al" | "and" | "of" | "du")
        })
}
