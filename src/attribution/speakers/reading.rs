//! A statement read by itself: its words, and what they report.

use std::ops::Range;

use super::Line;
use crate::attribution::clauses::main_subject;
use crate::attribution::lexicon::{is_finite, verb as verb_of, Manner};
use crate::attribution::phrases;
use crate::attribution::phrases::Pronoun;
use crate::attribution::quotations::QuotedSpan;
use crate::attribution::reporting::{parts, report, Part, Place, Report};
use crate::attribution::words::{words, Kind, Word};

/// A statement's words and what they report.
pub(super) struct Reading {
    /// Its quotations, without words of a subject that stand in marks.
    pub(super) quoted: Vec<QuotedSpan>,
    pub(super) words: Vec<Word>,
    pub(super) parts: Vec<Part>,
    pub(super) report: Option<Report>,
    /// The subject of the main clause.
    pub(super) subject: Option<Range<usize>>,
}

/// Reads a statement by itself.
pub(super) fn read_line(line: &Line<'_>) -> Reading {
    let words_at_first = words(line.text, &line.quoted);
    let parts_at_first = parts(line.text, &words_at_first, &line.quoted);
    let reading = Reading::of(line.quoted.clone(), words_at_first, parts_at_first);
    let in_subject = quoted_in_subject(line, &reading);
    if in_subject.is_empty() {
        return reading;
    }
    // `The "foreign minister," Mr. Mwamba, appealed`: words of the subject, held at arm's length.
    let nicknames: Vec<Range<usize>> = in_subject
        .iter()
        .filter(|&&index| is_nickname(line, &reading.words, index))
        .map(|&index| line.quoted[index].range.clone())
        .collect();
    let kept = (0..line.quoted.len()).filter(|index| !in_subject.contains(index));
    let quoted: Vec<QuotedSpan> = kept.map(|index| line.quoted[index].clone()).collect();
    let mut kept_words = words(line.text, &quoted);
    kept_words.retain(|word| {
        !nicknames
            .iter()
            .any(|nickname| nickname.contains(&word.range.start))
    });
    let parts = parts(line.text, &kept_words, &quoted);
    Reading::of(quoted, kept_words, parts)
}

/// The most words that a subject holds in marks.
const LONGEST_IN_SUBJECT: usize = 3;

/// Which quotations of a statement are no speech, but words of its subject.
fn quoted_in_subject(line: &Line<'_>, reading: &Reading) -> Vec<usize> {
    let words = &reading.words;
    let first_finite = words
        .iter()
        .position(|word| word.kind == Kind::Lower && is_finite(&word.lower))
        .unwrap_or(0);
    let report = reading.report.as_ref();
    // "No warship, ‘cousin or stranger’, would be asked, the minister said": reported with the rest.
    if report.is_some_and(|report| report.place == Place::Parenthesis) {
        return Vec::new();
    }
    let verb = report.map_or(first_finite, |report| report.verb.min(first_finite));
    (0..line.quoted.len())
        .filter(|&index| reading.parts[index] != Part::Whole)
        .filter(|&index| {
            line.quoted[index].inside(line.text).split_whitespace().count() <= LONGEST_IN_SUBJECT
        })
        .filter(|&index| {
            let at = words.iter().position(|word| word.kind == Kind::Quote(index));
            at.is_some_and(|at| at > 0 && at < verb)
        })
        .collect()
}

/// "Walter “Buck” Amundsen"
fn is_nickname(line: &Line<'_>, words: &[Word], index: usize) -> bool {
    let at = words
        .iter()
        .position(|word| word.kind == Kind::Quote(index))
        .unwrap_or(0);
    let is_between_names =
        at > 0 && words[at - 1].is_capital() && words.get(at + 1).is_some_and(Word::is_capital);
    is_between_names && !line.quoted[index].inside(line.text).contains(' ')
}

impl Reading {
    /// The clause beside a quotation, where there is one.
    pub(super) fn beside(&self) -> Option<Report> {
        self.report
            .clone()
            .filter(|report| report.place == Place::BesideQuotation)
    }

    fn of(quoted: Vec<QuotedSpan>, words: Vec<Word>, parts: Vec<Part>) -> Self {
        Self {
            report: report(&words, &parts),
            subject: main_subject(&words).map(|(subject, _)| subject.phrase),
            quoted,
            words,
            parts,
        }
    }
}

/// "…, hours after the magnate said that he would be “proud”": one word in a clause about somebody else.
pub(super) fn is_word_of_another(reading: &Reading, text: &str, verb: usize, at: usize, part: usize) -> bool {
    let is_word = reading.quoted[part].inside(text).split_whitespace().count() == 1;
    let between = reading.words.get(verb + 1..at).unwrap_or(&[]);
    let is_said = between.iter().any(|word| {
        word.kind == Kind::Lower && verb_of(&word.lower, None).any(|verb| verb.manner == Manner::Speech)
    });
    (is_word || is_said)
        && between.windows(2).any(|pair| {
            pair[0].kind == Kind::Comma
                && pair[1].is_any(&[
                    "who", "which", "after", "before", "while", "despite", "hours", "days", "though",
                    "although",
                ])
                || pair[0].is_any(&["hours", "days", "weeks"]) && pair[1].is("after")
        })
}

/// True where a paraphrase with quoted words is joined to the quotation: "…," she writes, and wants "none".
pub(super) fn is_joined_paraphrase(reading: &Reading) -> bool {
    let Some(report) = &reading.report else {
        return false;
    };
    let has_whole = reading.parts.contains(&Part::Whole);
    // "…," she said, and she called on them to go.
    let second = (report.verb + 1..reading.words.len().saturating_sub(2)).any(|at| {
        reading.words[at].kind == Kind::Comma
            && reading.words[at + 1].is_any(&["and", "but"])
            && phrases::pronoun(&reading.words[at + 2].lower)
                .is_some_and(|pronoun| matches!(pronoun, Pronoun::He | Pronoun::She | Pronoun::They))
            && reading
                .words
                .get(at + 3)
                .is_some_and(|word| word.is_word() && is_finite(&word.lower))
    });
    if has_whole && second {
        return true;
    }
    let fragment = reading
        .words
        .iter()
        .rposition(|word| matches!(word.kind, Kind::Quote(part) if reading.parts[part] == Part::Fragment));
    has_whole && fragment.is_some_and(|fragment| fragment > report.verb)
}
