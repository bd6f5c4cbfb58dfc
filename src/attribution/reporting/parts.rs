//! What part of a statement each quotation is: speech, a fragment, or a name.

use super::beside::clause_after;
use crate::attribution::lexicon::{verb, Manner, Tense};
use crate::attribution::quotations::QuotedSpan;
use crate::attribution::words::{Kind, Word};

/// What part of a statement's words a quotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attribution) enum Part {
    /// Speech by itself: a sentence, or one that goes on.
    Whole,
    /// Words quoted inside a paraphrase.
    Fragment,
    /// A name or a word held at arm's length.
    Name,
}

/// What part each quotation of a statement is.
pub(in crate::attribution) fn parts(text: &str, words: &[Word], spans: &[QuotedSpan]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::with_capacity(spans.len());
    for (at, word) in words.iter().enumerate() {
        if let Kind::Quote(index) = word.kind {
            let earlier_whole = parts.contains(&Part::Whole);
            parts.push(part(text, words, at, &spans[index], earlier_whole));
        }
    }
    parts
}

fn part(text: &str, words: &[Word], at: usize, span: &QuotedSpan, earlier_whole: bool) -> Part {
    let inside = span.inside(text).trim();
    let count = inside.split_whitespace().count();
    if !span.opens {
        return Part::Whole;
    }
    let begins_upper = inside
        .chars()
        .find(|c| c.is_alphanumeric())
        .is_some_and(|c| !c.is_lowercase());
    let ends_stopped = inside.ends_with(['.', ',', '?', '!', '…', '—', '–', '-', ';']);
    let ends_sentence = inside.ends_with(['.', '?', '!', '…', '—']);
    let is_first = words[..at]
        .iter()
        .all(|word| !word.is_word() && !matches!(word.kind, Kind::Quote(_)));
    let next = words[at + 1..].iter().find(|word| word.kind != Kind::Dash);
    let is_last = words[at + 1..].iter().all(|word| !word.is_word());
    if is_first {
        let is_speech =
            !span.closes || is_last || ends_stopped || next.is_some_and(|word| word.kind == Kind::Comma);
        if is_name_like(inside, count) && !ends_stopped && !is_last {
            return Part::Name;
        }
        return if is_speech && !(count <= 3 && !ends_stopped && !is_last) || clause_after(words, at).is_some()
        {
            Part::Whole
        } else if is_name_like(inside, count) {
            Part::Name
        } else {
            Part::Fragment
        };
    }
    let before = &words[at - 1];
    let follows_speech = is_speech_verb(before);
    let is_introduced = matches!(before.kind, Kind::Comma | Kind::Colon | Kind::Dash)
        || follows_speech
        || before.kind == Kind::Semicolon && earlier_whole;
    let has_verb = words[..at].iter().any(is_speech_verb);
    if is_introduced
        && begins_upper
        && (has_verb && (ends_stopped || !span.closes || count > 3)
            || before.kind == Kind::Colon && (count > 3 || ends_sentence))
        && !(count <= 3 && is_name_like(inside, count) && !ends_sentence)
    {
        return Part::Whole;
    }
    // "…," he said, "and so on.": the same quotation goes on, unless a new clause comes between.
    let between_starts = words[..at]
        .iter()
        .rposition(|word| matches!(word.kind, Kind::Quote(_)))
        .map_or(0, |index| index + 1);
    let new_clause = words[between_starts..at]
        .windows(2)
        .any(|pair| pair[0].kind == Kind::Comma && pair[1].is_any(&["and", "but", "while"]));
    if is_introduced && earlier_whole && !new_clause {
        return Part::Whole;
    }
    // "… because —he said— “they are killing our people.”"
    if is_name_like(inside, count) && !is_introduced {
        return Part::Name;
    }
    Part::Fragment
}

/// "Operation Drum", "Menado": every word of weight begins with a capital.
fn is_name_like(inside: &str, count: usize) -> bool {
    let stripped = inside.trim_matches(|c: char| !c.is_alphanumeric());
    count <= 4
        && stripped
            .split_whitespace()
            .all(|word| word.chars().next().is_some_and(|c| !c.is_lowercase()) || word.len() <= 3)
        && stripped.chars().next().is_some_and(char::is_uppercase)
}

fn is_speech_verb(word: &Word) -> bool {
    word.kind == Kind::Lower
        && verb(&word.lower, None).any(|verb| {
            matches!(verb.manner, Manner::Speech | Manner::BesideSpeech) && verb.tense != Tense::Base
        })
}
