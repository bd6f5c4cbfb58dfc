//! Whom a pronoun means.

use super::Walk;
use crate::attribution::cast::MemberKind;
use crate::attribution::lexicon::Gender;
use crate::attribution::phrases::Pronoun;

/// How far back a pronoun looks, in statements.
pub(super) const PRONOUN_REACH: usize = 6;

impl Walk<'_> {
    /// Whom a pronoun at `at` in a statement means.
    pub(super) fn antecedent(&mut self, index: usize, at: usize, pronoun: Pronoun) -> Option<usize> {
        let gender = match pronoun {
            Pronoun::He => Some(Gender::Masculine),
            Pronoun::She => Some(Gender::Feminine),
            _ => None,
        };
        let fits = |walk: &Self, member: usize| {
            let member = &walk.cast.members[member];
            match pronoun {
                Pronoun::He | Pronoun::She => {
                    member.may_be_person()
                        && !member.is_plural()
                        && member.gender.is_none_or(|own| Some(own) == gender)
                }
                Pronoun::It => {
                    matches!(
                        member.kind,
                        MemberKind::Body | MemberKind::DescribedGroup | MemberKind::Named
                    ) && !member.is_plural()
                        && member.gender.is_none()
                        && !member.is_person()
                }
                Pronoun::They => {
                    member.is_plural() || matches!(member.kind, MemberKind::Body | MemberKind::DescribedGroup)
                }
                Pronoun::First | Pronoun::Somebody => false,
            }
        };
        let certain = |walk: &Self, member: usize| {
            let member = &walk.cast.members[member];
            match gender {
                Some(_) => member.gender == gender,
                None => true,
            }
        };
        let lowest = index.saturating_sub(PRONOUN_REACH);
        // Bodies and places are named in passing all the time: "it" means what was spoken of, or who spoke.
        let in_passing = matches!(pronoun, Pronoun::He | Pronoun::She);
        let mut best: Option<(f32, usize)> = None;
        for statement in (lowest..=index).rev() {
            for (member, prominent) in self.salient(statement, index, at, in_passing) {
                if !fits(self, member) {
                    continue;
                }
                let is_named_in_passing = !prominent
                    && self.cast.members[member].kind == MemberKind::Named
                    && !self.cast.members[member].looks_like_person();
                let distance = (index - statement) as f32
                    + if certain(self, member) { 0.0 } else { 0.6 }
                    + if self.cast.members[member].kind == MemberKind::DescribedPerson {
                        0.3
                    } else {
                        0.0
                    }
                    + if prominent { 0.0 } else { 0.75 }
                    + if is_named_in_passing { 4.0 } else { 0.0 };
                if best.is_none_or(|(least, _)| distance < least) {
                    best = Some((distance, member));
                }
            }
        }
        let (_, member) = best?;
        if let Some(gender) = gender {
            self.cast.members[member].gender.get_or_insert(gender);
        }
        Some(member)
    }

    /// Whom a statement brings to mind, the nearest to mind first; of the statement at hand, what stands before `at`.
    pub(super) fn salient(
        &self,
        statement: usize,
        index: usize,
        at: usize,
        in_passing: bool,
    ) -> Vec<(usize, bool)> {
        let line = &self.lines[statement];
        let is_here = statement == index;
        let is_quoted = |place: usize| line.quoted.iter().any(|span| span.range.contains(&place));
        let mut members = Vec::new();
        if !is_here {
            members.extend(self.subjects[statement].map(|member| (member, true)));
            members.extend(self.holders[statement].map(|found| (found.member, true)));
        }
        if is_here
            && self.subjects[statement].is_some()
            && self.readings[statement]
                .subject
                .as_ref()
                .is_some_and(|phrase| self.readings[statement].words[phrase.start].range.start < at)
        {
            members.extend(self.subjects[statement].map(|member| (member, true)));
        }
        if in_passing {
            let named = self.cast.appearances_in(statement).iter();
            let said =
                named.filter(|appearance| (!is_here || appearance.at < at) && !is_quoted(appearance.at));
            members.extend(said.map(|appearance| (appearance.member, false)));
        }
        members
    }
}
