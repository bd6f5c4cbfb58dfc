//! Text → paragraphs, whether each is a line of its own or wrapped over several.

use std::ops::Range;

use super::marks::{CLOSING_MARKS, TERMINATORS};

/// No wider than this are lines that were broken to fit a page.
const WIDEST_WRAP: usize = 100;
/// Fewer lines than this do not show whether a text is wrapped.
const FEWEST_LINES: usize = 6;
/// A line shorter than this is rather a heading than one that was broken off.
const SHORTEST_BROKEN_LINE: usize = 40;

/// The byte ranges of the paragraphs of `text` from `start` on, trimmed, none of them empty.
///
/// A blank line ends a paragraph. A single line end does too, unless the text is hard-wrapped and
/// the next line's first word would not have fitted on this one. Neither does where a line that
/// lacks a full stop goes on in small letters.
pub(super) fn paragraphs(text: &str, start: usize) -> Vec<Range<usize>> {
    let lines = lines(text, start);
    let wrap = wrap_width(text, &lines);
    let mut paragraphs: Vec<Range<usize>> = Vec::new();
    let mut previous: Option<Range<usize>> = None;
    let mut after_blank = false;
    for line in lines {
        let trimmed = trim(text, line.clone());
        if trimmed.is_empty() {
            after_blank = true;
            continue;
        }
        let continues = previous.as_ref().is_some_and(|previous| {
            let runs_on = wrap.is_some_and(|width| runs_on(text, previous, &line, width));
            !after_blank && runs_on || is_broken_off(text, previous, &trimmed)
        });
        after_blank = false;
        match paragraphs.last_mut() {
            Some(paragraph) if continues => paragraph.end = trimmed.end,
            _ => paragraphs.push(trimmed),
        }
        previous = Some(line);
    }
    paragraphs
}

/// The byte ranges of the lines, without their ends.
fn lines(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut begin = start;
    for (at, _) in text[start..].match_indices(['\n', '\r', '\u{2028}', '\u{2029}', '\u{c}']) {
        let at = start + at;
        let is_second_half = text[..at].ends_with('\r') && text[at..].starts_with('\n') && at == begin;
        if !is_second_half {
            lines.push(begin..at);
        }
        begin = at + text[at..].chars().next().map_or(0, char::len_utf8);
    }
    lines.push(begin..text.len());
    lines
}

fn trim(text: &str, line: Range<usize>) -> Range<usize> {
    let content = &text[line.clone()];
    let start = line.start + content.len() - content.trim_start().len();
    start..start + content.trim().len()
}

/// The width that the text is wrapped to, where it is: most lines inside a block then come close
/// to the longest. One line in ten may be longer: a link, a footer.
fn wrap_width(text: &str, lines: &[Range<usize>]) -> Option<usize> {
    let widths: Vec<usize> = lines
        .iter()
        .map(|line| text[line.clone()].trim_end().chars().count())
        .collect();
    let mut sorted: Vec<usize> = widths.iter().copied().filter(|&width| width > 0).collect();
    sorted.sort_unstable();
    let longest = *sorted.get(sorted.len().checked_sub(1)? * 9 / 10)?;
    let inner = || {
        widths
            .windows(2)
            .filter(|pair| pair[0] > 0 && pair[1] > 0)
            .map(|pair| pair[0])
    };
    let full = inner().filter(|&width| width * 4 >= longest * 3).count();
    let count = inner().count();
    (longest <= WIDEST_WRAP && count >= FEWEST_LINES && full * 3 >= count * 2).then_some(longest)
}

/// True where `line` lacks a full stop and `next` goes on in small letters.
fn is_broken_off(text: &str, line: &Range<usize>, next: &Range<usize>) -> bool {
    let line = text[line.clone()].trim();
    let goes_on = text[next.clone()].starts_with(char::is_lowercase);
    let is_ended = line.trim_end_matches(CLOSING_MARKS).ends_with(TERMINATORS) || line.ends_with([':', ';']);
    goes_on && !is_ended && line.chars().count() >= SHORTEST_BROKEN_LINE
}

/// True where `next` goes on with the paragraph of `line`: its first word would not have fitted,
/// and it is not indented like a new paragraph.
fn runs_on(text: &str, line: &Range<usize>, next: &Range<usize>, width: usize) -> bool {
    let line = text[line.clone()].trim_end();
    let next = &text[next.clone()];
    let is_indented = |line: &str| line.starts_with([' ', '\t']);
    let is_item = next.trim_start().starts_with(['•', '‣', '◦', '▪', '●', '*', '·']);
    if is_item || is_indented(next) && !is_indented(line) {
        return false;
    }
    let first_word = next.split_whitespace().next().unwrap_or("");
    // Wrapping is rarely exact: widths differ by a few columns from tool to tool.
    line.chars().count() + 1 + first_word.chars().count() + 4 > width
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        paragraphs(text, 0)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn every_line_of_an_unwrapped_text_is_a_paragraph() {
        let text = "One.\r\n\r\n  Two.  \nThree.\rFour.";
        assert_eq!(texts(text), ["One.", "Two.", "Three.", "Four."]);
    }

    #[test]
    fn wrapped_lines_are_joined_and_short_ones_end_a_paragraph() {
        let text = "\
The envoys met for the third time in as
many weeks and parted without a word on
the withdrawal.
A HEADING
Nobody in the capital expected more, as
one of them said to the reporters there
before the cars left for the airfield.

The talks go on.";
        assert_eq!(
            texts(text),
            [
                "The envoys met for the third time in as\nmany weeks and parted without a word on\nthe withdrawal.",
                "A HEADING",
                "Nobody in the capital expected more, as\none of them said to the reporters there\nbefore the cars left for the airfield.",
                "The talks go on.",
            ]
        );
    }

    #[test]
    fn one_long_line_does_not_hide_that_a_text_is_wrapped() {
        let line = "Nobody in the capital expected more of the talks there\n";
        let text = format!(
            "{}\nHTTPS://EXAMPLE.ORG/{}\n\nThe end.",
            line.repeat(12),
            "a".repeat(150)
        );
        assert_eq!(texts(&text).len(), 3, "{:?}", texts(&text));
    }

    #[test]
    fn a_line_broken_off_goes_on_in_small_letters() {
        let text = "The envoys met for the third time in as many\nweeks and parted.\nThey left.";
        assert_eq!(texts(text).len(), 2);
    }
}
