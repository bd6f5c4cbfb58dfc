//! Article text → statements: sentences with their place in the article.
//!
//! The text is cut into paragraphs ([`paragraphs`]); what is no sentence (titles, bylines,
//! datelines, headings, bullet marks, boilerplate) is taken off ([`furniture`]); each paragraph is
//! cut at its sentence boundaries ([`boundaries`]). `docs/statements.md` has the rules and how
//! well they do.

mod abbreviations;
mod boundaries;
mod datelines;
mod furniture;
pub mod listed;
mod marks;
mod openings;
mod paragraphs;
mod reporting;

use std::ops::Range;

use crate::article::Article;

pub(crate) use furniture::pattern;

/// True for a word whose full stop need not end a sentence: "Gen.", "U.S.".
pub(crate) fn is_abbreviation(word: &str) -> bool {
    abbreviations::abbreviation(word).is_some()
}

/// One sentence of an article, its reporting clause kept with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Where it begins in the article's text, in Unicode characters.
    pub start: usize,
    /// Where it ends, exclusive, in Unicode characters.
    pub end: usize,
    /// The slice of the article's text between them, exactly.
    pub text: String,
    /// The number of its paragraph in the article, from 0.
    pub paragraph: usize,
}

/// The statements of an article, in order; they never overlap.
///
/// An article of furniture alone has none.
pub fn split(article: &Article) -> Vec<Statement> {
    let text = article.text.as_str();
    let mut statements = Vec::new();
    let mut characters = CharacterCounter::new(text);
    for (paragraph, span) in sentence_spans(text, article.body_start) {
        statements.push(Statement {
            start: characters.at(span.start),
            end: characters.at(span.end),
            text: text[span].to_owned(),
            paragraph,
        });
    }
    statements
}

/// The sentences in `text` from `body_start` on: the number of their paragraph, and their byte range.
fn sentence_spans(text: &str, body_start: usize) -> Vec<(usize, Range<usize>)> {
    let paragraphs = paragraphs::paragraphs(text, body_start);
    let spans = spans_within(text, &paragraphs, furniture::sentences_within);
    if !spans.is_empty() {
        return spans;
    }
    // Nothing ends like a sentence: a headline, a slogan, a line typed to try. Better all than none.
    spans_within(text, &paragraphs, |paragraph, _| {
        furniture::anything_within(paragraph)
    })
}

fn spans_within(
    text: &str,
    paragraphs: &[Range<usize>],
    part: impl Fn(&str, Option<&str>) -> Option<Range<usize>>,
) -> Vec<(usize, Range<usize>)> {
    let mut spans = Vec::new();
    for (index, paragraph) in paragraphs.iter().enumerate() {
        let next = paragraphs.get(index + 1).map(|next| &text[next.clone()]);
        let Some(body) = part(&text[paragraph.clone()], next) else {
            continue;
        };
        let offset = paragraph.start + body.start;
        let body = &text[offset..paragraph.start + body.end];
        for sentence in boundaries::sentences(body) {
            if !furniture::is_boilerplate(&body[sentence.clone()]) {
                spans.push((index, offset + sentence.start..offset + sentence.end));
            }
        }
    }
    spans
}

/// Turns rising byte offsets into character offsets in one pass over the text.
struct CharacterCounter<'a> {
    text: &'a str,
    bytes: usize,
    characters: usize,
}

impl<'a> CharacterCounter<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: 0,
            characters: 0,
        }
    }

    fn at(&mut self, byte: usize) -> usize {
        self.characters += self.text[self.bytes..byte].chars().count();
        self.bytes = byte;
        self.characters
    }
}
