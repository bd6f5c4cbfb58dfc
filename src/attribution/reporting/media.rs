//! Papers and broadcasters, which report others' views.

use super::readings::finite_reading;
use super::{Place, Report};
use crate::attribution::clauses::{phrase_after, subject_before};
use crate::attribution::lexicon::Manner;
use crate::attribution::words::Word;

/// True where the holder is a paper or a broadcaster: it reports others' views.
pub(in crate::attribution) fn is_medium(words: &[Word], report: &Report) -> bool {
    words[report.holder.clone()].iter().any(|word| {
        word.is_any(&[
            "newspaper",
            "daily",
            "weekly",
            "paper",
            "agency",
            "radio",
            "television",
            "broadcaster",
            "times",
            "post",
            "tribune",
            "herald",
            "gazette",
            "courier",
            "telegraph",
            "mirror",
            "sentinel",
            "ledger",
            "news",
            "reuters",
            "cnn",
            "bbc",
            "afp",
            "efe",
            "xinhua",
            "tass",
            "magazine",
            "network",
            "channel",
            "tv",
            "report",
            "reports",
            "media",
            "handout",
            "communique",
            "communiqué",
            "readout",
            "release",
            "website",
            "transcript",
        ])
    })
}

/// "The paper quotes the minister as saying", "reports that the council wants": the view is not the paper's.
pub(in crate::attribution) fn told_by_medium(words: &[Word], report: &Report) -> Option<Report> {
    let verb = &words[report.verb];
    if verb.is_any(&["quotes", "quoted", "cites", "cited"]) {
        let holder = phrase_after(words, report.verb + 1)?;
        return Some(Report {
            holder,
            manner: Manner::Speech,
            ..report.clone()
        });
    }
    if !(verb.is_any(&["reports", "reported"])
        && words.get(report.verb + 1).is_some_and(|word| word.is("that")))
    {
        return None;
    }
    (report.verb + 2..words.len()).find_map(|at| {
        let verb =
            finite_reading(words, at).filter(|verb| matches!(verb.manner, Manner::Speech | Manner::View))?;
        let subject = subject_before(words, at)?;
        (subject.link == Some(report.verb + 1)).then_some(Report {
            holder: subject.phrase,
            verb: at,
            manner: verb.manner,
            place: Place::Subordinate,
        })
    })
}
