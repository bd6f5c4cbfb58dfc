//! Reads the names in an article's title and statements.

use super::members::MemberKind;
use super::{Appearance, Cast};
use crate::attribution::clauses::is_adverb;
use crate::attribution::lexicon::{
    country_of, gender_of_first_name, is_body, is_finite, is_name_particle, is_role,
};
use crate::attribution::phrases;
use crate::attribution::phrases::{
    is_determiner, is_name_word, is_preposition, name_run_before, pronoun, read_office_holder, Mention,
};
use crate::attribution::quotations::MARKS;
use crate::attribution::words::{words, Kind, Word};

impl Cast {
    /// Notes the words that have a capital where no sentence opens: they are names.
    pub(in crate::attribution) fn note_capitals(&mut self, words: &[Word]) {
        for pair in words.windows(2) {
            if pair[0].is_word() && is_name_word(&pair[1]) {
                self.capitals.insert(pair[1].lower.clone());
            }
        }
    }

    pub(in crate::attribution) fn read_title(&mut self, title: &str) {
        let words = words(title, &[]);
        let texts: Vec<&str> = words.iter().map(|word| &title[word.range.clone()]).collect();
        for pair in texts.windows(2) {
            let lower: Vec<String> = pair.iter().map(|word| word.to_lowercase()).collect();
            if gender_of_first_name(&lower[0]).is_none() || !pair[0].starts_with(char::is_uppercase) {
                continue;
            }
            if let Some(member) = self.members.iter_mut().find(|member| member.words == lower[1..]) {
                member.name = pair.join(" ");
                member.words = lower;
                member.kind = MemberKind::Person;
            }
        }
    }

    /// Reads the names in a statement.
    pub(in crate::attribution) fn read(&mut self, text: &str, words: &[Word], statement: usize) {
        let mut at = 0;
        while at < words.len() {
            if !is_name_word(&words[at]) {
                at += 1;
                continue;
            }
            let mut end = at + 1;
            while end < words.len()
                && (is_name_word(&words[end])
                    && !words[end - 1].possessive
                    && !is_nickname(text, &words[end])
                    || continues_name(words, end))
            {
                end += 1;
            }
            // "Minister of Defence Ilze Vētra"
            if let Some(office_end) = read_office_holder(words, at).filter(|&office_end| office_end >= end) {
                end = office_end;
                while end < words.len()
                    && (is_name_word(&words[end]) && !words[end - 1].possessive || continues_name(words, end))
                {
                    end += 1;
                }
            }
            let opens = at == 0 || !words[at - 1].is_word() && words[at - 1].kind != Kind::Comma;
            let mut start = at;
            while start < end && opens && is_common_opening(&words[start]) {
                start += 1;
            }
            // A lone capital that opens a sentence may be any word.
            let is_doubtful = opens && start == at && end - start == 1 && !self.is_surely_name(&words[start]);
            if start < end && !is_doubtful {
                self.read_run(text, words, start, end, statement);
            }
            at = end;
        }
    }

    pub(in crate::attribution) fn read_run(
        &mut self,
        text: &str,
        words: &[Word],
        start: usize,
        end: usize,
        statement: usize,
    ) {
        let phrase_start = match start > 1 && has_mark(text, &words[start - 2], &words[start]) {
            true => start,
            false => role_before(words, start),
        };
        // "At the United Nations, the delegate said": a place is nobody's name.
        let before = &words[start.saturating_sub(usize::from(start > 0 && words[start - 1].is("the")))];
        let before_index = start.saturating_sub(1 + usize::from(start > 0 && words[start - 1].is("the")));
        let is_place =
            start > 0 && before_index == 0 && is_preposition(&words[before_index]) && before.is_word();
        let phrase_end = if is_place
            || words
                .get(end + 1)
                .is_some_and(|next| has_mark(text, &words[end - 1], next))
        {
            end
        } else {
            apposition_end(words, end)
        };
        let mut mention = phrases::read(text, words, phrase_start..phrase_end);
        // "Papa Léon, who sells batteries"
        let has_clause = words.get(end).is_some_and(|word| word.kind == Kind::Comma)
            && words
                .get(end + 1)
                .is_some_and(|word| word.is_any(&["who", "whose", "whom"]))
            || words.get(end).is_some_and(|word| word.is("who"));
        if let Some(Mention::Name(name)) = &mut mention {
            name.surely_person |= has_clause;
            // "President Benedito Saldanha of Brazil"
            if let Some(country) = country_after(words, end) {
                name.roles
                    .iter_mut()
                    .for_each(|role| role.modifiers.push(country.to_owned()));
            }
        }
        let at = words[name_run_before(words, start, end).min(end - 1)].range.start;
        let member = match mention {
            Some(Mention::Name(name)) => self.add_name(&name),
            Some(Mention::Body(name)) => self.add_body(&name),
            _ => return,
        };
        let full = self.members[member].words.len() > 1 && end - start > 1;
        self.appearances.push(Appearance {
            statement,
            at,
            member,
            full,
        });
    }
}

/// The country that "of Brazil" names after a name.
fn country_after(words: &[Word], end: usize) -> Option<&'static str> {
    let is_of = words.get(end).is_some_and(|word| word.is("of"));
    let first = words.get(end + 1).filter(|_| is_of)?;
    let both = words
        .get(end + 2)
        .map(|second| format!("{} {}", first.lower, second.lower));
    both.and_then(|both| country_of(&both))
        .or_else(|| country_of(&first.lower))
}

/// "Walter “Buck” Amundsen": a name in marks.
fn is_nickname(text: &str, word: &Word) -> bool {
    let is_mark = |c: char| MARKS.contains(&c);
    text[..word.range.start].chars().next_back().is_some_and(is_mark)
        && text[word.range.end..].chars().next().is_some_and(is_mark)
}

/// True where a quotation begins or ends between two words.
fn has_mark(text: &str, one: &Word, other: &Word) -> bool {
    text[one.range.end..other.range.start].contains(['"', '“', '”', '‘', '«', '»'])
}

/// "CARICOM": capitals throughout, which tells nothing of how a sentence opens.
pub(in crate::attribution) fn is_shouted(word: &Word) -> bool {
    word.lower.len() > 1 && word.shouted
}

fn continues_name(words: &[Word], at: usize) -> bool {
    is_name_particle(&words[at].lower)
        && words[at].kind == Kind::Lower
        && !words[at - 1].possessive
        && (words.get(at + 1).is_some_and(is_name_word)
            || words
                .get(at + 1)
                .is_some_and(|next| is_name_particle(&next.lower))
                && words.get(at + 2).is_some_and(is_name_word))
        || is_body(&words[at - 1].lower)
            && words[at - 1].is_capital()
            && words[at].is_any(&["of", "on", "for"])
            && (words.get(at + 1).is_some_and(is_name_word)
                || words.get(at + 1).is_some_and(|word| word.is("the"))
                    && words.get(at + 2).is_some_and(is_name_word))
        || words[at].is("the")
            && at > 1
            && words[at - 1].is_any(&["of", "on", "for"])
            && is_body(&words[at - 2].lower)
            && words[at - 2].is_capital()
            && words.get(at + 1).is_some_and(is_name_word)
}

/// Words that open sentences and are no names.
fn is_common_opening(word: &Word) -> bool {
    is_determiner(word) && !word.possessive
        || pronoun(&word.lower).is_some()
        || is_preposition(word)
        || is_finite(&word.lower)
        || is_adverb(word)
}

/// Where the phrase of a name begins, if a role stands before it: "columnist X", "the commander, X".
fn role_before(words: &[Word], start: usize) -> usize {
    let back_over = |from: usize| {
        let mut at = from;
        while at > 0
            && from - at < 9
            && words[at - 1].is_word()
            && !is_determiner(&words[at - 1])
            && (words[at - 1].kind != Kind::Lower || !is_finite(&words[at - 1].lower))
        {
            at -= 1;
        }
        if at > 0 && is_determiner(&words[at - 1]) {
            at - 1
        } else {
            at
        }
    };
    let role_at =
        |at: usize| words[at].kind == Kind::Lower && is_role(&words[at].lower) && !words[at].possessive;
    if start > 0 && role_at(start - 1) {
        let mut at = start - 1;
        while at > 0
            && start - at < 5
            && words[at - 1].is_word()
            && !is_determiner(&words[at - 1])
            && !is_preposition(&words[at - 1])
            && !(words[at - 1].kind == Kind::Lower && is_finite(&words[at - 1].lower))
        {
            at -= 1;
        }
        return at;
    }
    if start > 1 && words[start - 1].kind == Kind::Comma {
        let begin = back_over(start - 1);
        if words[begin..start - 1]
            .iter()
            .any(|word| word.kind == Kind::Lower && is_role(&word.lower))
        {
            return begin;
        }
    }
    start
}

/// The end of what stands in apposition after a name.
fn apposition_end(words: &[Word], end: usize) -> usize {
    if words.get(end).is_none_or(|word| word.kind != Kind::Comma) {
        return end;
    }
    let mut start = end + 1;
    // "Rosa Imbacuán, 34, a teacher"
    if words.get(start).is_some_and(|word| word.kind == Kind::Number)
        && words.get(start + 1).is_some_and(|word| word.kind == Kind::Comma)
    {
        start += 2;
    }
    let close = (start..words.len().min(start + 14))
        .find(|&at| !words[at].is_word())
        .unwrap_or(words.len().min(start + 14));
    let opens = words.get(start).is_some_and(|word| {
        is_determiner(word)
            || is_role(&word.lower)
            || words.get(start + 1).is_some_and(|next| is_role(&next.lower))
    });
    if opens
        && words[start..close]
            .iter()
            .take(8)
            .any(|word| is_role(&word.lower))
    {
        close
    } else {
        end
    }
}
