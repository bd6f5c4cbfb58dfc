//! Whom a phrase means.

use super::pronouns::PRONOUN_REACH;
use super::{confidence, Found, Walk};
use crate::attribution::cast::MemberKind;
use crate::attribution::clauses::phrase_after;
use crate::attribution::lexicon::is_role;
use crate::attribution::phrases;
use crate::attribution::phrases::{last_word, Description, Mention, Pronoun};
use crate::attribution::reporting::{Part, Place, Report};
use crate::attribution::words::{Kind, Word};

/// How far back the issuer of a document has spoken, in statements.
const DOCUMENT_REACH: usize = 3;

impl Walk<'_> {
    /// Whom the main clause of a statement is about.
    pub(super) fn subject(&mut self, index: usize) -> Option<usize> {
        let phrase = self.readings[index].subject.clone()?;
        let mention = self.mention(index, &phrase)?;
        let at = self.readings[index].words[phrase.start].range.start;
        if matches!(mention, Mention::Pronoun(Pronoun::First | Pronoun::Somebody)) {
            return None;
        }
        // "Lorries left": a capital that opens a sentence may be any word's.
        if let (Mention::Name(name), 0) = (&mention, phrase.start) {
            let word = &self.readings[index].words[0];
            if name.words.len() == 1 && !name.surely_person && !self.cast.is_surely_name(word) {
                return None;
            }
        }
        self.identify(index, at, &mention).map(|found| found.member)
    }

    /// Whom a report names as its holder.
    pub(super) fn resolve(&mut self, index: usize, report: &Report) -> Option<Found> {
        let mention = self.mention(index, &report.holder)?;
        if let Some(issuer) = self.issuer_in_phrase(index, report) {
            return Some(issuer);
        }
        let has_words =
            report.place == Place::BesideQuotation || self.readings[index].parts.contains(&Part::Fragment);
        if has_words && mention == Mention::Pronoun(Pronoun::Somebody) {
            return self.somebody(index, report);
        }
        let at = self.sight_of(index, report, &mention);
        let found = self.identify(index, at, &mention)?;
        let other = self
            .issuer_before(index, found, &mention)
            .or_else(|| self.answerer(index, report, found, &mention));
        Some(other.unwrap_or(found))
    }

    /// "someone shouted", "one called it": whoever it was, by that word.
    fn somebody(&mut self, index: usize, report: &Report) -> Option<Found> {
        let first = report.holder.start..report.holder.start + 1;
        let words = &self.readings[index].words;
        let text = phrases::written(self.lines[index].text, words, first).to_lowercase();
        let speaks = matches!(
            text.as_str(),
            "someone" | "somebody" | "one" | "another" | "others" | "some" | "many"
        );
        speaks.then(|| Found {
            member: self.cast.add_description(&Description {
                text,
                ..Description::default()
            }),
            confidence: confidence::DESCRIBED,
        })
    }

    /// Up to where in its statement a mention looks for whom it means, in bytes.
    ///
    /// In "his men were patriots, he said", "he" is none of those whom the statement speaks of; it may be in
    /// "Hollander gave them until Sunday, failing which, he warned, …".
    fn sight_of(&self, index: usize, report: &Report, mention: &Mention) -> usize {
        let words = &self.readings[index].words;
        let own = words[report.holder.start].range.start;
        if !(report.place == Place::Parenthesis && matches!(mention, Mention::Pronoun(_))) {
            return own;
        }
        let clause = words[..report.holder.start]
            .iter()
            .rposition(|word| matches!(word.kind, Kind::Semicolon | Kind::Colon));
        let is_person =
            self.subjects[index].is_some_and(|subject| self.cast.members[subject].kind == MemberKind::Person);
        match clause {
            Some(clause) => words[clause].range.start,
            None if is_person => own,
            None => 0,
        }
    }

    /// "The communique went on": whoever issued it has spoken before.
    fn issuer_before(&self, index: usize, found: Found, mention: &Mention) -> Option<Found> {
        const DOCUMENTS: [&str; 9] = [
            "communique",
            "communiqué",
            "statement",
            "note",
            "message",
            "release",
            "declaration",
            "handout",
            "text",
        ];
        let is_document = self.cast.members[found.member]
            .roles
            .iter()
            .any(|role| DOCUMENTS.contains(&last_word(&role.head)));
        let is_known = match mention {
            Mention::Pronoun(_) => true,
            Mention::Description(description) => description.definite && description.modifiers.is_empty(),
            _ => false,
        };
        if !(is_document && is_known) {
            return None;
        }
        let before = self.holders[..index].iter().rev().take(DOCUMENT_REACH).flatten();
        before.copied().find(|issuer| issuer.member != found.member)
    }

    /// "he answered": not whoever has just asked.
    fn answerer(&self, index: usize, report: &Report, found: Found, mention: &Mention) -> Option<Found> {
        let answers = self.readings[index].words[report.verb].is_any(&[
            "answered",
            "answers",
            "replied",
            "replies",
            "responded",
            "retorted",
            "shot",
        ]);
        let previous = index.checked_sub(1)?;
        let has_asked = self.lines[previous].text.contains('?')
            && self.holders[previous].is_some_and(|asker| asker.member == found.member);
        if !(answers && has_asked && matches!(mention, Mention::Pronoun(_))) {
            return None;
        }
        let before = self.holders[..previous]
            .iter()
            .rev()
            .take(PRONOUN_REACH)
            .flatten();
        let other = before.copied().find(|other| other.member != found.member)?;
        Some(Found {
            member: other.member,
            ..found
        })
    }

    /// "The document, drawn up by the service, argues", "a statement from the ministry said": who issued it.
    pub(super) fn issuer_in_phrase(&mut self, index: usize, report: &Report) -> Option<Found> {
        let reading = &self.readings[index];
        let phrase = report.holder.clone();
        let is_document = |word: &Word| {
            word.is_any(&[
                "document",
                "documents",
                "paper",
                "memo",
                "memorandum",
                "note",
                "letter",
                "cable",
                "communique",
                "communiqué",
                "statement",
                "leaflet",
                "message",
                "report",
                "study",
                "telegram",
            ])
        };
        // "Sogati's reply arrived", "the secretariat's fact sheet says"
        let is_word_of = |word: &Word| {
            is_document(word)
                || word.is_any(&[
                    "reply", "answer", "response", "post", "tweet", "verdict", "sheet", "website", "words",
                    "comment",
                ])
        };
        let last = phrase
            .clone()
            .take_while(|&at| reading.words[at].is_word())
            .last()?;
        if is_word_of(&reading.words[last]) {
            let owner = (phrase.start..last)
                .rev()
                .find(|&at| reading.words[at].possessive);
            if let Some(owner) = owner {
                let mention = self.mention(index, &(phrase.start..owner + 1))?;
                let at = reading.words[phrase.start].range.start;
                return if matches!(mention, Mention::Pronoun(_)) {
                    None
                } else {
                    self.identify(index, at, &mention)
                };
            }
        }
        let document = phrase.clone().find(|&at| is_document(&reading.words[at]))?;
        let by = (document + 1..phrase.end).find(|&at| reading.words[at].is_any(&["by", "from"]))?;
        let is_issued = (document + 1..by).all(|at| {
            let word = &reading.words[at];
            !word.is_word()
                || word.is_any(&[
                    "issued",
                    "drawn",
                    "up",
                    "written",
                    "prepared",
                    "signed",
                    "published",
                    "released",
                    "drafted",
                    "posted",
                    "sent",
                ])
        });
        let end = (by + 1..phrase.end)
            .find(|&at| reading.words[at].is("and"))
            .unwrap_or(phrase.end);
        let holder = phrase_after(&reading.words[..end], by + 1).filter(|_| is_issued)?;
        let at = reading.words[holder.start].range.start;
        let mention = self.mention(index, &holder)?;
        if matches!(mention, Mention::Pronoun(_)) {
            return None;
        }
        self.identify(index, at, &mention)
    }

    /// Who is meant by a mention at `at` in a statement.
    pub(super) fn identify(&mut self, index: usize, at: usize, mention: &Mention) -> Option<Found> {
        let found = |member: usize, confidence: f32| Some(Found { member, confidence });
        match mention {
            Mention::Pronoun(pronoun) => {
                let member = self.antecedent(index, at, *pronoun)?;
                found(member, confidence::PRONOUN)
            }
            Mention::Name(name) => {
                // The cast was read from the whole article: the name is in it, at this place or as a new one.
                let here = self.cast.appearances_in(index).iter().find(|appearance| {
                    appearance.at >= at && {
                        let member = self.cast.members[appearance.member].name.to_lowercase();
                        let parts: Vec<&str> = member.split(' ').collect();
                        name.words
                            .iter()
                            .all(|word| parts.contains(&word.to_lowercase().as_str()))
                    }
                });
                let member = match here.map(|appearance| appearance.member) {
                    Some(member) => {
                        self.cast.learn(member, name);
                        member
                    }
                    None => self.cast.add_name(name),
                };
                found(member, confidence::NAMED)
            }
            Mention::Body(name) => {
                let member = self.cast.add_body(name);
                found(member, confidence::NAMED)
            }
            Mention::Description(description) => {
                // "its defence minister": whoever alone has that office in the article.
                if description.possessed
                    && is_role(last_word(&description.head))
                    && description.head.contains(' ')
                {
                    if let Some(member) = self.cast.alone_in_office(description) {
                        return found(member, confidence::PRONOUN);
                    }
                }
                if description.definite && !description.possessed {
                    if let Some(member) = self.known_as(index, at, description) {
                        return found(member, confidence::PRONOUN);
                    }
                }
                let existing = self.cast.members.iter().position(|member| {
                    matches!(
                        member.kind,
                        MemberKind::DescribedPerson | MemberKind::DescribedGroup
                    ) && member.name == description.text
                });
                let member = match existing {
                    Some(member) => member,
                    None => self.cast.add_description(description),
                };
                found(member, confidence::DESCRIBED)
            }
        }
    }

    pub(super) fn known_as(&self, index: usize, at: usize, description: &Description) -> Option<usize> {
        self.cast
            .described(description, |member| self.last_seen(index, at, member))
    }

    /// When a member was last spoken of before a place: a larger number is later.
    pub(super) fn last_seen(&self, index: usize, at: usize, member: usize) -> Option<usize> {
        let appeared = self
            .cast
            .appearances
            .iter()
            .rev()
            .find(|appearance| {
                appearance.member == member && (appearance.statement, appearance.at) < (index, at)
            })
            .map(|appearance| appearance.statement * 4);
        let held = (0..index)
            .rev()
            .find(|&before| self.holders[before].is_some_and(|found| found.member == member))
            .map(|before| before * 4 + 2);
        let was_subject = (0..index)
            .rev()
            .find(|&before| self.subjects[before] == Some(member))
            .map(|before| before * 4 + 1);
        appeared.max(held).max(was_subject)
    }
}
