//! Clauses beside a quotation: "he said", "said the envoy".

use super::readings::{finite_reading, readings};
use super::{Place, Report};
use crate::attribution::clauses::{is_adverb, is_be, main_subject, phrase_after, subject_before};
use crate::attribution::lexicon::{is_finite, verb, Manner, Tense, Verb};
use crate::attribution::words::{Kind, Word};

/// The clause right after the quotation at `quote`: ", he said", "said the envoy".
pub(in crate::attribution) fn clause_after(words: &[Word], quote: usize) -> Option<Report> {
    let start = (quote + 1..words.len()).find(|&at| !matches!(words[at].kind, Kind::Comma | Kind::Dash))?;
    if !words[start].is_word() {
        return None;
    }
    let speaks = |verb: &Verb| verb.tense != Tense::Gerund && verb.tense != Tense::Base;
    // "said the envoy"
    if words[start].kind == Kind::Lower {
        let next = words.get(start + 1).map(|next| next.lower.as_str());
        let is_verb = verb(&words[start].lower, next).any(|verb| {
            matches!(verb.manner, Manner::Speech | Manner::BesideSpeech | Manner::View) && speaks(&verb)
        });
        if is_verb {
            let after = (start + 1..words.len())
                .find(|&at| !is_adverb(&words[at]) && !words[at].is_any(&["out", "on", "back"]))
                .unwrap_or(words.len());
            if let Some(holder) = phrase_after(words, after) {
                return Some(Report {
                    holder,
                    verb: start,
                    manner: Manner::Speech,
                    place: Place::BesideQuotation,
                });
            }
        }
    }
    let end = (start..words.len())
        .find(|&at| matches!(words[at].kind, Kind::Quote(_) | Kind::Stop | Kind::Semicolon))
        .unwrap_or(words.len());
    // "was how he put it"
    if words[start].is_any(&["was", "is"]) && words.get(start + 1).is_some_and(|word| word.is("how")) {
        let verb = (start + 3..end.min(start + 9)).find(|&at| {
            words[at].is_any(&["put", "puts", "described", "describes", "sees", "saw", "summed"])
        })?;
        return Some(Report {
            holder: start + 2..verb,
            verb,
            manner: Manner::Speech,
            place: Place::BesideQuotation,
        });
    }
    // "I was told by the general"
    for at in start..end {
        let is_passive = at > start
            && is_be(&words[at - 1])
            && !words[at].is("quoted")
            && verb(&words[at].lower, None).any(|verb| verb.manner != Manner::Act);
        if is_passive && words.get(at + 1).is_some_and(|word| word.is("by")) {
            if let Some(holder) = phrase_after(words, at + 2) {
                return Some(Report {
                    holder,
                    verb: at,
                    manner: Manner::Speech,
                    place: Place::BesideQuotation,
                });
            }
        }
    }
    // "“Ask me in a year.” – Peter, 39, her brother."
    let is_signed =
        words.get(quote + 1).is_some_and(|word| word.kind == Kind::Dash) && words[start].is_capital();
    if is_signed
        && !words[start..end]
            .iter()
            .any(|word| word.kind == Kind::Lower && is_finite(&word.lower) && !word.lower.ends_with('s'))
    {
        let holder = phrase_after(words, start)?;
        return Some(Report {
            holder,
            verb: start,
            manner: Manner::Speech,
            place: Place::BesideQuotation,
        });
    }
    (start..end).find_map(|at| {
        let is_quoted_as = at > start && words[at].is("quoted") && is_be(&words[at - 1]);
        let verb = match is_quoted_as {
            true => readings(words, at).next()?,
            false => finite_reading(words, at)?,
        };
        let subject = subject_before(&words[start..], at - start)?;
        let phrase = subject.phrase.start + start..subject.phrase.end + start;
        (phrase.start <= start + 1 && subject.link.is_none() && verb.manner != Manner::Act).then_some(
            Report {
                holder: phrase,
                verb: at,
                manner: Manner::Speech,
                place: Place::BesideQuotation,
            },
        )
    })
}

/// The clause before the quotation at `quote`: "he replied,".
pub(in crate::attribution) fn clause_before(words: &[Word], quote: usize) -> Option<Report> {
    let start = (0..quote)
        .rev()
        .find(|&at| matches!(words[at].kind, Kind::Quote(_) | Kind::Stop | Kind::Semicolon))
        .map_or(0, |at| at + 1);
    for at in (start..quote).rev() {
        let speaks =
            readings(words, at).any(|verb| matches!(verb.manner, Manner::Speech | Manner::BesideSpeech));
        if !speaks {
            continue;
        }
        let is_finite_here = finite_reading(words, at).is_some();
        let is_gerund =
            readings(words, at).any(|verb| verb.tense == Tense::Gerund) && words[at].lower.ends_with("ing");
        let subject = match is_finite_here {
            true => subject_before(words, at).filter(|subject| {
                subject
                    .link
                    .is_none_or(|link| words[link].is_any(&["as", "and", "but", "when", "after", "because"]))
            }),
            false => None,
        };
        let is_joined = at > 0 && words[at - 1].is_any(&["and", "then", "but"]);
        // "was painted with the words": a noun, or a verb of another clause.
        let holder = match subject {
            Some(subject) => subject.phrase,
            None if is_gerund || is_joined && is_finite_here => main_subject(words)?.0.phrase,
            None => continue,
        };
        return Some(Report {
            holder,
            verb: at,
            manner: Manner::Speech,
            place: Place::BesideQuotation,
        });
    }
    None
}
