//! Statements of transcripts: whose turn they are.

use super::reports::{may_hold, starts_with_auxiliary};
use super::{confidence, Found, Line, Walk};
use crate::attribution::cast::MemberKind;
use crate::attribution::lexicon::Manner;
use crate::attribution::phrases::{last_word, Description, Mention, Pronoun};
use crate::attribution::reporting::{Part, Place, Report};
use crate::attribution::turns::{tag_length, Speaker};
use crate::attribution::words::words;
use crate::attribution::{phrases, Attribution, Quote};

impl Walk<'_> {
    /// A statement of a transcript.
    pub(super) fn turn(&mut self, index: usize, speaker: &Speaker<'_>) -> Attribution {
        let text = self.lines[index].text;
        let asks = matches!(speaker, Speaker::Asker | Speaker::NamedAsker(_));
        let member = match speaker {
            Speaker::Asker => self.interviewer(),
            Speaker::NamedAsker(name) => self.tagged(index, name),
            Speaker::Answerer => self.interviewee(),
            Speaker::Named(name) | Speaker::Bite(name) => self.tagged(index, name),
        };
        // A threat reported inside a question belongs to whoever made it.
        let is_question = asks || member.is_some() && text.trim_end().ends_with('?');
        let body = tag_length(text);
        let reading = &self.readings[index];
        if let Some(report) = reading
            .report
            .clone()
            .filter(|report| reading.words[report.holder.start].range.start >= body)
        {
            let has_whole = reading.parts.contains(&Part::Whole);
            let is_own_question = starts_with_auxiliary(&reading.words) && text.trim_end().ends_with('?');
            let is_told = !is_own_question
                && (has_whole && report.place == Place::BesideQuotation || (is_question || asks || self.asked_by(speaker)) && report.place <= Place::Source
                // In an answer, only what somebody else is said to have said.
                || report.place == Place::Main && report.manner == Manner::Speech && self.names_another(index, &report));
            let mention = self.mention(index, &report.holder);
            let is_other = mention.as_ref().is_some_and(|mention| {
                !matches!(mention, Mention::Pronoun(Pronoun::First | Pronoun::Somebody))
                    && may_hold(mention, report.manner)
            });
            if is_told && is_other && !matches!(report.manner, Manner::Act) {
                if let Some(found) = self
                    .resolve(index, &report)
                    .filter(|found| Some(found.member) != member)
                {
                    self.holders[index] = Some(found);
                    let has_fragment = self.readings[index].parts.contains(&Part::Fragment);
                    let quote = match (has_whole, has_fragment) {
                        (true, _) => Quote::Direct,
                        (false, true) => Quote::Mixed,
                        (false, false) => Quote::Indirect,
                    };
                    return self.given(index, quote, Some(found));
                }
            }
        }
        let found = member.map(|member| Found {
            member,
            confidence: confidence::TURN,
        });
        self.holders[index] = found;
        self.given(index, Quote::Direct, found)
    }

    /// True where a report's holder is named, and not by a pronoun.
    fn names_another(&self, index: usize, report: &Report) -> bool {
        matches!(
            self.mention(index, &report.holder),
            Some(Mention::Name(_) | Mention::Body(_))
        )
    }

    /// True where a named speaker is one who mostly asks.
    fn asked_by(&self, speaker: &Speaker<'_>) -> bool {
        let of_speaker = |line: &&Line<'_>| line.turn.as_ref() == Some(speaker);
        let turns = self
            .lines
            .iter()
            .filter(of_speaker)
            .filter(|line| line.begins_paragraph)
            .count();
        let questions = self
            .lines
            .iter()
            .filter(of_speaker)
            .filter(|line| line.text.trim_end().ends_with('?'))
            .count();
        turns > 0 && questions * 2 >= turns
    }

    /// Whoever asks, where the text says who: the author of an interview.
    fn interviewer(&mut self) -> Option<usize> {
        let name = self.interviewer.clone()?;
        Some(self.cast.add_name(&phrases::Name {
            words: name.split_whitespace().map(str::to_owned).collect(),
            surely_person: true,
            ..phrases::Name::default()
        }))
    }

    /// Whoever a transcript without names is an interview with: the person named most often.
    fn interviewee(&self) -> Option<usize> {
        let persons = (0..self.cast.members.len())
            .filter(|&member| self.cast.members[member].kind == MemberKind::Person);
        let count = |member: &usize| {
            let named = self
                .cast
                .appearances
                .iter()
                .filter(|appearance| appearance.member == *member)
                .count();
            let first = self
                .cast
                .appearances
                .iter()
                .position(|appearance| appearance.member == *member);
            (named, std::cmp::Reverse(first))
        };
        persons.max_by_key(count)
    }

    /// Whom a speaker's tag names: by surname, by full name or by office.
    fn tagged(&mut self, index: usize, tag: &str) -> Option<usize> {
        let lower = tag.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let named = self.cast.members.iter().position(|member| {
            member.may_be_person() && {
                let name = member.name.to_lowercase();
                let parts: Vec<&str> = name.split_whitespace().collect();
                words.last().is_some_and(|last| parts.contains(last))
            }
        });
        if named.is_some() {
            return named;
        }
        let spelt = words
            .into_iter()
            .filter(|&word| word != "the")
            .collect::<Vec<_>>()
            .join(" ");
        let known = words_of_tag(&spelt).and_then(|description| self.known_as(index, 0, &description));
        if known.is_some() {
            return known;
        }
        let name = match tag.chars().any(char::is_lowercase) {
            true => tag.to_owned(),
            false => phrases::title_case(tag),
        };
        let existing = self.cast.members.iter().position(|member| member.name == name);
        Some(existing.unwrap_or_else(|| {
            self.cast.add_description(&Description {
                text: name.trim_start_matches("The ").to_owned(),
                head: last_word(&spelt).to_owned(),
                ..Description::default()
            })
        }))
    }
}

fn words_of_tag(tag: &str) -> Option<Description> {
    let words = words(tag, &[]);
    match phrases::read(tag, &words, 0..words.len())? {
        Mention::Description(description) => Some(Description {
            definite: true,
            ..description
        }),
        _ => None,
    }
}
