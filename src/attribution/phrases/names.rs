//! Proper names in a phrase: of people, titles aside, of bodies and of places.

use std::ops::Range;

use super::descriptions::{describe, singular};
use super::{last_word, written, Description, Mention, Name};
use crate::attribution::lexicon;
use crate::attribution::lexicon::{
    gender_of_first_name, is_body, is_demonym, is_group, is_name_particle, is_role, is_title, title_gender,
    title_role,
};
use crate::attribution::words::{Kind, Word};

/// Whether a word may stand in a name.
pub(in crate::attribution) fn is_name_word(word: &Word) -> bool {
    // "I've" is no name, "d'Orey" is.
    let is_pronoun = word.lower.contains('\'') && super::pronoun(&word.lower).is_some();
    word.is_capital() && !lexicon::is_no_name(&word.lower) && !is_pronoun
}

/// The run of capitalised words that ends before `end` and begins no earlier than `start`.
pub(in crate::attribution) fn name_run_before(words: &[Word], start: usize, end: usize) -> usize {
    let mut first = end;
    while first > start {
        let word = &words[first - 1];
        let is_link = is_name_particle(&word.lower) && word.kind == Kind::Lower
            || word.is("and")
                && words.get(first).is_some_and(|next| {
                    next.is_any(&[
                        "tobago",
                        "herzegovina",
                        "barbuda",
                        "nevis",
                        "príncipe",
                        "grenadines",
                    ])
                });
        let next_is_name = first < end
            && (is_name_word(&words[first]) || is_name_particle(&words[first].lower) && first + 1 < end);
        if is_name_word(word) && !(word.possessive && first < end)
            || is_link && next_is_name && first - 1 > start
        {
            first -= 1;
        } else {
            break;
        }
    }
    while first < end && words[first].kind == Kind::Lower {
        first += 1;
    }
    first
}

/// Where "Minister of Defence", "Secretary of State" at `start` ends.
pub(in crate::attribution) fn read_office_holder(words: &[Word], start: usize) -> Option<usize> {
    let of = (start..words.len().min(start + 4)).find(|&at| words[at].is("of"))?;
    let is_office = of > start && is_role(&words[of - 1].lower) && words[start..of].iter().all(Word::is_word);
    let after = of + 1 + usize::from(words.get(of + 1).is_some_and(|word| word.is("the")));
    let field = words.get(after)?;
    if !is_office
        || !field.is_any(&[
            "state",
            "defence",
            "defense",
            "foreign",
            "interior",
            "staff",
            "finance",
            "war",
            "justice",
            "information",
            "external",
            "health",
            "security",
            "planning",
            "government",
            "parliament",
        ])
    {
        return None;
    }
    let two = words
        .get(after + 1)
        .is_some_and(|word| word.is_any(&["affairs", "security", "relations"]));
    Some(after + 1 + usize::from(two))
}

/// A capitalised head: a person, a body or a place; `None` for "the President", which is a description.
pub(in crate::attribution) fn read_name(
    text: &str,
    words: &[Word],
    start: usize,
    head_end: usize,
    main: &Range<usize>,
) -> Option<Mention> {
    let run = name_run_before(words, start, head_end);
    let last = &words[head_end - 1];
    let mut first = run;
    let mut roles = Vec::new();
    let mut gender = None;
    let mut titled = false;
    // "the Geneva-based Observatory"
    while first + 1 < head_end
        && ["-based", "-led", "-backed", "-run"]
            .iter()
            .any(|ending| words[first].lower.ends_with(ending))
    {
        first += 1;
    }
    let based = first;
    // "In Paris General …": what stands before a title is no part of the name.
    if let Some(title) = (first + 1..head_end.saturating_sub(1))
        .find(|&at| is_title(&words[at].lower) && !is_title(&words[at - 1].lower))
    {
        let named_before = words[first..title]
            .iter()
            .all(|word| gender_of_first_name(&word.lower).is_none());
        if named_before && !is_body(&last.lower) {
            first = title;
        }
    }
    // Demonyms and titles before a name.
    while first < head_end
        && (is_title(&words[first].lower) || is_demonym(&words[first].lower) && first + 1 < head_end)
    {
        // A title needs a name after it, but for a lone capital that may be a name: "Speaker".
        titled |= is_title(&words[first].lower);
        gender = gender.or(title_gender(&words[first].lower));
        first += 1;
    }
    let joins = |at: usize| words[at].is("of") || is_body(&last.lower) && words[at].is_any(&["on", "for"]);
    let of_the = is_body(&last.lower)
        && words.get(head_end + 1).is_some_and(|word| word.is("the"))
        && words.get(head_end + 2).is_some_and(is_name_word);
    let is_of_name = head_end < main.end
        && joins(head_end)
        && (words.get(head_end + 1).is_some_and(is_name_word) || of_the);
    if is_body(&last.lower)
        || first < head_end
            && is_of_name
            && !titled
            && (is_body(&words[head_end - 1].lower) || head_end - run == 1 && !is_role(&last.lower))
    {
        let end = if is_of_name {
            name_end(words, head_end + 1, main.end)
        } else {
            head_end
        };
        return Some(Mention::Body(written(text, words, based..end)));
    }
    if first == head_end {
        return None;
    }
    // "the President", "the Foreign Minister": capitals for an office.
    if (titled || run > start) && first > start {
        let description = describe(text, words, start, first, first, true, false);
        let noun = last_word(&description.head);
        if is_title(noun) || is_role(noun) {
            gender = gender.or(description.gender);
            titled |= is_role(noun);
            if let Some(role) = title_role(noun) {
                roles.push(Description {
                    head: role.to_owned(),
                    ..description.clone()
                });
            }
            roles.push(description);
        }
    }
    let name: Vec<String> = words[first..head_end]
        .iter()
        .map(|word| {
            let written = &text[word.range.clone()];
            // "SIR PEREGRINE ASTLEY-VANE"
            let is_shouted = titled && word.shouted && word.lower.len() > 3;
            if is_shouted {
                title_case(written)
            } else {
                written.to_owned()
            }
        })
        .collect();
    let single = name.len() == 1;
    let known_gender = gender_of_first_name(&words[first].lower);
    if is_role(&last.lower) && !titled && known_gender.is_none() && !words[first].lower.ends_with('.') {
        // "the Clan Head", "the High Commissioner": capitals for an office.
        return None;
    }
    if single && !titled && (is_group(&last.lower) || singular(&last.lower).is_some_and(is_role)) {
        return None;
    }
    if name.len() > 1 {
        gender = gender.or(known_gender);
    }
    Some(Mention::Name(Name {
        surely_person: titled || name.len() > 1 && known_gender.is_some(),
        words: name,
        roles,
        gender,
    }))
}

/// The end of the name that goes on after "of": "Organization of American States".
fn name_end(words: &[Word], start: usize, end: usize) -> usize {
    let mut at = start;
    while at < end
        && (is_name_word(&words[at])
            || at + 1 < end && words[at].is_any(&["and", "of", "the"]) && is_name_word(&words[at + 1]))
    {
        at += 1;
    }
    at
}

/// "ASTLEY-VANE" as "Astley-Vane".
pub(in crate::attribution) fn title_case(name: &str) -> String {
    let mut after_letter = false;
    name.chars()
        .flat_map(|character| {
            let lower = after_letter;
            after_letter = character.is_alphabetic();
            match lower {
                true => character.to_lowercase().collect::<Vec<_>>(),
                false => vec![character],
            }
        })
        .collect()
}
