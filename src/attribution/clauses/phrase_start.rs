//! Where a subject begins, read back from its end.

use super::adverbials::{ends_clause, is_adverb, opens_as_adverb, DAYS, SPANS_OF_TIME};
use crate::attribution::lexicon::{
    is_demonym, is_finite, is_group, is_link, is_no_name, is_participle_or_gerund, is_title,
};
use crate::attribution::phrases::{is_determiner, is_name_word, is_preposition, pronoun, Pronoun};
use crate::attribution::words::{Kind, Word};

/// "the commander | they call Toro": a relative clause without a relative pronoun.
pub(in crate::attribution) fn contact_clause(words: &[Word], start: usize, end: usize) -> bool {
    let is_pronoun = end == start + 1 && words[start].is_any(&["they", "he", "she", "we", "i"]);
    let Some(before) = start.checked_sub(1).map(|at| &words[at]) else {
        return false;
    };
    let is_noun = before.is_word()
        && !is_adverb(before)
        && !is_preposition(before)
        && !is_link(&before.lower)
        && !before.is_any(&["and", "but", "or", "it"])
        && !is_finite(&before.lower)
        && !before.is_any(DAYS)
        && !before.is_any(SPANS_OF_TIME);
    let clause = (0..start)
        .rev()
        .find(|&at| ends_clause(&words[at]) || words[at].kind == Kind::Comma)
        .map_or(0, |at| at + 1);
    let opens_with_adjunct = is_preposition(&words[clause])
        || is_link(&words[clause].lower)
        || opens_as_adverb(&words[clause])
        || is_participle_or_gerund(&words[clause].lower);
    is_pronoun && is_noun && !opens_with_adjunct
}

/// Where the phrase that ends before `end` begins, and what links its clause to another.
pub(in crate::attribution) fn phrase_start(words: &[Word], end: usize) -> Option<(usize, Option<usize>)> {
    let mut start = end;
    while start > 0 {
        let word = &words[start - 1];
        match word.kind {
            Kind::Comma => {
                // "France, Italy and Spain": a list of names.
                let joined = words[start..end].iter().any(|word| word.is("and"));
                let is_listed =
                    joined && start >= 2 && is_name_word(&words[start]) && is_name_word(&words[start - 2]);
                if !is_listed {
                    break;
                }
            }
            _ if !word.is_word() => break,
            // "The same envoy who today raises her voice signed": the relative clause has a verb of its own.
            Kind::Lower
                if word.is_any(&["who", "which"])
                    && start > 1
                    && words[start - 2].is_word()
                    && (has_own_verb(&words[start..end])
                        || end > start + 1 && is_plural(&words[start - 2])) => {}
            Kind::Lower | Kind::Capital
                if is_link(&word.lower) && (word.kind == Kind::Lower || start == 1) =>
            {
                let is_preposition = word.is_any(&["after", "before", "since", "until", "as"]) && start < end;
                return (start < end || word.is_any(&["who", "which", "that", "what"]))
                    .then_some((start, Some(start - 1)))
                    .filter(|_| start < end || !is_preposition);
            }
            Kind::Lower if word.is_any(&["and", "or", "but", "yet", "nor"]) => {
                let clause_start = (0..start - 1)
                    .rev()
                    .find(|&at| ends_clause(&words[at]) || words[at].kind == Kind::Comma)
                    .map_or(0, |at| at + 1);
                let joins_phrases = word.is("and")
                    && start < end
                    && clause_start < start - 1
                    && !words[clause_start..start - 1]
                        .iter()
                        .any(|word| word.kind == Kind::Lower && is_finite(&word.lower));
                if !joins_phrases {
                    break;
                }
            }
            // "documents obtained by this magazine suggest"
            // "two diplomats briefed on the meeting said"
            Kind::Lower
                if word.lower.ends_with("ed")
                    && start < end
                    && start > 1
                    && words[start].is_any(&["by", "on", "in", "at", "from", "with", "for", "to"])
                    && (words[start].is("by") || is_plural(&words[start - 2])) => {}
            Kind::Lower if is_finite(&word.lower) && !is_after_determiner(words, start - 1) => {
                // "Three herders who asked not to be named said": back over the relative clause.
                let relative = (start.saturating_sub(14)..start - 1)
                    .rev()
                    .take_while(|&at| words[at].is_word())
                    .find(|&at| words[at].is_any(&["who", "which", "whom", "whose"]));
                match relative {
                    Some(relative) if relative > 0 && words[relative - 1].is_word() && start == end => {
                        start = relative;
                        continue;
                    }
                    // What follows the verb is its object, unless a subject begins there.
                    Some(relative)
                        if relative > 0
                            && words[relative - 1].is_word()
                            && !words[start].is_any(&["he", "she", "they", "it", "we", "i"]) =>
                    {
                        start = relative;
                        continue;
                    }
                    _ => break,
                }
            }
            _ => {}
        }
        start -= 1;
    }
    (start < end).then_some((start, None))
}

pub(in crate::attribution) fn is_plural(word: &Word) -> bool {
    is_group(&word.lower)
        || word.kind == Kind::Lower && word.lower.ends_with('s') && !word.lower.ends_with("ss")
}

/// True where a relative clause's words begin with a verb, adverbs aside.
fn has_own_verb(words: &[Word]) -> bool {
    let first = words.iter().position(|word| !is_adverb(word));
    first.is_some_and(|first| {
        let word = &words[first];
        let looks_like_verb = is_finite(&word.lower)
            || word.kind == Kind::Lower && word.lower.ends_with('s') && !word.lower.ends_with("ss");
        looks_like_verb && first + 1 < words.len()
    })
}

pub(in crate::attribution) fn is_after_determiner(words: &[Word], at: usize) -> bool {
    at > 0 && (is_determiner(&words[at - 1]) || words[at - 1].possessive || is_demonym(&words[at - 1].lower))
}

/// The phrase without what stands before it: "On Thursday | the ministry", "In Quito | Foreign Minister …".
pub(in crate::attribution) fn trimmed(words: &[Word], start: usize, end: usize) -> usize {
    let mut start = start;
    while start < end
        && (words[start].is_any(&[
            "and",
            "but",
            "so",
            "yet",
            "then",
            "meanwhile",
            "nor",
            "or",
            "now",
            "still",
            "later",
            "instead",
            "for",
        ]) || is_adverb(&words[start]))
        && end - start > 1
    {
        start += 1;
    }
    // What stands in a relative clause opens no subject: "Argueta who raises | her voice".
    let clause = (start + 1..end)
        .find(|&at| words[at].is_any(&["who", "which", "whom", "whose"]))
        .unwrap_or(end);
    let cut = (start + 1..clause).rev().find(|&at| {
        let before = &words[at - 1];
        let begins = words[at].is_any(&[
            "the", "a", "an", "his", "her", "its", "their", "he", "she", "it", "they", "i", "we", "some",
            "several", "one",
        ]);
        begins
            && before.is_word()
            && !is_preposition(before)
            && !before.is_any(&[
                "and", "or", "both", "all", "half", "not", "some", "many", "most", "one",
            ])
            && !is_participle_or_gerund(&before.lower)
    });
    match cut {
        Some(cut) => cut,
        None if start < end && is_preposition(&words[start]) && !words[start].is_any(&["that"]) => {
            // "In Quito Foreign Minister …" with neither comma nor article: what follows the place.
            // "In an email of 2 April Marchbank told": the name stands after the date.
            let dated = (start + 2..end).rev().find(|&at| {
                is_name_word(&words[at])
                    && !is_name_word(&words[at - 1])
                    && (is_no_name(&words[at - 1].lower) || words[at - 1].kind == Kind::Number)
            });
            if let Some(name) = dated {
                return name;
            }
            // "In Paris General Édouard …": a title begins the name.
            if let Some(title) =
                (start + 2..end).find(|&at| words[at].is_capital() && is_title(&words[at].lower))
            {
                return title;
            }
            let after = (start + 1..end)
                .find(|&at| pronoun(&words[at].lower).is_some_and(|pronoun| pronoun != Pronoun::Somebody));
            after.unwrap_or(if words[start].is_any(&["on", "by", "in"]) && end - start > 2 {
                start + 2
            } else {
                end
            })
        }
        None => start,
    }
}
