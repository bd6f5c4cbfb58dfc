//! Phrases that name several, or give a name in passing.

use std::ops::Range;

use super::descriptions::description_end;
use super::names::is_name_word;
use super::{is_preposition, read_main, written, Description, Mention};
use crate::attribution::words::{Kind, Word};

/// "One of them", "some of the villagers": a part of others, as written.
pub(in crate::attribution) fn part_of(text: &str, words: &[Word], main: &Range<usize>) -> Option<Mention> {
    let is_part = words[main.start].is_any(&[
        "one", "some", "most", "many", "two", "three", "several", "another",
    ]) && words.get(main.start + 1).is_some_and(|word| word.is("of"));
    (is_part && main.len() > 2).then(|| {
        let end = description_end(words, main.start + 1, main.end);
        Mention::Description(Description {
            text: written(text, words, main.start..end).to_lowercase(),
            head: String::new(),
            plural: !words[main.start].is_any(&["one", "another"]),
            ..Description::default()
        })
    })
}

/// "Djakarta and New Delhi", "the French and German ministers": several at once.
pub(in crate::attribution) fn coordination(
    text: &str,
    words: &[Word],
    main: Range<usize>,
) -> Option<Description> {
    let and = main
        .clone()
        .find(|&at| words[at].is("and") && words[at].kind == Kind::Lower)?;
    let of = main
        .clone()
        .find(|&at| is_preposition(&words[at]))
        .unwrap_or(main.end);
    let belongs = words[and + 1..main.end].iter().any(|word| word.possessive);
    if and == main.start
        || and + 1 >= main.end
        || and > of
        || belongs
        || words[and - 1].is_any(&["trinidad", "bosnia", "antigua", "nevis", "science"])
    {
        return None;
    }
    let start = main.start + usize::from(words[main.start].is_any(&["the", "both"]));
    let head = words[main.end.min(of) - 1].lower.clone();
    Some(Description {
        text: written(text, words, start..main.end),
        head,
        plural: true,
        ..Description::default()
    })
}

/// "an engineer called Ilir Mala", "who gave his name as Lt. Rumengan": the name that a description is given.
pub(in crate::attribution) fn called(text: &str, words: &[Word], range: Range<usize>) -> Option<Mention> {
    let at =
        range.clone().find(|&at| {
            words[at].is_any(&["called", "named"]) && words[at].kind == Kind::Lower
                || words[at].is("as")
                    && words[range.start..at].iter().rev().take(2).any(|word| {
                        word.is_any(&["name", "identified", "known", "himself", "herself", "itself"])
                    })
        })?;
    let end = (at + 1..range.end)
        .find(|&index| !words[index].is_word())
        .unwrap_or(range.end);
    let starts_with_name = words.get(at + 1).is_some_and(is_name_word);
    let mention = starts_with_name.then(|| read_main(text, words, at + 1..end))??;
    matches!(mention, Mention::Name(_)).then_some(mention)
}
