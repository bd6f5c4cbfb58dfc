//! Where quotation marks open and close, over the sentences and paragraphs of an article.
//!
//! Straight, curly, doubled-apostrophe, low and angle marks are read, double or single; an apostrophe
//! is told from a closing single mark by what stands around it. A quotation may run over several
//! sentences, and over paragraphs that each begin with an opening mark; one that is never closed ends
//! with its paragraph. Quotations inside quotations are followed, so that they close where they should,
//! and not reported.

use std::ops::Range;

/// The part of a quotation that stands in one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QuotedSpan {
    /// In bytes of the statement's text, its marks included.
    pub(super) range: Range<usize>,
    /// Which quotation of the article it belongs to.
    pub(super) quotation: usize,
    /// Whether the quotation begins here, and not in a statement before.
    pub(super) opens: bool,
    /// Whether it ends here.
    pub(super) closes: bool,
}

impl QuotedSpan {
    /// What stands between its marks.
    pub(super) fn inside<'a>(&self, statement: &'a str) -> &'a str {
        statement[self.range.clone()].trim_matches(|mark| MARKS.contains(&mark))
    }
}

/// A statement's text, and whether a paragraph begins with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sentence<'a> {
    pub(super) text: &'a str,
    pub(super) begins_paragraph: bool,
}

pub(super) const MARKS: &[char] = &['"', '“', '”', '„', '«', '»', '‘', '’', '\'', '`', '‚', '‹', '›'];

/// How far a straight single mark looks for its closing one, in sentences.
const SENTENCES_AHEAD: usize = 8;

/// Marks that may stand for one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Double,
    Single,
    Angle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Opening(Family),
    Closing(Family),
    Neither,
}

/// The quotations of an article, for each of its statements those parts that stand in it, in order.
pub(super) fn quotations(sentences: &[Sentence<'_>]) -> Vec<Vec<QuotedSpan>> {
    let mut scanner = Scanner::default();
    sentences
        .iter()
        .enumerate()
        .map(|(index, sentence)| {
            // A single mark may be closed a few sentences further on.
            let reach = sentences.len().min(index + 1 + SENTENCES_AHEAD);
            let next: Vec<&str> = sentences[index + 1..reach].iter().map(|next| next.text).collect();
            scanner.read(sentence, &next.join(" "))
        })
        .collect()
}

#[derive(Default)]
struct Scanner {
    /// The family and number of the quotation that is open.
    open: Option<(Family, usize)>,
    /// Quotations open inside it.
    inner: Vec<Family>,
    count: usize,
}

impl Scanner {
    fn read(&mut self, sentence: &Sentence<'_>, next: &str) -> Vec<QuotedSpan> {
        let text = sentence.text;
        let mut spans = Vec::new();
        let mut start = 0;
        let mut opens_here = false;
        if let Some((family, _)) = self.open {
            self.inner.clear();
            let is_marked = reading_at(text, 0, None, next) == Reading::Opening(family);
            if sentence.begins_paragraph && !is_marked {
                self.open = None;
            }
        }
        let mut skip_to = 0;
        for (at, character) in text.char_indices() {
            if at < skip_to || !MARKS.contains(&character) {
                continue;
            }
            let width = mark_width(&text[at..]);
            skip_to = at + width;
            match (
                reading_at(text, at, self.open.map(|(family, _)| family), next),
                self.open,
            ) {
                (Reading::Opening(family), None) => {
                    self.open = Some((family, self.count));
                    self.count += 1;
                    (start, opens_here) = (at, true);
                }
                (Reading::Opening(family), Some((outer, _))) if family == outer => {
                    let goes_on = text[..at].trim().is_empty();
                    if !goes_on && self.inner.is_empty() {
                        // The one before was never closed.
                        let quotation = self.close(text, start..at, opens_here);
                        spans.push(quotation);
                        self.open = Some((family, self.count));
                        self.count += 1;
                        (start, opens_here) = (at, true);
                    }
                }
                (Reading::Opening(family), Some(_)) => self.inner.push(family),
                (Reading::Closing(family), Some((outer, _))) => {
                    if self.inner.last() == Some(&family) {
                        self.inner.pop();
                    } else if family == outer {
                        let span = self.close(text, start..at + width, opens_here);
                        spans.push(span);
                    }
                }
                _ => {}
            }
        }
        if let Some((_, quotation)) = self.open {
            spans.push(QuotedSpan {
                range: start..text.len(),
                quotation,
                opens: opens_here,
                closes: false,
            });
        }
        spans
    }

    fn close(&mut self, text: &str, range: Range<usize>, opens: bool) -> QuotedSpan {
        let (_, quotation) = self.open.take().unwrap_or((Family::Double, self.count));
        self.inner.clear();
        let trimmed = text[range.clone()].trim_end();
        QuotedSpan {
            range: range.start..range.start + trimmed.len(),
            quotation,
            opens,
            closes: true,
        }
    }
}

/// How many bytes the mark at the beginning of `text` has: two apostrophes are one double mark.
fn mark_width(text: &str) -> usize {
    match text {
        _ if text.starts_with("''") || text.starts_with("``") => 2,
        _ => text.chars().next().map_or(0, char::len_utf8),
    }
}

/// What the mark at `at` does, given the family of the quotation that is open.
fn reading_at(text: &str, at: usize, open: Option<Family>, next: &str) -> Reading {
    let width = mark_width(&text[at..]);
    let before = text[..at].chars().next_back();
    let after = text[at + width..].chars().next();
    let begins = before.is_none_or(|c| c.is_whitespace() || "([—–-\"“‘'«".contains(c));
    let is_followed = after.is_some_and(|c| !c.is_whitespace());
    let ends = after.is_none_or(|c| !c.is_alphanumeric());
    let straight = |family| match (open == Some(family), begins && is_followed) {
        (false, true) => Reading::Opening(family),
        // `"So be it" "No."` would be rare: a mark between two spaces closes what is open.
        (true, true) if before.is_some() && after.is_some_and(char::is_alphanumeric) => {
            Reading::Opening(family)
        }
        (true, true) if before.is_none() => Reading::Opening(family),
        _ => Reading::Closing(family),
    };
    match &text[at..at + width] {
        "\"" | "''" => straight(Family::Double),
        "“" | "„" | "``" => Reading::Opening(Family::Double),
        "”" => Reading::Closing(Family::Double),
        "«" | "‹" => Reading::Opening(Family::Angle),
        "»" | "›" => Reading::Closing(Family::Angle),
        "‘" | "‚" | "`" if begins && is_followed && !is_elision(&text[at + width..]) => {
            Reading::Opening(Family::Single)
        }
        "'" if begins && is_followed && !is_elision(&text[at + width..]) => {
            let rest = &text[at + width..];
            match closes_later(rest) || closes_later(next) {
                true => Reading::Opening(Family::Single),
                false => Reading::Neither,
            }
        }
        "’" | "'" if ends && before.is_some_and(|c| !c.is_whitespace()) => {
            match is_plural_possessive(text, at, width) {
                true => Reading::Neither,
                false => Reading::Closing(Family::Single),
            }
        }
        _ => Reading::Neither,
    }
}

/// "'em", "'90s": an apostrophe before what it stands for.
fn is_elision(rest: &str) -> bool {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    let is_decade = word.len() == 3 && word.ends_with('s') && word[..2].bytes().all(|b| b.is_ascii_digit());
    is_decade
        || matches!(
            word.to_lowercase().as_str(),
            "em" | "tis" | "twas" | "til" | "cause"
        )
}

/// True where a single mark further on can close what would open here.
fn closes_later(text: &str) -> bool {
    text.char_indices().any(|(at, character)| {
        let before = text[..at].chars().next_back();
        let after = text[at + character.len_utf8()..].chars().next();
        matches!(character, '\'' | '’')
            && before.is_some_and(|c| !c.is_whitespace())
            && after.is_none_or(|c| !c.is_alphanumeric())
    })
}

/// True for the mark in "the farmers' market said", where another further on can close the quotation.
fn is_plural_possessive(text: &str, at: usize, width: usize) -> bool {
    let rest = &text[at + width..];
    let goes_on = rest.starts_with(' ') && rest.trim_start().starts_with(char::is_lowercase);
    let next_opening = rest.find(['‘']).unwrap_or(rest.len());
    text[..at].ends_with(['s', 'x']) && goes_on && closes_later(&rest[..next_opening])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quoted parts of sentences; `/` parts sentences, `//` paragraphs.
    fn quoted(text: &str) -> Vec<Vec<&str>> {
        let mut sentences = Vec::new();
        for paragraph in text.split(" // ") {
            for (index, text) in paragraph.split(" / ").enumerate() {
                sentences.push(Sentence {
                    text,
                    begins_paragraph: index == 0,
                });
            }
        }
        let spans = quotations(&sentences);
        spans
            .iter()
            .zip(&sentences)
            .map(|(spans, sentence)| {
                spans
                    .iter()
                    .map(|span| &sentence.text[span.range.clone()])
                    .collect()
            })
            .collect()
    }

    #[test]
    fn every_kind_of_mark_opens_and_closes() {
        assert_eq!(quoted("\"Go,\" he said, \"now.\""), [["\"Go,\"", "\"now.\""]]);
        assert_eq!(quoted("“Go,” he said, “now.”"), [["“Go,”", "“now.”"]]);
        assert_eq!(quoted("‘Go,’ he said, ‘now.’"), [["‘Go,’", "‘now.’"]]);
        assert_eq!(quoted("'Go,' he said, 'now.'"), [["'Go,'", "'now.'"]]);
        assert_eq!(quoted("''Go,'' he said."), [["''Go,''"]]);
        assert_eq!(quoted("``Go,'' he said."), [["``Go,''"]]);
        assert_eq!(quoted("«Go», he said."), [["«Go»"]]);
    }

    #[test]
    fn apostrophes_are_no_quotation_marks() {
        assert_eq!(quoted("The ministers' plan isn't Mali's."), [[""; 0]]);
        assert_eq!(
            quoted("‘The farmers’ road isn’t ours,’ he said."),
            [["‘The farmers’ road isn’t ours,’"]]
        );
        assert_eq!(
            quoted("'We can't, in the '90s,' he said."),
            [["'We can't, in the '90s,'"]]
        );
        assert_eq!(quoted("Send 'em home, in the soldiers' trucks."), [[""; 0]]);
    }

    #[test]
    fn a_quotation_runs_over_sentences_and_paragraphs() {
        assert_eq!(
            quoted("“One. / Two. // “Three,” he said. / Four."),
            [vec!["“One."], vec!["Two."], vec!["“Three,”"], vec![]]
        );
        assert_eq!(
            quoted("\"One. / Two. // \"Three,\" he said. / Four."),
            [vec!["\"One."], vec!["Two."], vec!["\"Three,\""], vec![]]
        );
    }

    #[test]
    fn one_that_never_closes_ends_with_its_paragraph() {
        assert_eq!(quoted("“One. // He left."), [vec!["“One."], vec![]]);
    }

    #[test]
    fn inner_quotations_do_not_close_the_outer() {
        assert_eq!(
            quoted("“They said, ‘Come back Monday,’ and left,” he said."),
            [["“They said, ‘Come back Monday,’ and left,”"]]
        );
        assert_eq!(
            quoted("‘She tells me, “When I hear them, I sleep.”’ / He left."),
            [vec!["‘She tells me, “When I hear them, I sleep.”’"], vec![]]
        );
    }
}
