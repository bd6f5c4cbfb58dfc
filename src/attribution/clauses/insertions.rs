//! What stands between commas after a subject.

use super::adverbials::{ends_clause, is_adverb};
use crate::attribution::lexicon::{is_finite, is_link, is_participle_or_gerund};
use crate::attribution::phrases::{is_determiner, is_preposition};
use crate::attribution::words::{Kind, Word};

/// The comma before what stands at the end of `words[..end]`, where that is one more insertion after the subject.
pub(in crate::attribution) fn insertion_before(words: &[Word], end: usize) -> Option<usize> {
    let comma = (end.saturating_sub(28)..end)
        .rev()
        .find(|&at| words[at].kind == Kind::Comma || ends_clause(&words[at]))?;
    let clause = (0..comma)
        .rev()
        .find(|&at| ends_clause(&words[at]) || words[at].kind == Kind::Comma)
        .map_or(0, |at| at + 1);
    let first = words.get(clause)?;
    let is_adjunct = is_preposition(first)
        || is_adverb(first)
        || is_link(&first.lower)
        || is_participle_or_gerund(&first.lower)
        || first.is_any(&["but", "and", "meanwhile", "still", "yet"]);
    let is_inserted = words[comma].kind == Kind::Comma
        && comma + 1 < end
        && is_insertion(&words[comma + 1..end])
        && !words[comma + 1].is_any(&["and", "but", "he", "she", "it", "they"]);
    let is_clause = words[clause..comma].iter().any(|word| {
        word.kind == Kind::Lower && is_finite(&word.lower) && !is_participle_or_gerund(&word.lower)
    }) && !words[clause].is_any(&["who", "whose", "which"]);
    (is_inserted && clause < comma && !is_adjunct && !is_clause).then_some(comma)
}

/// True for what may stand between a subject and its verb, commas around it.
pub(in crate::attribution) fn is_insertion(words: &[Word]) -> bool {
    let Some(first) = words.first() else { return false };
    let opens_clause = first.is_any(&[
        "who", "whose", "which", "where", "whom", "when", "while", "as", "after", "if",
    ]) || is_preposition(first) && !first.is_any(&["that"]);
    // "heard here last night", "a surgeon whom I came to know": what is finite there belongs to the insertion.
    let finite = (1..words.len()).find(|&at| {
        words[at].kind == Kind::Lower
            && is_finite(&words[at].lower)
            && !is_participle_or_gerund(&words[at].lower)
    });
    // "the rebel commander they call Toro"
    let has_clause = |finite: usize| {
        words[..finite]
            .iter()
            .any(|word| word.is_any(&["who", "whom", "whose", "which", "that", "where"]))
            || finite > 1
                && is_determiner(first)
                && words[finite - 1].is_any(&["they", "he", "she", "we", "i"])
    };
    let call = words
        .windows(2)
        .position(|pair| pair[0].is("they") && pair[1].is("call"));
    opens_clause || finite.is_none_or(has_clause) || call.is_some()
}
