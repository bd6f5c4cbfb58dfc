//! Views named without a verb of their own: "according to", "in his view", "her demand".

use std::ops::Range;

use super::{Place, Report};
use crate::attribution::clauses::{ends_clause, phrase_after};
use crate::attribution::lexicon::{is_role, Manner};
use crate::attribution::phrases::{is_determiner, is_name_word, is_preposition};
use crate::attribution::words::{Kind, Word};

/// "in her view", "in the words of the envoy", "by the ministry's account".
const VIEW_NOUNS: &[&str] = &[
    "view",
    "views",
    "opinion",
    "eyes",
    "words",
    "account",
    "telling",
    "reckoning",
    "judgment",
    "judgement",
    "recollection",
    "experience",
    "estimation",
];
/// The same where the phrase opens the sentence or closes it: in its middle they count something.
const COUNT_NOUNS: &[&str] = &["count", "estimate", "tally"];

/// Nouns that name what somebody said or wants.
const SPEECH_NOUNS: &[&str] = &[
    "vow",
    "threat",
    "call",
    "demand",
    "claim",
    "warning",
    "pledge",
    "promise",
    "offer",
    "appeal",
    "plea",
    "insistence",
    "assertion",
    "suggestion",
    "declaration",
    "statement",
    "condemnation",
    "rejection",
    "refusal",
    "remark",
    "proposal",
    "contention",
];

/// The most words between "as" or "for" and what ends the phrase.
const LONGEST_OPENING: usize = 9;

/// Whose view a statement names without a verb.
pub(in crate::attribution) fn source(words: &[Word]) -> Option<Report> {
    as_seen(words)
        .or_else(|| for_somebody(words))
        .or_else(|| (0..words.len()).find_map(|at| according(words, at).or_else(|| in_view(words, at))))
}

/// "Gen. Uzer's vow to go “as far as Mosul”", "an appeal by the minister": a view named by a noun, with
/// quoted words or as the point of the sentence.
pub(in crate::attribution) fn nominal(words: &[Word]) -> Option<Report> {
    let quote = words.iter().position(|word| matches!(word.kind, Kind::Quote(_)));
    (1..quote.unwrap_or(words.len())).find_map(|at| {
        let is_named = words[at].is_any(SPEECH_NOUNS) && words[at].kind == Kind::Lower;
        // "At issue was Islamabad's demand for …"
        let is_point = words.first().is_some_and(|word| word.is("at"))
            && words.get(1).is_some_and(|word| word.is_any(&["issue", "stake"]));
        if !is_named || quote.is_none() && !is_point {
            return None;
        }
        let holder = if words[at - 1].possessive {
            owner(words, at)
        } else if words.get(at + 1).is_some_and(|word| word.is_any(&["by", "from"])) {
            phrase_after(words, at + 2)?
        } else {
            return None;
        };
        Some(of_view(holder, at))
    })
}

fn of_view(holder: Range<usize>, verb: usize) -> Report {
    Report {
        holder,
        verb,
        manner: Manner::View,
        place: Place::Source,
    }
}

/// The phrase that owns the noun at `noun`: "the ministry's" before "view".
fn owner(words: &[Word], noun: usize) -> Range<usize> {
    let begins_phrase = |index: usize| {
        !words[index].is_word()
            || is_preposition(&words[index])
            || words[index].is_any(&["and", "but", "was", "is"])
    };
    let start = (0..noun - 1)
        .rev()
        .find(|&index| begins_phrase(index))
        .map_or(0, |index| index + 1);
    start..noun
}

/// "As he sees it, the base is …"
fn as_seen(words: &[Word]) -> Option<Report> {
    words.first().filter(|word| word.is("as"))?;
    let sees = |word: &Word| word.is_any(&["sees", "saw", "see", "puts", "put", "tells", "told"]);
    let verb = words
        .windows(2)
        .position(|pair| sees(&pair[0]) && pair[1].is("it"))?;
    (2..LONGEST_OPENING)
        .contains(&verb)
        .then(|| of_view(1..verb, verb))
}

/// "For Beijing, …", "To her superiors, …", "For the younger Dawar the arithmetic was …"
fn for_somebody(words: &[Word]) -> Option<Report> {
    const NO_PEOPLE: [&str; 18] = [
        "time", "moment", "weeks", "days", "months", "years", "hours", "part", "reason", "reasons", "now",
        "first", "sake", "example", "instance", "decades", "day", "night",
    ];
    let is_for = words.first()?.is("for");
    if !(is_for || words[0].is("to")) {
        return None;
    }
    let comma = (1..words.len().min(LONGEST_OPENING)).find(|&at| !words[at].is_word());
    // A relative clause may be long: "To an officer who spent two years there it was …"
    let clause = (1..words.len().min(LONGEST_OPENING)).find(|&at| words[at].is_any(&["who", "whose"]));
    let end = comma
        .filter(|&at| words[at].kind == Kind::Comma)
        .or(clause)
        .or_else(|| {
            // "For Aiko Morishige that would be", "For the younger Dawar the arithmetic was"
            let name = (1..words.len().min(LONGEST_OPENING)).find(|&at| is_name_word(&words[at]))?;
            let after = (name + 1..words.len()).find(|&at| !is_name_word(&words[at]))?;
            let begins_clause = is_determiner(&words[after])
                || words[after].is_any(&["that", "this", "it", "anything", "nothing"]);
            (is_for && name <= 3 && begins_clause).then_some(after)
        })?;
    let phrase = &words[1..end];
    let is_people = words[1].is_capital() || is_determiner(&words[1]);
    let is_something = phrase
        .iter()
        .any(|word| word.kind == Kind::Number || word.is_any(&NO_PEOPLE));
    // "To the north, …" is a place: of "to", only people by their role.
    let has_role = phrase
        .iter()
        .any(|word| is_role(&word.lower) || word.lower.strip_suffix('s').is_some_and(is_role));
    (is_people && !is_something && (is_for || has_role)).then(|| of_view(1..end, 0))
}

/// "according to the Pentagon"
fn according(words: &[Word], at: usize) -> Option<Report> {
    if !(words[at].is("according") && words.get(at + 1)?.is("to")) {
        return None;
    }
    sourced(words, at, at + 2, Manner::Speech)
}

/// "in the words of its ambassador", "in his opinion", "by the churches' count"
fn in_view(words: &[Word], at: usize) -> Option<Report> {
    let is_view = words[at].is_any(VIEW_NOUNS);
    let is_count = words[at].is_any(COUNT_NOUNS);
    if at == 0 || !(is_view || is_count) {
        return None;
    }
    let before = &words[at - 1];
    if is_view && words.get(at + 1).is_some_and(|word| word.is("of")) {
        let is_in = before.is("in") || at > 1 && words[at - 2].is("in");
        return if is_in {
            sourced(words, at, at + 2, Manner::Speech)
        } else {
            None
        };
    }
    if before.is_any(&["his", "her", "their", "its"]) {
        let is_in = at > 1 && words[at - 2].is_any(&["in", "by", "to"]);
        return is_in.then(|| of_view(at - 1..at, at));
    }
    if !before.possessive {
        return None;
    }
    let start = (0..at).rev().find(|&index| is_preposition(&words[index]))? + 1;
    (is_view && !words[at].is("account") || start == 1).then(|| of_view(start..at, at))
}

/// A source named from `start` on; `None` inside a relative clause, where it is that of a detail.
fn sourced(words: &[Word], at: usize, start: usize, manner: Manner) -> Option<Report> {
    let is_pronoun = words.get(start)?.is_any(&["him", "her", "them"]);
    let holder = if is_pronoun {
        start..start + 1
    } else {
        phrase_after(words, start)?
    };
    let clause = (0..at)
        .rev()
        .find(|&index| ends_clause(&words[index]))
        .map_or(0, |index| index + 1);
    let goes_on = words.get(holder.end).is_some_and(|word| word.kind == Kind::Comma);
    let is_detail = goes_on
        && words[clause..at]
            .iter()
            .any(|word| word.is_any(&["which", "who", "that", "where"]));
    (!is_detail).then_some(Report {
        holder,
        verb: at,
        manner,
        place: Place::Source,
    })
}
