//! Descriptions: "the foreign minister", "a diplomat in the room".

use super::names::is_name_word;
use super::{is_determiner, is_preposition, pronoun, written, Description};
use crate::attribution::lexicon;
use crate::attribution::lexicon::{gender_of_role, is_body, is_demonym, is_finite, is_group, is_role};
use crate::attribution::words::{Kind, Word};

/// "a man | holding a flag", "an engineer | called Ilir Mala"; not "the acting commander".
pub(in crate::attribution) fn opens_participle(words: &[Word], at: usize, end: usize) -> bool {
    let word = &words[at];
    let is_participle = word.kind == Kind::Lower
        && !word.possessive
        && (word.lower.ends_with("ing") && word.lower.len() > 4
            || word.is_any(&["called", "named", "known", "identified", "based", "led"]));
    let goes_on = at + 1 >= end
        || is_determiner(&words[at + 1])
        || is_preposition(&words[at + 1])
        || pronoun(&words[at + 1].lower).is_some()
        || words[at + 1].kind == Kind::Number
        || word.lower.ends_with("ed")
        || is_name_word(&words[at + 1])
        || words[at + 1].is_any(&["him", "her", "them", "only", "himself", "herself"]);
    let is_adjective = word.is_any(&[
        "acting",
        "outgoing",
        "incoming",
        "leading",
        "ruling",
        "serving",
        "visiting",
        "sitting",
        "governing",
        "neighbouring",
        "neighboring",
        "warring",
        "standing",
        "founding",
        "supreme",
    ]);
    is_participle && goes_on && !is_adjective
}

/// The end of a description's complement: "of Nineveh", "for the ethnic Albanian guerrillas".
pub(in crate::attribution) fn description_end(words: &[Word], head_end: usize, end: usize) -> usize {
    let mut at = head_end;
    while at < end {
        let word = &words[at];
        let is_clause = word.is_any(&[
            "who", "which", "that", "whose", "whom", "where", "when", "while", "not", "after", "before",
            "as", "who's", "during",
        ]);
        let is_time = word.is_any(&["on", "at", "in"])
            && words
                .get(at + 1)
                .is_some_and(|next| lexicon::is_no_name(&next.lower) || next.kind == Kind::Number);
        let is_part = word.is("for") && words.get(at + 2).is_some_and(|part| part.is("part"));
        let is_verb =
            is_part || word.kind == Kind::Lower && is_finite(&word.lower) && !is_determiner(&words[at - 1]);
        if is_clause
            || is_time
            || is_verb
            || !word.is_word()
            || word.is_any(&["below", "above", "here", "there"])
        {
            break;
        }
        at += 1;
    }
    at
}

pub(in crate::attribution) fn describe(
    text: &str,
    words: &[Word],
    start: usize,
    head_end: usize,
    end: usize,
    definite: bool,
    possessed: bool,
) -> Description {
    // "300 dockworkers": how many is no part of who.
    let start = if words[start].kind == Kind::Number && start + 1 < head_end {
        start + 1
    } else {
        start
    };
    let head_word = &words[head_end - 1];
    // "foreign minister", "prime minister's office": the noun before makes the office.
    let office_start = match head_end - start {
        0 | 1 => start,
        _ => {
            let before = &words[head_end - 2];
            let joins = !before.possessive && before.kind != Kind::Number && !is_demonym(&before.lower);
            if joins {
                head_end - 2
            } else {
                head_end - 1
            }
        }
    };
    let head_words: Vec<&str> = words[office_start..head_end]
        .iter()
        .map(|word| word.lower.as_str())
        .collect();
    let head = match is_role(&head_word.lower) || is_body(&head_word.lower) {
        true => head_words.join(" "),
        false => head_word.lower.clone(),
    };
    let modifiers = words[start..end]
        .iter()
        .filter(|word| word.is_word() && !is_preposition(word) && !lexicon::is_determiner(&word.lower))
        .map(|word| word.lower.clone())
        .filter(|word| !head.split(' ').any(|part| part == word))
        .collect();
    let singular = singular(&head_word.lower);
    Description {
        text: written(text, words, counted_start(words, start, possessed)..end),
        plural: is_group(&head_word.lower) || singular.is_some_and(is_role),
        gender: gender_of_role(&head_word.lower),
        head,
        modifiers,
        definite,
        possessed,
    }
}

/// Back over "several", "two", "another" before a description: they are a part of it.
fn counted_start(words: &[Word], start: usize, possessed: bool) -> usize {
    let mut first = start;
    if first > 0 && possessed && words[first - 1].is_any(&["his", "her", "its", "their", "my", "our", "your"])
    {
        first -= 1;
    }
    while first > 0 && words[first - 1].is_any(&["several", "two", "three", "four", "five", "another", "one"])
    {
        first -= 1;
    }
    first
}

pub(in crate::attribution) fn singular(word: &str) -> Option<&str> {
    word.strip_suffix('s').filter(|stem| stem.len() > 3)
}
