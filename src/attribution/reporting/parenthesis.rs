//! Clauses that report what stands around them: ", he added,".

use std::ops::Range;

use super::readings::finite_reading;
use super::{Place, Report};
use crate::attribution::clauses::{is_adverb, phrase_after, subject_before, DAYS};
use crate::attribution::lexicon::{is_finite, verb, Manner, Tense};
use crate::attribution::phrases::{is_determiner, is_preposition};
use crate::attribution::words::{Kind, Word};

/// ", the Red Cross said.", ", he added,": a clause that reports what stands around it.
pub(in crate::attribution) fn parenthesis(words: &[Word]) -> Option<Report> {
    let is_edge = |word: &Word| {
        matches!(
            word.kind,
            Kind::Comma
                | Kind::Dash
                | Kind::OpenBracket
                | Kind::CloseBracket
                | Kind::Stop
                | Kind::Semicolon
                | Kind::Quote(_)
        )
    };
    for open in 0..words.len() {
        // "would take "rifles from the devil," he said": the comma stands inside the marks.
        if !matches!(
            words[open].kind,
            Kind::Comma | Kind::Dash | Kind::OpenBracket | Kind::Quote(_)
        ) || open == 0
        {
            continue;
        }
        let start = open + 1;
        let end = (start..words.len())
            .find(|&at| is_edge(&words[at]))
            .unwrap_or(words.len());
        if start == end
            || is_preposition(&words[start]) && !words[start].is("as")
            || words[start].is_any(&[
                "and", "but", "who", "which", "that", "while", "when", "if", "because", "where", "or", "so",
                "yet",
            ])
        {
            continue;
        }
        // ", said the envoy"
        let speaks = |at: usize| {
            finite_reading(words, at).filter(|verb| {
                // "as he saw it"
                matches!(verb.manner, Manner::Speech | Manner::BesideSpeech)
                    || words[start].is("as") && verb.manner == Manner::View
            })
        };
        let follows_quote = [open.checked_sub(1), Some(open)]
            .into_iter()
            .flatten()
            .any(|at| matches!(words[at].kind, Kind::Quote(_)));
        if let Some(verb) = verb(&words[start].lower, None).find(|verb| {
            (verb.manner == Manner::Speech || follows_quote && verb.manner == Manner::BesideSpeech)
                && matches!(verb.tense, Tense::Past | Tense::PastOrParticiple | Tense::Present)
        }) {
            if words[start].kind == Kind::Lower {
                if let Some(holder) =
                    phrase_after(words, start + 1).filter(|phrase| is_bare_phrase(words, phrase))
                {
                    let is_participle = verb.tense == Tense::PastOrParticiple
                        && !words[start].is_any(&[
                            "said",
                            "added",
                            "says",
                            "adds",
                            "explained",
                            "insisted",
                            "warned",
                            "argued",
                        ]);
                    let has_subject =
                        subject_before(words, start).is_some_and(|subject| subject.link.is_none());
                    let is_finite_in = |part: &[Word]| {
                        part.iter()
                            .any(|word| word.kind == Kind::Lower && is_finite(&word.lower))
                    };
                    let goes_on = words.get(holder.end).is_some_and(|word| word.kind == Kind::Comma)
                        && is_finite_in(&words[holder.end..]);
                    // "Not so, said Accra."
                    let is_short_reply = words[start].is_any(&["said", "says", "replied", "answered"])
                        && words[holder.end..].iter().all(|word| !word.is_word());
                    let reports_clause = is_finite_in(&words[..open]) || goes_on || is_short_reply;
                    if !is_participle && !has_subject && reports_clause {
                        return Some(Report {
                            holder,
                            verb: start,
                            manner: Manner::Speech,
                            place: Place::Parenthesis,
                        });
                    }
                }
            }
        }
        let Some(at) = (start + 1..end).find(|&at| speaks(at).is_some()) else {
            continue;
        };
        let Some(subject) = subject_before(words, at) else {
            continue;
        };
        let begins_here = subject.phrase.start == start
            || subject.link == Some(start)
            || subject.phrase.start == start + 1 && (is_adverb(&words[start]) || words[start].is("as"));
        let is_closed = words.get(end).is_none_or(|word| word.kind != Kind::Quote(0));
        let rest = &words[at + 1..end];
        let is_bare = rest.is_empty()
            || rest[0].is_any(&[
                "on",
                "in",
                "at",
                "during",
                "when",
                "after",
                "before",
                "while",
                "as",
                "later",
                "today",
                "yesterday",
                "last",
                "this",
                "through",
                "from",
                "by",
                "over",
                "without",
                "with",
                "afterwards",
                "afterward",
                "again",
                "here",
                "late",
                "early",
                "tonight",
            ])
            || is_adverb(&rest[0])
            || words[start].is("as") && rest.len() <= 3
            || words[start].is("as") && rest.first().is_some_and(|word| word.is("it"))
            || words[at].is_any(&["told", "tells", "reminded", "assured"])
                && !rest.iter().any(|word| word.is("that"))
            || words[at].is_any(&["went", "goes"]) && rest.len() == 1
            || rest.len() <= 2
                && rest.iter().all(|word| {
                    word.is_any(&[
                        "the",
                        "house",
                        "reporters",
                        "newsmen",
                        "parliament",
                        "council",
                        "commons",
                        "journalists",
                        "bluntly",
                    ])
                })
            || rest[0].is_any(DAYS);
        // A clause that is the main one has nothing complete before it.
        let reports_clause = words[..open]
            .iter()
            .any(|word| word.kind == Kind::Lower && is_finite(&word.lower))
            || end < words.len() && words[end].kind == Kind::Comma;
        if begins_here
            && is_closed
            && is_bare
            && reports_clause
            && subject
                .link
                .is_none_or(|link| words[link].is("as") && link == start)
        {
            return Some(Report {
                holder: subject.phrase,
                verb: at,
                manner: Manner::Speech,
                place: Place::Parenthesis,
            });
        }
    }
    None
}

/// A phrase that is no clause: "the envoy", not "the raid should never have been ordered".
fn is_bare_phrase(words: &[Word], phrase: &Range<usize>) -> bool {
    let main_end = phrase
        .clone()
        .find(|&at| !words[at].is_word() || words[at].is_any(&["who", "whose", "which"]))
        .unwrap_or(phrase.end);
    // What goes on after the apposition with a verb was its subject: "said his nephew, a nurse, was …".
    let goes_on = (main_end..phrase.end).any(|at| {
        words[at].kind == Kind::Lower
            && words[at].is_any(&[
                "was", "were", "is", "are", "would", "will", "had", "has", "have", "should", "could", "must",
                "may", "might", "can",
            ])
            && words[at - 1].kind == Kind::Comma
    });
    let has_verb = goes_on
        || words[main_end - 1].is_any(&["the", "a", "an"])
        || (phrase.start..main_end).any(|at| {
            words[at].kind == Kind::Lower
                && is_finite(&words[at].lower)
                && !(at > phrase.start && is_determiner(&words[at - 1]))
        });
    !has_verb
        && !words[phrase.start].is_any(&[
            "it", "that", "there", "no", "he", "she", "they", "this", "nothing",
        ])
}
