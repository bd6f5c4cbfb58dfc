//! Reads an article from its first statement to its last and says who holds each.

mod identities;
mod pronouns;
mod reading;
mod reports;
mod speech;
mod transcripts;

use std::collections::HashMap;
use std::ops::Range;

use crate::attribution::cast::Cast;
use crate::attribution::phrases;
use crate::attribution::phrases::Mention;
use crate::attribution::quotations::QuotedSpan;
use crate::attribution::reporting::Part;
use crate::attribution::turns::Speaker;
use crate::attribution::{Attribution, Quote};
use reading::{read_line, Reading};

/// What is known of a statement before anybody is looked for.
pub(in crate::attribution) struct Line<'a> {
    pub(in crate::attribution) text: &'a str,
    pub(in crate::attribution) begins_paragraph: bool,
    pub(in crate::attribution) quoted: Vec<QuotedSpan>,
    pub(in crate::attribution) turn: Option<Speaker<'a>>,
    /// Whose voice the statement is where it gives its view to nobody else.
    pub(in crate::attribution) voice: Option<String>,
}

/// Whom a phrase turned out to mean, and how surely.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Found {
    member: usize,
    confidence: f32,
}

/// How often each way to find a holder was right on annotated articles.
mod confidence {
    pub(super) const NAMED: f32 = 0.96;
    pub(super) const DESCRIBED: f32 = 0.89;
    pub(super) const PRONOUN: f32 = 0.89;
    pub(super) const TURN: f32 = 0.95;
    pub(super) const OWN_VOICE: f32 = 0.97;
    /// Of what the clause's own confidence is worth where it stands elsewhere than beside a quotation.
    pub(super) const SECOND: f32 = 0.82;
    pub(super) const CARRIED: f32 = 0.97;
    pub(super) const ORPHAN: f32 = 0.84;
}

pub(in crate::attribution) fn attribute(
    lines: &[Line<'_>],
    cast: Cast,
    interviewer: Option<String>,
) -> Vec<Attribution> {
    let readings = lines.iter().map(read_line).collect();
    let mut walk = Walk {
        lines,
        readings,
        cast,
        interviewer,
        subjects: vec![None; lines.len()],
        holders: vec![None; lines.len()],
        quotes: vec![Quote::None; lines.len()],
        spoken: HashMap::new(),
    };
    (0..lines.len()).map(|index| walk.step(index)).collect()
}

struct Walk<'a> {
    lines: &'a [Line<'a>],
    readings: Vec<Reading>,
    cast: Cast,
    /// Who asks in an interview, where it is said.
    interviewer: Option<String>,
    /// Whom each statement so far is about, and who holds it.
    subjects: Vec<Option<usize>>,
    holders: Vec<Option<Found>>,
    quotes: Vec<Quote>,
    /// Who speaks each quotation.
    spoken: HashMap<usize, Found>,
}

impl Walk<'_> {
    fn step(&mut self, index: usize) -> Attribution {
        self.subjects[index] = self.subject(index);
        let attribution = match self.lines[index].turn.clone() {
            Some(speaker) => self.turn(index, &speaker),
            None => self.statement(index),
        };
        self.quotes[index] = attribution.quote;
        attribution
    }

    /// Whom a phrase of a statement names.
    fn mention(&self, index: usize, phrase: &Range<usize>) -> Option<Mention> {
        phrases::read(
            self.lines[index].text,
            &self.readings[index].words,
            phrase.clone(),
        )
    }

    /// A statement outside transcripts.
    fn statement(&mut self, index: usize) -> Attribution {
        let has_whole = self.readings[index].parts.contains(&Part::Whole);
        if has_whole {
            return self.speech(index);
        }
        if let Some((quote, found)) = self.reported(index) {
            self.holders[index] = found;
            return self.given(index, quote, found);
        }
        if let Some((quote, found)) = self.continued(index).or_else(|| self.quoted_of_subject(index)) {
            self.holders[index] = Some(found);
            return self.given(index, quote, Some(found));
        }
        self.own_voice(index)
    }

    /// The author's own voice, or narration.
    fn own_voice(&self, index: usize) -> Attribution {
        let voice = self.lines[index].voice.clone();
        Attribution {
            quote: Quote::None,
            holder_confidence: voice.as_ref().map(|_| confidence::OWN_VOICE),
            holder: voice,
        }
    }

    fn given(&self, index: usize, quote: Quote, found: Option<Found>) -> Attribution {
        match found {
            Some(found) => Attribution {
                holder: Some(self.cast.members[found.member].name.clone()),
                holder_confidence: Some(found.confidence),
                quote,
            },
            None if quote == Quote::None => self.own_voice(index),
            None => Attribution {
                holder: None,
                holder_confidence: None,
                quote,
            },
        }
    }
}
