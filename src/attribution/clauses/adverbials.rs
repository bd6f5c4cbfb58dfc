//! What stands between a subject and its verb: auxiliaries, adverbs, times.

use crate::attribution::lexicon::is_adverb as is_adverb_word;
use crate::attribution::words::{Kind, Word};

pub(in crate::attribution) const DAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

pub(in crate::attribution) const SPANS_OF_TIME: &[&str] = &[
    "week",
    "month",
    "year",
    "night",
    "morning",
    "afternoon",
    "evening",
    "day",
    "spring",
    "summer",
    "autumn",
    "winter",
    "days",
    "weeks",
    "months",
    "years",
    "hours",
];

pub(in crate::attribution) fn is_be(word: &Word) -> bool {
    word.is_any(&["is", "are", "was", "were", "be", "been", "being", "am"])
}

pub(in crate::attribution) fn is_have(word: &Word) -> bool {
    word.is_any(&["has", "have", "had", "having"])
}

fn is_auxiliary(word: &Word) -> bool {
    is_be(word)
        || is_have(word)
        || word.is_any(&[
            "will", "would", "did", "does", "do", "can", "could", "may", "might", "must", "shall", "should",
            "didn't", "doesn't", "don't", "won't", "wouldn't", "hasn't", "haven't", "hadn't", "wasn't",
            "weren't", "isn't", "aren't", "can't", "couldn't", "cannot",
        ])
}

pub(in crate::attribution) fn is_adverb(word: &Word) -> bool {
    word.kind == Kind::Lower && is_adverb_word(&word.lower)
}

/// True for an adverb that opens a sentence, capital or not: "Meanwhile".
pub(in crate::attribution) fn opens_as_adverb(word: &Word) -> bool {
    is_adverb_word(&word.lower)
}

pub(in crate::attribution) fn ends_clause(word: &Word) -> bool {
    matches!(
        word.kind,
        Kind::Stop
            | Kind::Semicolon
            | Kind::Colon
            | Kind::Quote(_)
            | Kind::OpenBracket
            | Kind::CloseBracket
            | Kind::Dash
    )
}

/// The end of the subject of a verb at `verb`, auxiliaries, adverbs and times between them left out.
pub(in crate::attribution) fn before_adverbials(words: &[Word], verb: usize) -> usize {
    let mut at = verb;
    while at > 0 {
        let word = &words[at - 1];
        let before = at.checked_sub(2).map(|index| &words[index]);
        let is_dated = |before: Option<&Word>| {
            before.is_some_and(|word| {
                word.is_any(&[
                    "on", "late", "early", "last", "this", "next", "since", "by", "until", "in",
                ])
            })
        };
        if word.is("to")
            && before.is_some_and(|word| {
                word.is_any(&["used", "understood", "said", "reported", "believed", "known"])
            })
        {
            at -= 2;
        } else if word.kind == Kind::Lower && (is_auxiliary(word) || is_adverb(word)) {
            at -= 1;
        } else if word.is_any(DAYS) {
            at -= if is_dated(before) { 2 } else { 1 };
        } else if word.is_any(SPANS_OF_TIME)
            && before.is_some_and(|word| word.is_any(&["last", "this", "next", "that", "same", "every"]))
        {
            at -= 2;
            if at > 0 && words[at - 1].is_any(&["the", "late", "early", "on", "that", "this"]) {
                at -= 1;
            }
        } else if word.kind == Kind::Number && is_dated(before) {
            at -= 2;
        } else {
            break;
        }
    }
    at
}
