//! Paragraph → sentences.
//!
//! The candidates are the sentence boundaries of Unicode Standard Annex 29, which cuts too often in
//! news (after "Gen.", before "he asked") and in a few places too rarely (before a figure, a
//! lower-case name, after an ellipsis). Each candidate is then judged by what stands around it.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::abbreviations::{abbreviation, Abbreviation};
use super::marks::{CLOSING_MARKS, OPENING_MARKS, TERMINATORS};
use super::openings::{
    begins_lower, begins_lower_case_name, begins_number, begins_upper, begins_written_number,
    continues_a_time, first_word, opens_like_a_sentence,
};
use super::reporting::begins_reporting_clause;

/// The byte ranges of the sentences of a paragraph, trimmed, in order, none of them empty.
pub(super) fn sentences(paragraph: &str) -> Vec<Range<usize>> {
    // A wrapped line's end is a space like any other; as one byte for one, offsets stay.
    let unwrapped: String = paragraph
        .chars()
        .map(|character| {
            if matches!(character, '\n' | '\r' | '\t') {
                ' '
            } else {
                character
            }
        })
        .collect();
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut brackets = Brackets::default();
    let mut read = 0;
    for candidate in candidates(&unwrapped) {
        brackets.read(&unwrapped, read..candidate, start);
        read = candidate;
        let (left, right) = (&unwrapped[start..candidate], &unwrapped[candidate..]);
        if !brackets.hold_together(candidate) && is_boundary(left, right) {
            push_trimmed(&unwrapped, start..candidate, &mut sentences);
            start = candidate;
        }
    }
    push_trimmed(&unwrapped, start..unwrapped.len(), &mut sentences);
    sentences
}

fn push_trimmed(text: &str, range: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let content = &text[range.clone()];
    let start = range.start + content.len() - content.trim_start().len();
    let end = start + content.trim().len();
    if text[start..end].chars().any(char::is_alphabetic) {
        sentences.push(start..end);
    }
}

/// Where a sentence might begin, rising, the start of the text left out.
fn candidates(text: &str) -> Vec<usize> {
    let mut candidates: Vec<usize> = text
        .split_sentence_bound_indices()
        .map(|(at, _)| at)
        .filter(|&at| at > 0)
        .collect();
    candidates.extend(missed_by_unicode(text));
    candidates.sort_unstable();
    candidates.dedup();
    candidates
}

/// Places after a full stop or an ellipsis at which Annex 29 never cuts.
fn missed_by_unicode(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices().filter_map(move |(at, character)| {
        if !character.is_whitespace() || text[..at].ends_with(char::is_whitespace) {
            return None;
        }
        let rest = &text[at..];
        let gap = rest.len() - rest.trim_start().len();
        let after_stop = text[..at].trim_end_matches(CLOSING_MARKS).ends_with(TERMINATORS);
        after_stop.then_some(at + gap).filter(|&next| next < text.len())
    })
}

/// Brackets still open in the sentence at hand.
#[derive(Default)]
struct Brackets {
    open: Vec<OpenBracket>,
}

struct OpenBracket {
    at: usize,
    /// False where the bracket opens the sentence: then the sentence may end inside it.
    in_mid_sentence: bool,
}

/// A bracket that never closes must not swallow the rest of a paragraph; in bytes.
const LONGEST_BRACKET: usize = 400;

impl Brackets {
    /// Reads on over `text[part]`; the sentence at hand began at `sentence_start`.
    fn read(&mut self, text: &str, part: Range<usize>, sentence_start: usize) {
        for (index, character) in text[part.clone()].char_indices() {
            match character {
                '(' | '[' => {
                    let at = part.start + index;
                    let before = text.get(sentence_start..at).unwrap_or("");
                    self.open.push(OpenBracket {
                        at,
                        in_mid_sentence: before.chars().any(|c| !OPENING_MARKS.contains(&c)),
                    });
                }
                ')' | ']' => {
                    self.open.pop();
                }
                _ => {}
            }
        }
    }

    fn hold_together(&mut self, at: usize) -> bool {
        self.open.retain(|bracket| at - bracket.at <= LONGEST_BRACKET);
        self.open.iter().any(|bracket| bracket.in_mid_sentence)
    }
}

/// True where `left`, a sentence so far, ends and `right` begins another.
fn is_boundary(left: &str, right: &str) -> bool {
    let left = left.trim_end();
    let stem = left.trim_end_matches(|mark| CLOSING_MARKS.contains(&mark));
    let closed = stem.len() < left.len();
    let cluster = &stem[stem.trim_end_matches(TERMINATORS).len()..];
    if cluster.is_empty() || right.trim().is_empty() || !left.chars().any(char::is_alphanumeric) {
        return false;
    }
    // “…” – Peter, 39, her brother.
    if closed && right.trim_start().starts_with(['–', '—']) {
        return false;
    }
    // ". . ." is one ellipsis.
    if right.starts_with('.') || stem.ends_with(" .") && !begins_upper(right) {
        return false;
    }
    if begins_lower(right) && !begins_lower_case_name(right) {
        return false;
    }
    match cluster {
        "." => !is_abbreviated(stem, right, &left[stem.len()..]),
        "…" | "..." | "...." => {
            let hesitates = first_word(right) == "I" && !closed;
            begins_upper(right) && !hesitates && !(closed && begins_reporting_clause(right))
        }
        // A question or an exclamation inside a quotation may be followed by who asked it.
        _ => !(closed && begins_reporting_clause(right)),
    }
}

/// True where the full stop that ends `stem` belongs to an abbreviation that goes on; `closing`
/// are the marks between it and `right`.
fn is_abbreviated(stem: &str, right: &str, closing: &str) -> bool {
    let word = stem.rsplit(char::is_whitespace).next().unwrap_or(stem);
    let word = word.trim_start_matches(OPENING_MARKS);
    // "1." alone is a number before its item, "Q." a speaker's tag before the turn.
    let alone = stem.trim_start_matches(OPENING_MARKS);
    if matches!(alone, "Q." | "A.") || alone.strip_suffix('.').is_some_and(is_item_number) {
        return true;
    }
    let Some(kind) = abbreviation(word) else {
        return false;
    };
    if closing.ends_with([')', ']']) {
        // "Gen. (Ret.) Obi", "Sen. Bell (R-S.C.) said"
        return !opens_like_a_sentence(right);
    }
    if !closing.is_empty() {
        return false;
    }
    match kind {
        Abbreviation::BeforeName if matches!(word, "St." | "Sr.") => !opens_like_a_sentence(right),
        Abbreviation::BeforeName => true,
        Abbreviation::BeforeNumber => begins_number(right) || begins_written_number(right),
        Abbreviation::Anywhere => !opens_like_a_sentence(right),
        Abbreviation::Time => continues_a_time(right) || begins_number(right),
    }
}

fn is_item_number(text: &str) -> bool {
    text.len() <= 3 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
