//! How sentences open: tests on the text after a possible boundary.

use super::marks::OPENING_MARKS;

/// Words that, capitalised in mid-text, nearly always open a sentence.
const STARTERS: &[&str] = &[
    "the",
    "a",
    "an",
    "this",
    "that",
    "these",
    "those",
    "he",
    "she",
    "it",
    "they",
    "we",
    "i",
    "you",
    "his",
    "her",
    "its",
    "their",
    "our",
    "my",
    "your",
    "but",
    "and",
    "or",
    "so",
    "yet",
    "nor",
    "for",
    "if",
    "when",
    "while",
    "as",
    "after",
    "before",
    "since",
    "until",
    "because",
    "although",
    "though",
    "in",
    "on",
    "at",
    "by",
    "from",
    "with",
    "without",
    "to",
    "over",
    "there",
    "here",
    "then",
    "now",
    "no",
    "not",
    "nobody",
    "nothing",
    "none",
    "all",
    "some",
    "many",
    "most",
    "few",
    "both",
    "each",
    "every",
    "what",
    "who",
    "whom",
    "whose",
    "why",
    "how",
    "where",
    "which",
    "is",
    "are",
    "was",
    "were",
    "do",
    "does",
    "did",
    "has",
    "have",
    "had",
    "will",
    "would",
    "can",
    "could",
    "should",
    "may",
    "might",
    "must",
    "let",
    "asked",
    "according",
    "meanwhile",
    "however",
    "instead",
    "still",
    "even",
    "only",
    "such",
    "once",
    "during",
    "despite",
    "between",
    "among",
    "against",
    "about",
    "last",
    "next",
    "earlier",
    "later",
    "another",
    "other",
    "others",
    "two",
    "three",
    "four",
    "five",
    "neither",
    "either",
    "also",
    "perhaps",
    "yes",
    "never",
    "beyond",
    "above",
    "below",
    "near",
    "along",
    "around",
    "within",
    "throughout",
    "like",
    "unlike",
    "upon",
    "nearly",
    "almost",
    "today",
    "tomorrow",
    "yesterday",
    "tonight",
    "behind",
    "across",
    "through",
    "inside",
    "outside",
    "than",
    "it’s",
    "it's",
    "he’s",
    "he's",
    "that’s",
    "that's",
    "we’re",
    "we're",
    "i’m",
    "i'm",
    "there’s",
    "there's",
    "critics",
    "officials",
    "reporters",
    "witnesses",
    "soldiers",
    "villagers",
    "residents",
    "analysts",
    "diplomats",
];

/// Day and month names and time zones, which go on with a time of day.
const AFTER_TIMES: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
    "sun",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "mar",
    "apr",
    "aug",
    "sept",
    "sep",
    "oct",
    "nov",
    "dec",
    "gmt",
    "utc",
    "est",
    "edt",
    "et",
    "cst",
    "cdt",
    "ct",
    "mst",
    "mdt",
    "pst",
    "pdt",
    "pt",
    "bst",
    "cet",
    "cest",
    "ast",
    "eastern",
    "central",
    "pacific",
    "local",
];

/// Particles that open a family name in lower case: "al-Shabab", "de Mistura".
const NAME_PARTICLES: &[&str] = &[
    "al", "el", "bin", "ibn", "abu", "de", "da", "di", "du", "van", "von", "ould", "ter", "der", "del",
    "della", "dos",
];
/// Those that are English words too, and particles only before a hyphen: "as-Sadr".
const HYPHENED_PARTICLES: &[&str] = &["ad", "as", "ash", "an", "ar", "at", "az"];

/// The text from its first letter or figure on.
pub(super) fn without_opening_marks(text: &str) -> &str {
    text.trim_start_matches(|character: char| OPENING_MARKS.contains(&character) || character.is_whitespace())
}

/// The first word, without the punctuation around it.
pub(super) fn first_word(text: &str) -> &str {
    let word = without_opening_marks(text)
        .split_whitespace()
        .next()
        .unwrap_or("");
    word.trim_end_matches([',', '.', ';', ':', '?', '!', '"', '”', '’', ')', ']', '…', '—'])
}

/// True where the first word is one that nearly always opens a sentence.
pub(super) fn opens_like_a_sentence(text: &str) -> bool {
    let word = first_word(text);
    let is_initial = without_opening_marks(text)[word.len()..].starts_with('.');
    !is_initial && word.starts_with(char::is_uppercase) && STARTERS.contains(&word.to_lowercase().as_str())
}

/// True where a time of day goes on: "5 p.m. Friday", "6 a.m. GMT", "9 a.m. Moscow time".
pub(super) fn continues_a_time(text: &str) -> bool {
    let second = without_opening_marks(text)
        .split_whitespace()
        .nth(1)
        .unwrap_or("");
    AFTER_TIMES.contains(&first_word(text).to_lowercase().as_str())
        || second.trim_end_matches([',', '.', ';']) == "time"
}

/// True where the text begins with a capital letter, quotation marks and the like aside.
pub(super) fn begins_upper(text: &str) -> bool {
    without_opening_marks(text).starts_with(|first: char| first.is_uppercase() || is_unicased(first))
}

/// True where the text begins with a lower-case letter, quotation marks and the like aside.
pub(super) fn begins_lower(text: &str) -> bool {
    without_opening_marks(text).starts_with(char::is_lowercase)
}

/// True where the text begins with a figure or a currency sign.
pub(super) fn begins_number(text: &str) -> bool {
    without_opening_marks(text).starts_with(|first: char| first.is_numeric() || "$£€¥".contains(first))
}

/// True where the text begins with a number in Roman figures or in letters: "VII", "One".
pub(super) fn begins_written_number(text: &str) -> bool {
    let word = first_word(text);
    let is_roman = !word.is_empty() && word.chars().all(|letter| "IVXLC".contains(letter));
    is_roman || matches!(word, "One" | "Two" | "Three" | "Four" | "Five" | "Ten")
}

/// True for names written with a small first letter, which may open a sentence all the same.
pub(super) fn begins_lower_case_name(text: &str) -> bool {
    let word = first_word(text);
    let camel = word.chars().take(2).any(char::is_lowercase)
        && word.chars().skip(1).take(2).any(char::is_uppercase)
        && word.starts_with(char::is_lowercase);
    let mut parts = word.splitn(2, ['-', '’', '\'']);
    let particle = parts.next().unwrap_or("");
    let capital = |text: &str| text.starts_with(char::is_uppercase);
    let hyphened = parts.next().is_some_and(capital);
    let second = without_opening_marks(text)
        .split_whitespace()
        .nth(1)
        .unwrap_or("");
    let parted = particle == word && capital(second);
    camel
        || (NAME_PARTICLES.contains(&particle) && (hyphened || parted))
        || (HYPHENED_PARTICLES.contains(&particle) && hyphened)
}

/// Letters of scripts without capitals: any of them may open a sentence.
fn is_unicased(character: char) -> bool {
    character.is_alphabetic() && !character.is_uppercase() && !character.is_lowercase()
}
