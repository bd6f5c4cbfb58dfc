//! The cast of an article: the people, bodies and places it names, by every name it gives them.

mod members;
mod mining;
mod roles;

use std::collections::HashSet;

use crate::attribution::lexicon::{country_of, is_body, is_role, Gender};
use crate::attribution::phrases::{last_word, Description, Name};
use crate::attribution::words::{words, Word};
pub(super) use members::MemberKind;
use members::{is_acronym, is_part_of, Member};
use mining::is_shouted;
use roles::country_in;

/// Where somebody is named.
#[derive(Clone, Copy, Debug)]
pub(in crate::attribution) struct Appearance {
    pub(in crate::attribution) statement: usize,
    /// In bytes of the statement's text.
    pub(in crate::attribution) at: usize,
    pub(in crate::attribution) member: usize,
    /// True where the name has more than one word: it then says which of two of one surname is meant.
    pub(in crate::attribution) full: bool,
}

#[derive(Clone, Debug, Default)]
pub(in crate::attribution) struct Cast {
    pub(in crate::attribution) members: Vec<Member>,
    /// In the order of the text.
    pub(in crate::attribution) appearances: Vec<Appearance>,
    /// Words that the article writes with a capital inside sentences, in lower case.
    pub(in crate::attribution) capitals: HashSet<String>,
}

impl Cast {
    /// Everybody named in an article's title and statements.
    pub(in crate::attribution) fn of(title: Option<&str>, statements: &[&str]) -> Self {
        let mut cast = Self::default();
        let read: Vec<Vec<Word>> = statements.iter().map(|text| words(text, &[])).collect();
        for words in &read {
            cast.note_capitals(words);
        }
        for (statement, words) in read.iter().enumerate() {
            cast.read(statements[statement], words, statement);
        }
        if let Some(title) = title {
            // Headlines have capitals throughout: they add full names to surnames, no more.
            cast.read_title(title);
        }
        cast
    }

    /// Who is named in a statement, in order.
    pub(in crate::attribution) fn appearances_in(&self, statement: usize) -> &[Appearance] {
        let before = self
            .appearances
            .partition_point(|appearance| appearance.statement < statement);
        let up_to = self
            .appearances
            .partition_point(|appearance| appearance.statement <= statement);
        &self.appearances[before..up_to]
    }

    pub(in crate::attribution) fn is_surely_name(&self, word: &Word) -> bool {
        self.capitals.contains(&word.lower) || country_of(&word.lower).is_some() || is_shouted(word)
    }

    /// The member of this name, new where there is none.
    pub(in crate::attribution) fn add_name(&mut self, name: &Name) -> usize {
        let lower: Vec<String> = name.words.iter().map(|word| word.to_lowercase()).collect();
        let index = self.find_name(&lower, name.gender).unwrap_or_else(|| {
            self.members.push(Member {
                name: String::new(),
                words: Vec::new(),
                kind: MemberKind::Named,
                roles: Vec::new(),
                gender: None,
            });
            self.members.len() - 1
        });
        let member = &mut self.members[index];
        if lower.len() > member.words.len() {
            member.name = name.words.join(" ");
            member.words = lower;
        }
        self.learn(index, name);
        index
    }

    /// What a phrase tells of a member beside the name.
    pub(in crate::attribution) fn learn(&mut self, index: usize, name: &Name) {
        let member = &mut self.members[index];
        if name.surely_person && member.kind == MemberKind::Named {
            member.kind = MemberKind::Person;
        }
        member.gender = member.gender.or(name.gender);
        for role in &name.roles {
            if !member.roles.contains(role) {
                member.roles.push(role.clone());
            }
        }
    }

    /// The fullest name in the article of a person with this one.
    pub(in crate::attribution) fn fullest(&self, name: &str) -> String {
        let lower: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
        let found = self.find_name(&lower, None).map(|index| &self.members[index]);
        match found {
            Some(member) if member.kind == MemberKind::Person && member.name.len() > name.len() => {
                member.name.clone()
            }
            _ => name.to_owned(),
        }
    }

    /// The one person of the article who has an office.
    pub(in crate::attribution) fn alone_in_office(&self, description: &Description) -> Option<usize> {
        let mut holders = (0..self.members.len()).filter(|&index| {
            let member = &self.members[index];
            member.kind == MemberKind::Person && member.roles.iter().any(|role| role.head == description.head)
        });
        let only = holders.next()?;
        holders.next().is_none().then_some(only)
    }

    /// The member that a name may be of: the one last named in full where several share it.
    fn find_name(&self, lower: &[String], gender: Option<Gender>) -> Option<usize> {
        let fits = |member: &Member| {
            let is_named = match lower {
                // "Mexico" is not short for "New Mexico", nor "Nairobi" for "Nairobi Weekly".
                [one] if member.words.len() > 1 => {
                    member.kind == MemberKind::Person && country_of(one).is_none()
                        || member.kind == MemberKind::Named
                            && member.looks_like_person()
                            && member.words.last() == Some(one)
                            && country_of(one).is_none()
                }
                _ => matches!(member.kind, MemberKind::Person | MemberKind::Named),
            };
            let agrees = gender.is_none() || member.gender.is_none() || member.gender == gender;
            is_named
                && agrees
                && (is_part_of(lower, &member.words)
                    || is_part_of(&member.words, lower)
                        && member.words.len() == 1
                        && lower.last() == member.words.last()
                        && country_of(&member.words[0]).is_none())
        };
        if let Some(exact) = self
            .members
            .iter()
            .position(|member| member.words == lower && fits(member))
        {
            if lower.len() > 1 {
                return Some(exact);
            }
        }
        // A surname alone is rather that of whom the article spoke of first: relatives go by more.
        if let ([_], None) = (lower, gender) {
            let bearer = self.members.iter().position(|member| {
                member.kind == MemberKind::Person
                    && member.words.len() > 1
                    && fits(member)
                    && member.words.last() == lower.last()
            });
            if bearer.is_some() {
                return bearer;
            }
        }
        let last = self.appearances.iter().rev().find(|appearance| {
            let member = &self.members[appearance.member];
            (appearance.full || member.words.len() == 1) && fits(member)
        });
        last.map(|appearance| appearance.member)
            .or_else(|| self.members.iter().position(fits))
    }

    /// The body or place of this name, by its fullest name in the article.
    pub(in crate::attribution) fn add_body(&mut self, name: &str) -> usize {
        let lower: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
        let same = |member: &Member| {
            let is_body = matches!(member.kind, MemberKind::Body | MemberKind::Named);
            let shares_end = member.words.last() == lower.last() && lower.len() > 1 && member.words.len() > 1;
            is_body
                && (member.words == lower
                    || shares_end && (is_part_of(&lower, &member.words) || is_part_of(&member.words, &lower))
                    || is_acronym(name, &member.name)
                    || is_acronym(&member.name, name))
        };
        if let Some(index) = self.members.iter().rposition(same) {
            let member = &mut self.members[index];
            if lower.len() > member.words.len() {
                member.name = name.to_owned();
                member.words = lower;
            }
            return index;
        }
        self.members.push(Member {
            name: name.to_owned(),
            words: lower,
            kind: MemberKind::Body,
            roles: Vec::new(),
            gender: None,
        });
        self.members.len() - 1
    }

    /// A person or group without a name.
    pub(in crate::attribution) fn add_description(&mut self, description: &Description) -> usize {
        let head = last_word(&description.head);
        let kind = if description.plural || is_body(head) {
            MemberKind::DescribedGroup
        } else if is_role(head) || description.head.is_empty() {
            MemberKind::DescribedPerson
        } else {
            MemberKind::Thing
        };
        self.members.push(Member {
            name: description.text.clone(),
            words: Vec::new(),
            kind,
            roles: vec![description.clone()],
            gender: description.gender,
        });
        self.members.len() - 1
    }

    /// Whoever is known by a description, the last to be spoken of first; `recent` ranks members.
    pub(in crate::attribution) fn described(
        &self,
        description: &Description,
        recency: impl Fn(usize) -> Option<usize>,
    ) -> Option<usize> {
        let mut candidates: Vec<(usize, Option<usize>)> = (0..self.members.len())
            .filter(|&index| self.members[index].answers_to(description))
            .map(|index| (index, recency(index)))
            .collect();
        // Whose country is told comes before whose is not.
        let country = country_in(description);
        let is_told = |index: usize| {
            country.is_some()
                && self.members[index]
                    .roles
                    .iter()
                    .any(|role| country_in(role) == country)
        };
        // So does whose very office it is: "the prime minister" before "the minister".
        let is_exact = |index: usize| {
            description.head.contains(' ')
                && self.members[index]
                    .roles
                    .iter()
                    .any(|role| role.head == description.head)
        };
        candidates.sort_by_key(|&(index, recency)| {
            (is_told(index), is_exact(index), recency, std::cmp::Reverse(index))
        });
        candidates.last().map(|&(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(statements: &[&str]) -> Vec<String> {
        Cast::of(None, statements)
            .members
            .into_iter()
            .map(|member| member.name)
            .collect()
    }

    #[test]
    fn surnames_and_full_names_are_one() {
        let names = names(&["Sen. Bolaños spoke.", "J. R. Bolaños left.", "Bolaños slept."]);
        assert_eq!(names, ["J. R. Bolaños"]);
    }

    #[test]
    fn bodies_go_by_their_fullest_name() {
        let names = names(&[
            "The U.S. State Department spoke.",
            "It left.",
            "Yesterday the State Department slept.",
        ]);
        assert_eq!(names, ["U.S. State Department"]);
    }
}
