//! Clauses: which words are a verb's subject, and whether its clause stands by itself.

mod adverbials;
mod insertions;
mod phrase_start;

use std::ops::Range;

pub(super) use adverbials::{ends_clause, is_adverb, is_be, is_have, opens_as_adverb, DAYS};

use crate::attribution::lexicon::{is_finite, is_link, is_participle_or_gerund};
use crate::attribution::phrases::{is_determiner, is_preposition};
use crate::attribution::words::{Kind, Word};
use adverbials::before_adverbials;
use insertions::{insertion_before, is_insertion};
use phrase_start::{contact_clause, is_after_determiner, phrase_start, trimmed};

/// A verb's subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::attribution) struct Subject {
    /// The phrase, with what stands in apposition to it.
    pub(in crate::attribution) phrase: Range<usize>,
    /// The word that makes its clause a part of another: "that", "who", "because".
    pub(in crate::attribution) link: Option<usize>,
    /// What stands before it belongs to the same sentence, and has a verb.
    pub(in crate::attribution) follows_clause: bool,
}

/// The subject of the verb at `verb`; `None` where it has none of its own.
pub(in crate::attribution) fn subject_before(words: &[Word], verb: usize) -> Option<Subject> {
    let mut end = before_adverbials(words, verb);
    let mut phrase_end = end;
    // "Rubio, the secretary of state, said": back over what stands between commas.
    let mut hops = 0;
    while end > 1 && words[end - 1].kind == Kind::Comma && hops < 3 {
        let close = end - 1;
        let Some(open) = (close.saturating_sub(28)..close)
            .rev()
            .find(|&at| words[at].kind == Kind::Comma || ends_clause(&words[at]))
        else {
            // "In Washington, the ministry": nothing before that could be a subject.
            return None;
        };
        if words[open].kind != Kind::Comma || open == 0 || !is_insertion(&words[open + 1..close]) {
            return None;
        }
        let is_adverb_alone = close == open + 2 && is_adverb(&words[open + 1]);
        end = before_adverbials(words, open);
        if is_adverb_alone && hops == 0 {
            phrase_end = end;
        }
        // "X, 71, who commanded a battalion, says": back over further insertions.
        while let Some(before) = insertion_before(words, end) {
            end = before;
        }
        hops += 1;
    }
    if end == 0 {
        return None;
    }
    let (start, link) = phrase_start(words, end)?;
    let start = trimmed(words, start, end);
    let link = link.or_else(|| contact_clause(words, start, end).then_some(start));
    (start < end).then(|| Subject {
        phrase: start..phrase_end,
        link,
        follows_clause: words[..start]
            .iter()
            .any(|word| word.kind == Kind::Lower && is_finite(&word.lower)),
    })
}

/// The subject of the first clause that stands by itself.
pub(in crate::attribution) fn main_subject(words: &[Word]) -> Option<(Subject, usize)> {
    (0..words.len())
        .filter(|&at| {
            words[at].kind == Kind::Lower && is_finite(&words[at].lower) && !is_after_determiner(words, at)
        })
        .find_map(|at| {
            subject_before(words, at)
                .filter(|subject| subject.link.is_none())
                .map(|subject| (subject, at))
        })
}

/// The phrase that begins at `start`, what stands in apposition to it included.
pub(in crate::attribution) fn phrase_after(words: &[Word], start: usize) -> Option<Range<usize>> {
    let first = words.get(start)?;
    let is_object = first.is_any(&["him", "them", "me", "us", "and", "but"])
        || first.is("her") && !words.get(start + 1).is_some_and(Word::is_word);
    if !first.is_word() || is_preposition(first) || is_link(&first.lower) || is_object {
        return None;
    }
    let ends = |at: usize| match words[at].kind {
        Kind::Comma => !opens_apposition(words, at + 1),
        _ => ends_phrase(words, start, at),
    };
    let end = (start..words.len()).find(|&at| ends(at)).unwrap_or(words.len());
    (end > start).then_some(start..end)
}

/// True where what follows a comma, from `start` on, may still belong to the phrase before it.
fn opens_apposition(words: &[Word], start: usize) -> bool {
    let Some(first) = words.get(start) else {
        return false;
    };
    let end = (start..words.len())
        .find(|&at| !words[at].is_word())
        .unwrap_or(words.len());
    // "said the Monsignor, the destroyers must go home": a clause is no apposition.
    let is_relative = first.is_any(&["who", "whose", "which", "whom"]);
    let is_clause = !is_relative
        && words[start..end]
            .iter()
            .take_while(|word| !word.is_any(&["who", "which", "that", "whose"]))
            .any(|word| {
                word.kind == Kind::Lower && is_finite(&word.lower) && !is_participle_or_gerund(&word.lower)
            });
    let is_noun = first.kind == Kind::Lower
        && !is_preposition(first)
        && !is_link(&first.lower)
        && !first.is_any(&["and", "but", "or"])
        && !is_participle_or_gerund(&first.lower)
        && !is_adverb(first);
    let goes_on = is_determiner(first)
        || first.is_any(&["who", "whose"])
        || first.kind == Kind::Number
        || first.is_capital()
        || is_noun;
    goes_on && !is_clause
}

/// True where the word at `at` is no part of the phrase that began at `start`.
fn ends_phrase(words: &[Word], start: usize, at: usize) -> bool {
    const ENDINGS: [&str; 9] = [
        "when", "while", "after", "before", "as", "if", "because", "that", "since",
    ];
    let word = &words[at];
    // "by the Commissioner at Port Sudan to be driving"
    let is_infinitive = word.is("to")
        && at > start
        && words[at - 1].is_capital()
        && words.get(at + 1).is_some_and(|next| next.is_any(&["be", "have"]));
    // "who gave his name only as Abu Nizar"
    let names = ["name", "known", "identified", "himself", "herself", "itself"];
    let gives_name = word.is("as")
        && words[start..at]
            .iter()
            .rev()
            .take(2)
            .any(|word| word.is_any(&names));
    !word.is_word() || is_infinitive || word.is_any(&ENDINGS) && !gives_name
}
