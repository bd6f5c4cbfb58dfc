//! Noun phrases: who a subject names, by a name, a description or a pronoun.

mod descriptions;
mod names;
mod several;

use std::ops::Range;

use crate::attribution::lexicon;
use crate::attribution::lexicon::{is_body, is_role, Gender};
use crate::attribution::words::{Kind, Word};
use descriptions::{describe, description_end, opens_participle};
use names::read_name;
pub(super) use names::{is_name_word, name_run_before, read_office_holder, title_case};
use several::{called, coordination, part_of};

/// Who or what a phrase names, as far as the phrase alone tells.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::attribution) enum Mention {
    Pronoun(Pronoun),
    /// A name that may be a person's: words as written, titles left out.
    Name(Name),
    /// A body or a place by its proper name.
    Body(String),
    /// "the foreign minister", "a diplomat in the room", "two officials".
    Description(Description),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attribution) enum Pronoun {
    He,
    She,
    It,
    They,
    /// The narrator, or whoever the text is by.
    First,
    /// "someone", "one", "another".
    Somebody,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::attribution) struct Name {
    pub(in crate::attribution) words: Vec<String>,
    /// What the person is said to be: by title, before the name, or in apposition.
    pub(in crate::attribution) roles: Vec<Description>,
    pub(in crate::attribution) gender: Option<Gender>,
    /// True where a title or a role shows that it is a person.
    pub(in crate::attribution) surely_person: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::attribution) struct Description {
    /// As written, without its article: "U.S. official".
    pub(in crate::attribution) text: String,
    /// The noun that it turns on, in lower case, with what makes an office of it: "foreign minister".
    pub(in crate::attribution) head: String,
    /// The other words that tell it from others of its head, in lower case.
    pub(in crate::attribution) modifiers: Vec<String>,
    /// "the …", "his …": something known.
    pub(in crate::attribution) definite: bool,
    pub(in crate::attribution) plural: bool,
    pub(in crate::attribution) gender: Option<Gender>,
    /// "his brother", "its spokesman": whose is told by a pronoun.
    pub(in crate::attribution) possessed: bool,
}

pub(in crate::attribution) fn is_preposition(word: &Word) -> bool {
    lexicon::is_preposition(&word.lower)
}

pub(in crate::attribution) fn is_determiner(word: &Word) -> bool {
    lexicon::is_determiner(&word.lower) || word.possessive
}

pub(in crate::attribution) fn pronoun(word: &str) -> Option<Pronoun> {
    // "I've", "they're"
    let word = match word.split_once('\'') {
        Some((stem, "ve" | "re" | "m" | "ll" | "d" | "s")) => stem,
        _ => word,
    };
    Some(match word {
        "he" | "him" | "himself" | "his" => Pronoun::He,
        "she" | "her" | "herself" => Pronoun::She,
        "it" | "itself" | "its" => Pronoun::It,
        "they" | "them" | "both" | "themselves" | "their" => Pronoun::They,
        "i" | "we" | "me" | "us" => Pronoun::First,
        "someone" | "somebody" | "one" | "another" | "others" | "some" | "many" | "most" | "nobody"
        | "everyone" | "everybody" | "neither" | "none" | "all" | "few" | "who" | "which" | "that"
        | "this" | "what" | "there" | "these" | "those" | "you" | "anyone" => Pronoun::Somebody,
        _ => return None,
    })
}

/// Reads the phrase `range` of a statement's words; `None` where it names nobody.
pub(in crate::attribution) fn read(text: &str, words: &[Word], range: Range<usize>) -> Option<Mention> {
    let mut start = range.start;
    while start < range.end && (!words[start].is_word() || is_opening_word(&words[start])) {
        start += 1;
    }
    let range = start..range.end;
    let main_end = range
        .clone()
        .find(|&at| !words[at].is_word())
        .unwrap_or(range.end);
    let main = range.start..main_end;
    if main.is_empty() {
        return None;
    }
    if main.len() == 1
        || main.len() == 2
            && words[main.start + 1].is_any(&[
                "himself",
                "herself",
                "themselves",
                "both",
                "too",
                "also",
                "all",
            ])
    {
        if let Some(pronoun) = pronoun(&words[main.start].lower) {
            // "complained one, Mohamud Guure", "said one, who gave his name as Abu Nizar"
            let named =
                called(text, words, range.clone()).or_else(|| apposition(text, words, main_end..range.end));
            return match named {
                Some(name @ Mention::Name(_)) if pronoun == Pronoun::Somebody => Some(name),
                _ => Some(Mention::Pronoun(pronoun)),
            };
        }
    }
    let apposition =
        called(text, words, range.clone()).or_else(|| apposition(text, words, main_end..range.end));
    if let Some(pair) = coordination(text, words, main.clone()) {
        return Some(Mention::Description(pair));
    }
    let has_determiner = is_determiner(&words[range.start]);
    let mention = part_of(text, words, &main).or_else(|| read_main(text, words, main.clone()))?;
    Some(match (mention, apposition) {
        // "Her fellow New Mexican, Sen. Dale Hutchings"
        (Mention::Name(_), Some(Mention::Name(name))) if has_determiner && name.surely_person => {
            Mention::Name(name)
        }
        (Mention::Description(description), Some(Mention::Name(mut name)))
            if !description.plural && !is_body(last_word(&description.head)) =>
        {
            name.gender = name.gender.or(description.gender);
            name.roles.push(description);
            name.surely_person = true;
            Mention::Name(name)
        }
        (Mention::Name(mut name), Some(Mention::Description(description)))
            if is_person_noun(&description) =>
        {
            name.gender = name.gender.or(description.gender);
            name.roles.push(description);
            name.surely_person = true;
            Mention::Name(name)
        }
        (mention, _) => mention,
    })
}

pub(in crate::attribution) fn last_word(head: &str) -> &str {
    head.rsplit(' ').next().unwrap_or(head)
}

fn is_person_noun(description: &Description) -> bool {
    is_role(last_word(&description.head)) && !description.plural
}

fn is_opening_word(word: &Word) -> bool {
    word.is_any(&[
        "but",
        "and",
        "so",
        "yet",
        "then",
        "still",
        "meanwhile",
        "however",
        "also",
        "even",
        "only",
        "nor",
        "or",
        "both",
        "later",
        "today",
        "yesterday",
        "tonight",
        "now",
        "earlier",
        "afterwards",
        "afterward",
        "again",
        "nevertheless",
        "instead",
        "besides",
        "moreover",
        "privately",
        "publicly",
    ])
}

/// What stands between the commas after a name or a description.
fn apposition(text: &str, words: &[Word], rest: Range<usize>) -> Option<Mention> {
    let mut description = None;
    let mut at = rest.start;
    while at < rest.end {
        if words[at].is_word() {
            let end = (at..rest.end)
                .find(|&index| !words[index].is_word())
                .unwrap_or(rest.end);
            let first = &words[at];
            let is_clause = first.is_any(&[
                "who", "whose", "which", "where", "when", "himself", "herself", "with", "in", "at", "on",
                "after", "speaking", "asked",
            ]);
            let is_age = end - at == 1 && first.kind == Kind::Number;
            if !is_clause && !is_age {
                match read_main(text, words, at..end) {
                    Some(name @ Mention::Name(_)) => return Some(name),
                    Some(other @ Mention::Description(_)) if description.is_none() => {
                        description = Some(other)
                    }
                    _ => {}
                }
            }
            at = end;
        }
        at += 1;
    }
    description
}

fn read_main(text: &str, words: &[Word], main: Range<usize>) -> Option<Mention> {
    let determiner = &words[main.start];
    let mut start = main.start;
    if read_office_holder(words, start).is_some()
        || lexicon::is_determiner(&words[start].lower) && read_office_holder(words, start + 1).is_some()
    {
        let first = start + usize::from(lexicon::is_determiner(&words[start].lower));
        let name_start = read_office_holder(words, first)?;
        if name_start < main.end && is_name_word(&words[name_start]) {
            if let Some(Mention::Name(mut name)) = read_main(text, words, name_start..main.end) {
                let office = describe(text, words, first, name_start, name_start, true, false);
                let noun = words[first..name_start]
                    .iter()
                    .position(|word| word.is("of"))
                    .map_or(String::new(), |of| words[first + of - 1].lower.clone());
                name.roles.push(Description {
                    head: noun,
                    ..office.clone()
                });
                name.roles.push(Description {
                    head: office.text.to_lowercase(),
                    ..office
                });
                name.surely_person = true;
                return Some(Mention::Name(name));
            }
        }
        let office = written(text, words, first..name_start);
        return Some(Mention::Description(Description {
            head: office.to_lowercase(),
            text: written(text, words, first..description_end(words, name_start, main.end)),
            definite: true,
            ..Description::default()
        }));
    }
    while start < main.end && lexicon::is_determiner(&words[start].lower) && !words[start].possessive {
        start += 1;
    }
    if start == main.end {
        // "The other was unrepentant"
        return words[start - 1].is("other").then(|| {
            Mention::Description(Description {
                text: written(text, words, start - 1..start),
                head: "other".to_owned(),
                ..Description::default()
            })
        });
    }
    let has_determiner = start > main.start;
    let definite = has_determiner
        && determiner.is_any(&[
            "the", "this", "that", "his", "her", "its", "their", "my", "our", "both", "these", "those",
        ])
        || words[start..main.end].iter().any(|word| word.possessive);
    let possessed = has_determiner && determiner.is_any(&["his", "her", "its", "their", "my", "our", "your"]);
    let head_end = (start..main.end)
        .find(|&at| at > start && (is_preposition(&words[at]) || opens_participle(words, at, main.end)))
        .unwrap_or(main.end);
    if head_end == start {
        return None;
    }
    let last = &words[head_end - 1];
    if is_name_word(last) {
        if let Some(mention) = read_name(text, words, start, head_end, &main) {
            return Some(mention);
        }
    }
    if last.kind == Kind::Number {
        // "Channel 4"
        let run = name_run_before(words, start, head_end - 1);
        return (run < head_end - 1).then(|| Mention::Body(written(text, words, run..head_end)));
    }
    // What was cut off after "of" and the like belongs to the description, adjuncts of time do not.
    let end = description_end(words, head_end, main.end);
    Some(Mention::Description(describe(
        text, words, start, head_end, end, definite, possessed,
    )))
}

/// Words as they stand in the text, spaces made single.
pub(in crate::attribution) fn written(text: &str, words: &[Word], range: Range<usize>) -> String {
    let Some(last) = range.clone().next_back() else {
        return String::new();
    };
    let slice = &text[words[range.start].range.start..words[last].range.end];
    slice.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn mention(text: &str) -> Mention {
        let words = words(text, &[]);
        read(text, &words, 0..words.len()).unwrap()
    }

    fn name(text: &str) -> String {
        match mention(text) {
            Mention::Name(name) => name.words.join(" "),
            other => panic!("{other:?}"),
        }
    }

    fn description(text: &str) -> Description {
        match mention(text) {
            Mention::Description(description) => description,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn titles_and_roles_come_off_names() {
        assert_eq!(name("Colombian Defense Minister Hernán Ospina"), "Hernán Ospina");
        assert_eq!(
            name("Retired Lt. Gen. Álvaro Quintero Ruiz"),
            "Álvaro Quintero Ruiz"
        );
        assert_eq!(name("columnist Mirlande Augustin"), "Mirlande Augustin");
        assert_eq!(
            name("Sen. Paula Reyes-Whitman of New Mexico"),
            "Paula Reyes-Whitman"
        );
        assert_eq!(
            name("a mine director, Sir Geoffrey Lyle of Kasai Copper"),
            "Geoffrey Lyle"
        );
        assert_eq!(
            name("Shi'ite militia leader Abu Murtadha al-Saadi"),
            "Abu Murtadha al-Saadi"
        );
    }

    #[test]
    fn appositions_tell_roles() {
        let Mention::Name(name) = mention("Trinidad's security minister, Roger Deokiesingh,") else {
            panic!()
        };
        assert_eq!(name.words, ["Roger", "Deokiesingh"]);
        assert_eq!(name.roles[0].head, "security minister");
    }

    #[test]
    fn bodies_and_places_keep_their_names() {
        assert_eq!(
            mention("the U.S. State Department"),
            Mention::Body("U.S. State Department".into())
        );
        assert_eq!(
            mention("The Organization of American States"),
            Mention::Body("Organization of American States".into())
        );
    }

    #[test]
    fn descriptions_keep_their_complement() {
        assert_eq!(description("The governor of Nineveh").text, "governor of Nineveh");
        assert_eq!(description("a U.S. official").head, "official");
        assert_eq!(
            description("a spokesman for the State Department").text,
            "spokesman for the State Department"
        );
        assert!(description("two officials").plural);
        assert!(description("the President").definite);
    }
}
