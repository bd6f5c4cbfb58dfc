//! Polls: the holder is the group polled.

use std::ops::Range;

use super::{Place, Report};
use crate::attribution::lexicon::{is_finite, is_group, Manner};
use crate::attribution::phrases::is_preposition;
use crate::attribution::words::{Kind, Word};

/// Words that show that a share is of people who were asked.
const ASKED: &[&str] = &[
    "poll",
    "polls",
    "survey",
    "surveys",
    "polled",
    "surveyed",
    "respondents",
    "say",
    "said",
    "support",
    "supported",
    "oppose",
    "opposed",
    "favor",
    "favour",
    "favored",
    "favoured",
    "back",
    "backed",
    "want",
    "wanted",
    "tell",
    "told",
    "reject",
    "rejected",
    "believe",
    "believed",
    "think",
    "thought",
    "approve",
    "approved",
    "disapprove",
    "disapproved",
    "would",
];

const SMALL_NUMBERS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

/// "61 percent of Jamaicans are against it", "Two in three Danes approve".
pub(in crate::attribution) fn poll(words: &[Word]) -> Option<Report> {
    let share = share(words)?;
    if !words.iter().any(|word| word.is_any(ASKED)) {
        return None;
    }
    let holder = whole_before(words, share)
        .or_else(|| whole_after(words, share))
        .or_else(|| sampled(words))?;
    Some(Report {
        holder,
        verb: share,
        manner: Manner::View,
        place: Place::Main,
    })
}

/// Where a share stands: "percent", "per cent", "66%", or the "in" of "two in three".
fn share(words: &[Word]) -> Option<usize> {
    let is_number = |word: &Word| word.is_any(SMALL_NUMBERS) || word.kind == Kind::Number;
    (0..words.len()).find(|&at| {
        let is_percent = words[at].is_any(&["percent", "per", "pc"])
            || words[at].kind == Kind::Number && words[at].lower.ends_with('%');
        let is_ratio = at > 0
            && at + 1 < words.len()
            && words[at].is("in")
            && is_number(&words[at - 1])
            && words[at + 1].is_any(SMALL_NUMBERS);
        is_percent || is_ratio
    })
}

/// "Of the same Texans, 66% would", "Among Republicans, 61% approved"
fn whole_before(words: &[Word], share: usize) -> Option<Range<usize>> {
    words.first().filter(|word| word.is_any(&["of", "among"]))?;
    let comma = (1..share).find(|&at| words[at].kind == Kind::Comma)?;
    Some(1..comma)
}

/// "61 percent of Jamaicans", "two in three Danes"
fn whole_after(words: &[Word], share: usize) -> Option<Range<usize>> {
    let start = match words[share].is("in") {
        true => share + 2,
        false => (share + 1..(share + 4).min(words.len())).find(|&at| words[at].is("of"))? + 1,
    };
    group_at(words, start)
}

/// "a poll of 212 students found 88 per cent of them glad"
fn sampled(words: &[Word]) -> Option<Range<usize>> {
    let poll = words.iter().position(|word| word.is_any(&["poll", "survey"]))?;
    let is_of = words.get(poll + 1)?.is("of") && words.get(poll + 2)?.kind == Kind::Number;
    let start = (poll + 2..words.len()).find(|&at| words[at].kind != Kind::Number)?;
    is_of.then(|| group_at(words, start)).flatten()
}

/// The people whom words from `start` on name.
fn group_at(words: &[Word], start: usize) -> Option<Range<usize>> {
    let ends = |at: usize| {
        let is_verb =
            words[at].kind == Kind::Lower && (is_finite(&words[at].lower) || words[at].is_any(ASKED));
        !words[at].is_word() || is_preposition(&words[at]) || at > start && is_verb
    };
    let end = (start..words.len()).find(|&at| ends(at)).unwrap_or(words.len());
    let names_people = words.get(start..end)?.iter().any(|word| {
        is_group(&word.lower) || word.is_capital() || word.is_any(&["respondents", "people", "adults"])
    });
    names_people.then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::words::words;

    fn holder(text: &str) -> Option<String> {
        let words = words(text, &[]);
        poll(&words).map(|report| {
            words[report.holder]
                .iter()
                .map(|word| word.lower.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        })
    }

    #[test]
    fn the_group_polled_holds_it() {
        for (text, expected) in [
            (
                "A poll has 61 percent of Jamaicans against the strikes.",
                "jamaicans",
            ),
            (
                "Of the same Texans, 66% would share fingerprints.",
                "the same texans",
            ),
            ("Two in three Danes approve of sending them.", "danes"),
            (
                "A straw poll of 212 Makerere students found 88 per cent of them glad.",
                "makerere students",
            ),
        ] {
            assert_eq!(holder(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(holder("Prices rose by 3 percent of output."), None);
    }
}
