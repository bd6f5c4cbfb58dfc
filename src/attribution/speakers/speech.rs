//! Statements in which speech stands as such: who speaks them.

use super::pronouns::PRONOUN_REACH;
use super::reading::is_joined_paraphrase;
use super::{confidence, Found, Walk};
use crate::attribution::cast::MemberKind;
use crate::attribution::phrases::{Mention, Pronoun};
use crate::attribution::reporting::{Part, Report};
use crate::attribution::words::Kind;
use crate::attribution::{phrases, Attribution, Quote};

impl Walk<'_> {
    /// A statement in which speech stands as such.
    pub(super) fn speech(&mut self, index: usize) -> Attribution {
        let beside = self.readings[index].beside();
        let quotations = self.quotations_of(index);
        let mut by_author = false;
        let found = match &beside {
            Some(report) => {
                let found = self.resolve(index, report);
                by_author = found.is_none() && self.is_first_person(index, report);
                found
            }
            None => None,
        };
        let is_passive = self.is_put_to_somebody(index);
        // "A single line arrived: “…”": it says nothing by itself.
        let is_line = |found: &Found| {
            let member = &self.cast.members[found.member];
            member.kind == MemberKind::Thing
                && member.roles.iter().any(|role| {
                    matches!(
                        role.head.as_str(),
                        "line"
                            | "arithmetic"
                            | "sentence"
                            | "verdict"
                            | "answer"
                            | "reply"
                            | "word"
                            | "question"
                            | "argument"
                            | "point"
                    )
                })
        };
        let found = found.filter(|found| !is_line(found));
        let found = found.or_else(|| {
            if by_author || is_passive {
                None
            } else {
                self.speaker_of(index, &quotations)
            }
        });
        if let Some(found) = found {
            for quotation in quotations {
                self.spoken.entry(quotation).or_insert(found);
            }
        }
        self.holders[index] = found;
        let quote = match is_joined_paraphrase(&self.readings[index]) {
            true => Quote::Mixed,
            false => Quote::Direct,
        };
        let mut attribution = self.given(index, quote, found);
        if by_author {
            attribution.holder = self.lines[index].voice.clone();
            attribution.holder_confidence = attribution.holder.as_ref().map(|_| confidence::OWN_VOICE);
        }
        attribution
    }

    /// "'Were you informed?' he was asked": nobody says by whom.
    fn is_put_to_somebody(&self, index: usize) -> bool {
        let words = &self.readings[index].words;
        words.windows(4).any(|window| {
            matches!(window[0].kind, Kind::Quote(_))
                && phrases::pronoun(&window[1].lower).is_some()
                && window[2].is_any(&["was", "were", "is"])
                && window[3].is_any(&["asked", "told"])
        }) && !words.iter().any(|word| word.is("by"))
    }

    fn quotations_of(&self, index: usize) -> Vec<usize> {
        let whole = self.readings[index]
            .parts
            .iter()
            .zip(&self.readings[index].quoted);
        whole
            .filter(|(part, _)| **part == Part::Whole)
            .map(|(_, span)| span.quotation)
            .collect()
    }

    fn is_first_person(&self, index: usize, report: &Report) -> bool {
        self.mention(index, &report.holder) == Some(Mention::Pronoun(Pronoun::First))
    }

    /// Who speaks a quotation that no clause in its statement reports.
    pub(super) fn speaker_of(&mut self, index: usize, quotations: &[usize]) -> Option<Found> {
        if let Some(&found) = quotations.iter().find_map(|quotation| self.spoken.get(quotation)) {
            return Some(Found {
                confidence: found.confidence * confidence::CARRIED,
                ..found
            });
        }
        // "…," he said comes only with a later sentence of the same quotation.
        for later in index + 1..self.lines.len() {
            let goes_on = self
                .quotations_of(later)
                .iter()
                .any(|quotation| quotations.contains(quotation));
            if !goes_on {
                break;
            }
            if let Some(report) = self.readings[later].beside() {
                return self.resolve(later, &report);
            }
        }
        self.speaker_nearby(index)
    }

    /// Who speaks a quotation that nothing reports at all.
    fn speaker_nearby(&mut self, index: usize) -> Option<Found> {
        let orphan = |member: usize| Found {
            member,
            confidence: confidence::ORPHAN,
        };
        let is_bare = self.readings[index].words.iter().all(|word| !word.is_word());
        if !is_bare {
            // "Sink them!" was her answer: whoever the sentence is about.
            if let Some(subject) =
                self.subjects[index].filter(|&member| self.cast.members[member].may_be_person())
            {
                return Some(orphan(subject));
            }
        }
        let previous = index.checked_sub(1)?;
        let same_paragraph = !self.lines[index].begins_paragraph;
        let previous_is_speech = matches!(
            self.quotes[previous],
            Quote::Direct | Quote::Mixed | Quote::Indirect
        );
        // A question put to somebody is answered by somebody else.
        let asked = self.quotes[previous] == Quote::Direct
            && self.lines[previous].text.contains(['?'])
            && !same_paragraph;
        if asked {
            let asker = self.holders[previous].map(|found| found.member);
            let answerer = self.holders[..previous]
                .iter()
                .rev()
                .take(PRONOUN_REACH)
                .flatten()
                .map(|found| found.member)
                .find(|&member| Some(member) != asker);
            if let Some(answerer) = answerer {
                return Some(orphan(answerer));
            }
        }
        if previous_is_speech {
            if let Some(found) = self.holders[previous] {
                return Some(orphan(found.member));
            }
        }
        let about = self.subjects[previous].filter(|&member| self.cast.members[member].may_be_person());
        let introduced = self.lines[previous].text.trim_end().ends_with(':');
        if let Some(subject) = about.or(self.subjects[previous].filter(|_| introduced)) {
            return Some(orphan(subject));
        }
        let last = self.holders[..index]
            .iter()
            .rev()
            .take(PRONOUN_REACH)
            .flatten()
            .next();
        last.map(|found| orphan(found.member))
    }
}
