//! Reporting clauses: who a statement says said it, or holds its view.

mod beside;
mod main_clause;
mod media;
mod other_clauses;
mod parenthesis;
mod parts;
mod polls;
mod readings;
mod sources;

use std::ops::Range;

use crate::attribution::clauses::{main_subject, subject_before};
use crate::attribution::lexicon::{is_finite, Manner};
use crate::attribution::words::{Kind, Word};
use beside::{clause_after, clause_before};
use main_clause::main;
use media::{is_medium, told_by_medium};
use other_clauses::{second, subordinate};
use parenthesis::parenthesis;
pub(super) use parts::{parts, Part};
use polls::poll;
use sources::{nominal, source};

/// Who is said to say or hold something, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::attribution) struct Report {
    pub(in crate::attribution) holder: Range<usize>,
    /// The verb's place, or that of what stands for it.
    pub(in crate::attribution) verb: usize,
    pub(in crate::attribution) manner: Manner,
    pub(in crate::attribution) place: Place,
}

/// Where the report stands in its statement; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::attribution) enum Place {
    /// Beside a quotation.
    BesideQuotation,
    /// After or inside what it reports: ", he added,".
    Parenthesis,
    /// The statement's main clause.
    Main,
    /// "according to", "in the words of".
    Source,
    /// A second verb of the main clause, or a clause after "and".
    Second,
    /// A clause inside another.
    Subordinate,
}

/// "The communiqué “takes note” of the debate": the verb itself is quoted.
fn verbless(words: &[Word], parts: &[Part]) -> Option<Report> {
    let is_fragment = |word: &Word| matches!(word.kind, Kind::Quote(index) if parts[index] == Part::Fragment);
    let quote = words.iter().position(is_fragment).filter(|&quote| quote > 0)?;
    if words[..quote]
        .iter()
        .any(|word| word.kind == Kind::Lower && is_finite(&word.lower))
    {
        return None;
    }
    let subject = subject_before(words, quote).filter(|subject| subject.link.is_none())?;
    Some(Report {
        holder: subject.phrase,
        verb: quote - 1,
        manner: Manner::View,
        place: Place::Second,
    })
}

/// The surest report of a statement whose quotations are `parts`.
pub(in crate::attribution) fn report(words: &[Word], parts: &[Part]) -> Option<Report> {
    let is_whole = |word: &Word| matches!(word.kind, Kind::Quote(index) if parts[index] == Part::Whole);
    for (at, _) in words.iter().enumerate().filter(|(_, word)| is_whole(word)) {
        let beside = match words[..at].iter().any(Word::is_word) {
            true => clause_before(words, at).or_else(|| clause_after(words, at)),
            false => clause_after(words, at),
        };
        if beside.is_some() {
            return beside;
        }
    }
    if let Some(at) = words.iter().position(is_whole) {
        if at > 0 && words[at - 1].kind == Kind::Colon {
            let has_verb = words[..at]
                .iter()
                .any(|word| word.kind == Kind::Lower && is_finite(&word.lower));
            if !has_verb && words[0].is_word() {
                // "Ms Diallo: 'He has never …'"
                return Some(Report {
                    holder: 0..at - 1,
                    verb: at - 1,
                    manner: Manner::Speech,
                    place: Place::BesideQuotation,
                });
            }
            // "For the younger Dawar the arithmetic was beside the point: …"
            if let Some(view) =
                source(&words[..at]).filter(|report| report.manner == Manner::View && report.verb == 0)
            {
                return Some(Report {
                    place: Place::BesideQuotation,
                    manner: Manner::Speech,
                    ..view
                });
            }
            let (holder, verb) = match main_subject(&words[..at]) {
                Some((subject, verb)) => (subject.phrase, verb),
                // "Mbuyi, buttonholed as she leaves:"
                None => (0..words[..at].iter().position(|word| !word.is_word())?, at - 1),
            };
            return Some(Report {
                holder,
                verb,
                manner: Manner::Speech,
                place: Place::BesideQuotation,
            });
        }
    }
    let main = main(words);
    let quoted_by_paper = main.as_ref().and_then(|report| told_by_medium(words, report));
    // "For Beijing, …", "In the Liberals' view …": the rest is theirs, whatever its verb.
    let source = source(words);
    let viewed = source.clone().filter(|report| report.manner == Manner::View);
    quoted_by_paper
        .or(viewed)
        .or_else(|| parenthesis(words).filter(|report| !is_medium(words, report) || main.is_none()))
        .or_else(|| poll(words))
        .or(main.clone())
        .or(source)
        .or_else(|| nominal(words))
        .or_else(|| second(words))
        .or_else(|| subordinate(words))
        .or_else(|| verbless(words, parts))
}
