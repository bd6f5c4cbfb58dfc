//! Reports further inside a statement: second verbs, subordinate clauses.

use super::main_clause::is_free;
use super::readings::{finite_reading, readings};
use super::{Place, Report};
use crate::attribution::clauses::{main_subject, subject_before};
use crate::attribution::lexicon::{Manner, Tense};
use crate::attribution::words::{Kind, Word};

/// A second verb of the main clause, or a second clause.
pub(in crate::attribution) fn second(words: &[Word]) -> Option<Report> {
    (1..words.len()).find_map(|at| {
        let verb = finite_reading(words, at).filter(|verb| verb.manner != Manner::BesideSpeech);
        let has_content = words.get(at + 1).is_some_and(|word| word.is("that"))
            || words[at..].iter().any(|word| matches!(word.kind, Kind::Quote(_)));
        let infinitive = readings(words, at)
            .find(|verb| verb.tense == Tense::Base && verb.manner == Manner::Speech)
            .filter(|_| is_infinitive(words, at) && has_content);
        // "gave it 48 hours, saying they had crossed the border"
        let gerund = readings(words, at)
            .find(|verb| verb.tense == Tense::Gerund && matches!(verb.manner, Manner::Speech | Manner::View))
            .filter(|_| words[at - 1].kind == Kind::Comma || words[at - 1].is("and"));
        let infinitive = infinitive.or(gerund);
        let verb = verb.or(infinitive)?;
        if let Some(subject) = subject_before(words, at).filter(|_| infinitive.is_none()) {
            // "a host has asked": nobody in particular.
            let is_anybody =
                verb.manner != Manner::Speech && words[subject.phrase.start].is_any(&["a", "an"]);
            return (is_free(words, &subject) && !is_anybody).then_some(Report {
                holder: subject.phrase,
                verb: at,
                manner: verb.manner,
                place: Place::Second,
            });
        }
        let joins = words[at - 1].is_any(&["and", "but", "then"]) || infinitive.is_some();
        if !joins {
            return None;
        }
        let (subject, _) = main_subject(words)?;
        (subject.phrase.end <= at).then_some(Report {
            holder: subject.phrase,
            verb: at,
            manner: verb.manner,
            place: Place::Second,
        })
    })
}

/// "tries to clarify that", "to clarify them and reiterate that".
fn is_infinitive(words: &[Word], at: usize) -> bool {
    let to = match () {
        () if words[at - 1].is("to") => Some(at - 1),
        () if words[at - 1].is("and") => (0..at - 1).rev().take(8).find(|&index| words[index].is("to")),
        () => None,
    };
    to.is_some_and(|to| !expects(words, to))
}

/// "is expected to say", "was asked to tell": nothing was said yet.
fn expects(words: &[Word], to: usize) -> bool {
    words[..to].iter().rev().take(4).any(|word| {
        word.is_any(&[
            "expected",
            "due",
            "asked",
            "likely",
            "scheduled",
            "set",
            "told",
            "ready",
            "supposed",
            "has",
            "had",
            "have",
            "nothing",
            "declined",
            "refused",
            "able",
            "unable",
            "is",
            "was",
            "reluctant",
            "time",
        ])
    })
}

/// "… come after Trump stated that": a clause inside narration.
pub(in crate::attribution) fn subordinate(words: &[Word]) -> Option<Report> {
    (1..words.len()).find_map(|at| {
        let verb =
            finite_reading(words, at).filter(|verb| matches!(verb.manner, Manner::Speech | Manner::View))?;
        let subject = subject_before(words, at)?;
        let link = subject.link?;
        // "From Karachi it is learnt that the ministry has welcomed"
        let is_learnt = words[link].is("that")
            && link > 0
            && words[link - 1].is_any(&["learnt", "learned", "understood", "reported"]);
        let is_told = is_learnt
            || words[link].is_any(&[
                "after", "before", "since", "as", "although", "though", "because", "when", "while", "where",
            ]);
        let has_content = words.get(at + 1).is_some_and(|word| {
            word.is_any(&["that", "it", "he", "she", "they", "the", "no"]) || word.is_capital()
        }) || words[at + 1..].iter().take(4).any(|word| word.is("that"));
        (is_told && has_content).then_some(Report {
            holder: subject.phrase,
            verb: at,
            manner: verb.manner,
            place: Place::Subordinate,
        })
    })
}
