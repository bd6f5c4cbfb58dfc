//! Members of a cast, and what they answer to.

use super::roles::is_same_role;
use crate::attribution::lexicon::{country_of, is_body, is_place_word, Gender};
use crate::attribution::phrases::{last_word, Description};

/// Somebody or something that the article speaks of.
#[derive(Clone, Debug)]
pub(in crate::attribution) struct Member {
    /// The fullest name or, where there is none, the description, as written.
    pub(in crate::attribution) name: String,
    pub(in crate::attribution) words: Vec<String>,
    pub(in crate::attribution) kind: MemberKind,
    pub(in crate::attribution) roles: Vec<Description>,
    pub(in crate::attribution) gender: Option<Gender>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attribution) enum MemberKind {
    Person,
    /// A name that may be a person's, a body's or a thing's.
    Named,
    Body,
    /// A person without a name in the article.
    DescribedPerson,
    /// Something that is neither: a plan, a fear.
    Thing,
    /// A group or a body without a proper name.
    DescribedGroup,
}

impl Member {
    pub(in crate::attribution) fn is_person(&self) -> bool {
        matches!(self.kind, MemberKind::Person | MemberKind::DescribedPerson)
    }

    pub(in crate::attribution) fn may_be_person(&self) -> bool {
        let is_place = || {
            self.words
                .iter()
                .all(|word| country_of(word).is_some() || is_place_word(word))
        };
        self.is_person() || self.kind == MemberKind::Named && !is_place()
    }

    /// True for two or three words none of which is a place's or a body's.
    pub(in crate::attribution) fn looks_like_person(&self) -> bool {
        (2..=4).contains(&self.words.len())
            && !self
                .words
                .iter()
                .any(|word| is_body(word) || country_of(word).is_some() || is_place_word(word))
    }

    pub(in crate::attribution) fn is_plural(&self) -> bool {
        self.roles.iter().any(|role| role.plural)
    }

    pub(in crate::attribution) fn answers_to(&self, description: &Description) -> bool {
        let head = last_word(&description.head);
        let gender_agrees =
            description.gender.is_none() || self.gender.is_none() || self.gender == description.gender;
        if self.kind == MemberKind::Body {
            let country = |words: &[String]| words.iter().find_map(|word| country_of(word));
            let (mine, asked) = (country(&self.words), country(&description.modifiers));
            return self.words.iter().any(|word| word == head) && (asked.is_none() || mine == asked);
        }
        let fits_kind = !is_body(head) || matches!(self.kind, MemberKind::DescribedGroup);
        gender_agrees && fits_kind && self.roles.iter().any(|role| is_same_role(role, description))
    }
}

/// True where the words of `part` stand in `whole` in their order.
pub(in crate::attribution) fn is_part_of(part: &[String], whole: &[String]) -> bool {
    let mut rest = whole.iter();
    !part.is_empty() && part.iter().all(|word| rest.any(|other| other == word))
}

pub(in crate::attribution) fn is_acronym(short: &str, long: &str) -> bool {
    let letters: String = short.chars().filter(|c| c.is_alphanumeric()).collect();
    let is_short = letters.len() >= 2 && letters.len() <= 7 && letters.chars().all(char::is_uppercase);
    let initials: String = long
        .split([' ', '-'])
        .filter_map(|word| word.chars().next())
        .filter(|c| c.is_uppercase())
        .collect();
    is_short && long.contains(' ') && initials == letters
}
