//! Statements that report a view without a quotation of their own.

use super::reading::is_word_of_another;
use super::{confidence, Found, Walk};
use crate::attribution::cast::MemberKind;
use crate::attribution::clauses::{opens_as_adverb, DAYS};
use crate::attribution::lexicon::{is_body, is_finite, is_group, is_role, verb, Manner};
use crate::attribution::phrases::{last_word, Description, Mention, Pronoun};
use crate::attribution::reporting::{Part, Place};
use crate::attribution::words::{Kind, Word};
use crate::attribution::{phrases, Quote};

/// So many quoted words are speech, and no name for a thing.
const LEAST_QUOTED_WORDS: usize = 3;

impl Walk<'_> {
    /// "It would take a year.": reported speech that goes on without a clause of its own, as its mood tells.
    pub(super) fn continued(&self, index: usize) -> Option<(Quote, Found)> {
        let previous = index.checked_sub(1)?;
        let goes_on = !self.lines[index].begins_paragraph
            && matches!(self.quotes[previous], Quote::Indirect | Quote::Mixed);
        let found = self.holders[previous].filter(|_| goes_on)?;
        let words = &self.readings[index].words;
        let is_modal = |word: &Word| word.is_any(&["would", "should", "must", "could", "might", "ought"]);
        let finite = words
            .iter()
            .position(|word| word.kind == Kind::Lower && is_finite(&word.lower))?;
        let is_detail = words[..finite]
            .iter()
            .any(|word| word.is_any(&["who", "which", "that"]));
        let is_condition = words[0].is("if") && words.iter().any(is_modal);
        let asks = self.lines[index].text.trim_end().ends_with('?');
        let opens_with_participle = asks || words[0].is_any(&["asked", "pressed", "speaking", "questioned"]);
        let is_reported = !is_detail && !opens_with_participle && is_modal(&words[finite]) || is_condition;
        let says_who = self.subjects[index]
            .is_some_and(|subject| self.cast.members[subject].is_person() && subject != found.member);
        let dated = words.iter().any(|word| word.is_any(DAYS) || word.is("tomorrow"));
        let quote = match self.readings[index].parts.contains(&Part::Fragment) {
            true => Quote::Mixed,
            false => Quote::Indirect,
        };
        (is_reported && !says_who && !dated).then_some((
            quote,
            Found {
                confidence: found.confidence * confidence::SECOND,
                ..found
            },
        ))
    }

    /// Quoted words in a statement about a person: they are that person's where nothing else is said.
    pub(super) fn quoted_of_subject(&self, index: usize) -> Option<(Quote, Found)> {
        let reading = &self.readings[index];
        let speaks = |member: usize| {
            let member = &self.cast.members[member];
            member.is_person() || matches!(member.kind, MemberKind::Body | MemberKind::DescribedGroup)
        };
        let subject = self.subjects[index].filter(|&member| speaks(member))?;
        let start = reading.subject.as_ref()?.end;
        let has_words = reading
            .words
            .iter()
            .enumerate()
            .any(|(at, word)| match word.kind {
                Kind::Quote(part) => {
                    let words = reading.quoted[part]
                        .inside(self.lines[index].text)
                        .split_whitespace()
                        .count();
                    // "a badge reading “…”", "named “Banker of the Year”"
                    let is_inscription = reading.words[..at].last().is_some_and(|word| {
                        word.is_any(&[
                            "named",
                            "called",
                            "titled",
                            "entitled",
                            "dubbed",
                            "nicknamed",
                            "reading",
                            "marked",
                            "words",
                            "sign",
                            "headed",
                        ])
                    });
                    at > start
                        && !is_inscription
                        && reading.parts[part] == Part::Fragment
                        && words >= LEAST_QUOTED_WORDS
                }
                _ => false,
            });
        has_words.then_some((
            Quote::Mixed,
            Found {
                member: subject,
                confidence: confidence::ORPHAN,
            },
        ))
    }

    /// What a statement without speech of its own reports, and whose view it is.
    pub(super) fn reported(&mut self, index: usize) -> Option<(Quote, Option<Found>)> {
        let report = self.readings[index].report.clone()?;
        let words = &self.readings[index].words;
        let first = &words[report.holder.start];
        let is_question = self.lines[index].text.trim_end().ends_with('?');
        if first.is_any(&[
            "neither", "no", "nobody", "none", "few", "has", "have", "did", "does", "do", "is", "was",
            "will", "would", "can", "who", "what", "nothing",
        ]) || is_question && report.place != Place::Parenthesis && starts_with_auxiliary(words)
        {
            return None;
        }
        // "Obviously they want", "Look says": a capital that opens a sentence may be any word's.
        if report.holder == (0..1)
            && first.is_capital()
            && phrases::pronoun(&first.lower).is_none()
            && !self.cast.is_surely_name(first)
            && is_adverb_or_verb(first)
        {
            return None;
        }
        let found = self.resolve(index, &report);
        let words = &self.readings[index].words;
        let names_thing = words[report.verb].is_any(&["called", "calls", "call", "dubbed", "dub", "termed"]);
        let mention = self.mention(index, &report.holder)?;
        if !may_hold(&mention, report.manner) {
            return None;
        }
        if found.is_none() && matches!(mention, Mention::Pronoun(Pronoun::First | Pronoun::Somebody)) {
            return None;
        }
        if let Some(found) = found {
            let member = &self.cast.members[found.member];
            let is_thing = matches!(member.kind, MemberKind::DescribedPerson | MemberKind::Thing)
                && !member
                    .roles
                    .iter()
                    .any(|role| is_holder_noun(role) || role.head.is_empty());
            if is_thing && report.manner != Manner::Speech {
                return None;
            }
        }
        let has_quote = self.readings[index].parts.contains(&Part::Fragment);
        if names_thing && !has_quote && matches!(mention, Mention::Pronoun(_)) {
            return None;
        }
        // A reporter's question is no view: "asked the minister about", "asked how to spell".
        let asks = words[report.verb].is_any(&["asked", "asks"]);
        let about = words[report.verb..]
            .iter()
            .any(|word| word.is_any(&["about", "how"]));
        let is_reporter = words[report.holder.clone()].iter().any(|word| {
            word.is_any(&[
                "reporter",
                "reporters",
                "correspondent",
                "newspaper",
                "mirror",
                "journalist",
                "journalists",
            ])
        });
        if asks && (about || is_reporter) {
            return None;
        }
        if self.is_issuer(index, &mention) {
            return Some((Quote::None, None));
        }
        let reading = &self.readings[index];
        let fragment = reading
            .words
            .iter()
            .enumerate()
            .any(|(at, word)| match word.kind {
                Kind::Quote(part) => {
                    let is_apart = (at > report.verb || at < report.holder.start)
                        && !is_word_of_another(reading, self.lines[index].text, report.verb, at, part);
                    reading.parts[part] == Part::Fragment
                        && (is_apart || matches!(report.place, Place::Parenthesis | Place::Source))
                }
                _ => false,
            });
        let quote = match report.manner {
            _ if fragment => Quote::Mixed,
            Manner::Act => Quote::None,
            _ => Quote::Indirect,
        };
        let scale = match report.place {
            Place::Second | Place::Subordinate => confidence::SECOND,
            _ => 1.0,
        };
        let found = found.map(|found| Found {
            confidence: found.confidence * scale,
            ..found
        });
        Some((quote, found))
    }

    /// True where a body's own text speaks of it: "Ministers agreed" in the ministers' communiqué.
    fn is_issuer(&self, index: usize, mention: &Mention) -> bool {
        let Some(voice) = &self.lines[index].voice else {
            return false;
        };
        match mention {
            Mention::Pronoun(Pronoun::They | Pronoun::First) => true,
            Mention::Description(description) => {
                description.plural
                    && description.modifiers.is_empty()
                    && matches!(
                        description.head.as_str(),
                        "ministers"
                            | "members"
                            | "leaders"
                            | "participants"
                            | "parties"
                            | "delegations"
                            | "heads"
                    )
                    || voice.to_lowercase().ends_with(&description.text.to_lowercase())
                        && description.definite
            }
            Mention::Body(name) => voice == name,
            _ => false,
        }
    }
}

/// "Has anybody told", "Did the Iraqis ask": a question of the author's own.
pub(super) fn starts_with_auxiliary(words: &[Word]) -> bool {
    words.iter().find(|word| word.is_word()).is_some_and(|word| {
        word.is_any(&[
            "has", "have", "had", "did", "does", "do", "is", "was", "were", "are", "will", "would", "can",
            "could", "should", "may", "might",
        ])
    }) || words
        .iter()
        .skip_while(|word| word.kind != Kind::Comma)
        .nth(1)
        .is_some_and(|word| word.is_any(&["did", "does", "do", "has", "have", "will", "would"]))
}

/// "faith reminds us", "the economy says": nobody.
fn is_abstract(description: &Description) -> bool {
    const ABSTRACT: [&str; 14] = [
        "faith",
        "economy",
        "system",
        "thing",
        "emergency",
        "history",
        "experience",
        "truth",
        "fact",
        "data",
        "evidence",
        "science",
        "reality",
        "life",
    ];
    ABSTRACT.contains(&last_word(&description.head))
}

fn is_adverb_or_verb(word: &Word) -> bool {
    opens_as_adverb(word) || is_finite(&word.lower) || verb(&word.lower, None).next().is_some()
}

/// Nouns whose owners can hold a view.
fn is_holder_noun(description: &Description) -> bool {
    let head = last_word(&description.head);
    let singular = head.strip_suffix('s').unwrap_or(head);
    is_role(head)
        || is_body(head)
        || is_group(head)
        || description.plural
        || is_body(singular)
        || is_role(singular)
}

/// Whether whoever a mention names can be the subject of such a verb: bills and plans "call for" too.
pub(super) fn may_hold(mention: &Mention, manner: Manner) -> bool {
    match mention {
        Mention::Description(description) if manner != Manner::Speech => is_holder_noun(description),
        Mention::Description(description) => {
            is_holder_noun(description) || description.possessed || !is_abstract(description)
        }
        _ => true,
    }
}
