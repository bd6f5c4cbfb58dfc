//! The main clause, where it reports.

use super::readings::{finite_reading, readings};
use super::{Place, Report};
use crate::attribution::clauses::{
    ends_clause, is_adverb, is_be, is_have, opens_as_adverb, phrase_after, subject_before, Subject,
};
use crate::attribution::lexicon::{is_finite, verb, Manner, Tense};
use crate::attribution::phrases::is_preposition;
use crate::attribution::words::{Kind, Word};

pub(in crate::attribution) fn is_free(words: &[Word], subject: &Subject) -> bool {
    subject.link.is_none()
        && !is_preposition(&words[subject.phrase.start])
        && !words[subject.phrase.start].is_any(&["who", "which", "whose"])
}

/// The main clause, where it reports.
pub(in crate::attribution) fn main(words: &[Word]) -> Option<Report> {
    for at in 0..words.len() {
        let is_any_finite = words[at].kind == Kind::Lower && is_finite(&words[at].lower);
        // "found the search "an understandable precaution"": quoted words make any such verb report.
        let quotes_follow = words[at..].iter().any(|word| matches!(word.kind, Kind::Quote(_)));
        let that_follows = words[at].is_any(&[
            "held", "holds", "believes", "believed", "reckons", "reckoned", "agrees", "thinks", "thought",
        ]) && words[at + 1..].iter().take(4).any(|word| word.is("that"));
        let reading = finite_reading(words, at)
            .filter(|verb| verb.manner != Manner::BesideSpeech || quotes_follow || that_follows);
        // "concluded its sittings", "replied in kind"
        let is_bare = words[at].is_any(&[
            "concluded",
            "concludes",
            "replied",
            "replies",
            "continued",
            "continues",
        ]) && !quotes_follow
            && !that_follows;
        // "answered him", "answered that question"
        let answers = words[at].is_any(&["answered", "answers"])
            && words.get(at + 1).is_some_and(|word| {
                word.is_any(&["him", "her", "them", "the", "a"])
                    || word.is("that") && words.get(at + 2).is_some_and(|word| word.is("question"))
            })
            && !quotes_follow;
        let reading = reading.filter(|_| !is_bare && !answers);
        if !is_any_finite && reading.is_none() {
            continue;
        }
        let Some(subject) = subject_before(words, at) else {
            continue;
        };
        // "Two officers, neither of them authorised to speak, thought": the subject stands before it.
        let start = subject.phrase.start;
        let opening = start.saturating_sub(usize::from(start > 0 && is_preposition(&words[start - 1])));
        let is_inserted = start > 1
            && opening > 0
            && words[opening - 1].kind == Kind::Comma
            && words[at + 1..].iter().any(|word| word.kind == Kind::Comma)
            && !subject.follows_clause
            && words[0].is_word()
            && !is_preposition(&words[0])
            && !opens_as_adverb(&words[0]);
        // "In a study published in January Dr. Asiedu": a participle in a phrase before the subject.
        let is_in_adjunct = reading.is_none()
            && words[at].lower.ends_with("ed")
            && is_preposition(&words[0])
            && words[..start].iter().all(Word::is_word);
        if !is_free(words, &subject) || is_inserted || is_in_adjunct {
            continue;
        }
        return match reading {
            Some(verb) => Some(Report {
                holder: subject.phrase,
                verb: at,
                manner: verb.manner,
                place: Place::Main,
            }),
            // "has rejected", "will not say": the verb is still to come.
            None if is_auxiliary_of_report(words, at) => continue,
            None if is_hearsay(words, at) => Some(Report {
                holder: subject.phrase,
                verb: at,
                manner: Manner::Speech,
                place: Place::Main,
            }),
            // "was described by the envoy as": the view is the agent's.
            None => passive(words, at),
        };
    }
    None
}

/// "was reported to have said", "was quoted as saying", "is of the opinion that": the subject's view, by others' word.
fn is_hearsay(words: &[Word], be: usize) -> bool {
    let rest = &words[be + 1..];
    let Some(next) = rest.first().filter(|_| is_be(&words[be])) else {
        return false;
    };
    let holds = rest.len() > 2 && next.is("of") && rest[2].is_any(&["opinion", "view"]);
    let told = next.is_any(&["reported", "understood", "believed", "known", "said", "heard"])
        && rest.get(1).is_some_and(|word| word.is("to"));
    let speaks = (be + 3..(be + 6).min(words.len()))
        .any(|at| readings(words, at).any(|verb| verb.manner != Manner::BesideSpeech));
    holds || next.is("quoted") || told && speaks
}

fn is_auxiliary_of_report(words: &[Word], at: usize) -> bool {
    let is_auxiliary = is_have(&words[at])
        || is_be(&words[at]) && words.get(at + 1).is_some_and(|next| next.lower.ends_with("ing"))
        || words[at].is_any(&["will", "would", "did", "does", "do"]);
    is_auxiliary
        && (at + 1..(at + 6).min(words.len()))
            .take_while(|&next| !ends_clause(&words[next]))
            .any(|next| {
                finite_reading(words, next).is_some_and(|verb| verb.manner != Manner::BesideSpeech)
                    && (at + 1..next).all(|between| {
                        is_adverb(&words[between])
                            || words[between].kind == Kind::Comma
                            || is_be(&words[between])
                            || is_have(&words[between])
                            || words[between].is_any(&[
                                "on",
                                "repeatedly",
                                "however",
                                "day",
                                "once",
                                "than",
                                "more",
                            ])
                            || words[between].is_capital()
                    })
            })
}

fn passive(words: &[Word], be: usize) -> Option<Report> {
    if !is_be(&words[be]) && !is_have(&words[be]) {
        return None;
    }
    let end = (be..words.len())
        .find(|&at| ends_clause(&words[at]))
        .unwrap_or(words.len());
    (be + 1..end).find_map(|at| {
        let is_report = verb(&words[at].lower, None).any(|verb| {
            verb.manner != Manner::BesideSpeech
                && matches!(verb.tense, Tense::PastOrParticiple | Tense::Participle)
        });
        let is_act = verb(&words[at].lower, None)
            .next()
            .is_some_and(|verb| verb.manner == Manner::Act);
        let by = (at + 1..(at + 6).min(end)).find(|&index| words[index].is("by"))?;
        let holder = phrase_after(words, by + 1)?;
        is_report.then_some(Report {
            holder,
            verb: at,
            manner: if is_act { Manner::Act } else { Manner::View },
            place: Place::Main,
        })
    })
}
