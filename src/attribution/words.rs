//! A statement as words and marks, each quotation standing as one.

use std::ops::Range;

use super::quotations::QuotedSpan;
use crate::statement::is_abbreviation;

/// A word or a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// In bytes of the statement's text; a possessive ending is left out.
    pub(super) range: Range<usize>,
    /// In lower case, curly apostrophes straight, a possessive ending left out.
    pub(super) lower: String,
    pub(super) kind: Kind,
    /// "ministry's", "Barbados'": the ending is in no range.
    pub(super) possessive: bool,
    /// Capitals throughout.
    pub(super) shouted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Lower,
    Capital,
    Number,
    Comma,
    Colon,
    Semicolon,
    Dash,
    OpenBracket,
    CloseBracket,
    /// What ends a sentence.
    Stop,
    /// The part of a quotation with this place among the statement's.
    Quote(usize),
}

impl Word {
    pub(super) fn is(&self, lower: &str) -> bool {
        self.lower == lower
    }

    pub(super) fn is_any(&self, list: &[&str]) -> bool {
        list.contains(&self.lower.as_str())
    }

    pub(super) fn is_word(&self) -> bool {
        matches!(self.kind, Kind::Lower | Kind::Capital | Kind::Number)
    }

    pub(super) fn is_capital(&self) -> bool {
        self.kind == Kind::Capital
    }
}

/// The words of a statement, `quoted` being the quotations in it.
pub(super) fn words(text: &str, quoted: &[QuotedSpan]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    for (index, span) in quoted.iter().enumerate() {
        push_words(text, at..span.range.start, &mut words);
        words.push(mark(span.range.clone(), Kind::Quote(index)));
        at = span.range.end;
    }
    push_words(text, at.min(text.len())..text.len(), &mut words);
    without_asides(words)
}

/// The most words that an aside in brackets may have.
const LONGEST_ASIDE: usize = 12;

/// Without what stands in brackets inside a sentence: "the party (PKK) said". Brackets round a whole
/// sentence, or round much of it, stay.
fn without_asides(words: Vec<Word>) -> Vec<Word> {
    let mut kept: Vec<Word> = Vec::with_capacity(words.len());
    let mut open: Option<usize> = None;
    for word in words {
        match word.kind {
            Kind::OpenBracket if !kept.is_empty() => open = Some(kept.len()),
            Kind::CloseBracket => {
                if let Some(start) = open.take() {
                    let has_quote = kept[start..]
                        .iter()
                        .any(|word| matches!(word.kind, Kind::Quote(_)));
                    if kept.len() - start <= LONGEST_ASIDE + 1 && !has_quote {
                        kept.truncate(start);
                        continue;
                    }
                }
            }
            _ => {}
        }
        kept.push(word);
    }
    kept
}

fn mark(range: Range<usize>, kind: Kind) -> Word {
    Word {
        range,
        lower: String::new(),
        kind,
        possessive: false,
        shouted: false,
    }
}

fn push_words(text: &str, part: Range<usize>, words: &mut Vec<Word>) {
    let mut at = part.start;
    while at < part.end {
        let rest = &text[at..part.end];
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if let Some((width, kind)) = mark_at(rest) {
            words.push(mark(at..at + width, kind));
            at += width;
            continue;
        }
        if !first.is_alphanumeric() {
            at += first.len_utf8();
            continue;
        }
        let length = word_length(rest);
        push_word(text, at..at + length, words);
        at += length;
    }
}

fn mark_at(rest: &str) -> Option<(usize, Kind)> {
    let first = rest.chars().next()?;
    let kind = match first {
        ',' => Kind::Comma,
        ':' => Kind::Colon,
        ';' => Kind::Semicolon,
        '(' | '[' => Kind::OpenBracket,
        ')' | ']' => Kind::CloseBracket,
        '.' | '!' | '?' | '…' => Kind::Stop,
        '—' | '–' => Kind::Dash,
        '-' => Kind::Dash,
        _ => return None,
    };
    let same = rest.chars().take_while(|&c| c == first).map(char::len_utf8).sum();
    Some((same, kind))
}

/// How many bytes the word at the beginning of `rest` has: inner hyphens, apostrophes and full stops
/// belong to it, and the last full stop of an abbreviation.
fn word_length(rest: &str) -> usize {
    let mut end = 0;
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|&(_, next)| next);
        let joins = match character {
            '\'' | '’' | '-' | '‑' | '&' | '/' => next.is_some_and(char::is_alphanumeric),
            '.' | ',' => {
                next.is_some_and(char::is_alphanumeric)
                    && (character == '.'
                        || rest[..at].ends_with(|c: char| c.is_ascii_digit())
                            && next.is_some_and(|c| c.is_ascii_digit()))
            }
            _ => {
                character.is_alphanumeric() || character == '%' || character == '°' || is_combining(character)
            }
        };
        if joins {
            end = at + character.len_utf8();
        } else {
            if character == '.' && is_abbreviation(&rest[..at + 1]) {
                end = at + 1;
            }
            break;
        }
    }
    end.max(rest.chars().next().map_or(0, char::len_utf8))
}

fn is_combining(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

fn push_word(text: &str, range: Range<usize>, words: &mut Vec<Word>) {
    let word = &text[range.clone()];
    let followed_by_apostrophe = text[range.end..].starts_with(['\'', '’'])
        && !text[range.end..]
            .chars()
            .nth(1)
            .is_some_and(char::is_alphanumeric);
    let (stem, possessive) = match word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")) {
        Some(stem) => (stem, true),
        None => (word, word.ends_with('s') && followed_by_apostrophe),
    };
    let kind = match stem.chars().next() {
        Some(first) if first.is_numeric() => Kind::Number,
        Some(first) if first.is_uppercase() => Kind::Capital,
        // "al-Shabab", "iTaukei": names.
        Some(_) if stem.contains(['-', '’', '\'']) && begins_name_after_particle(stem) => Kind::Capital,
        _ => Kind::Lower,
    };
    words.push(Word {
        range: range.start..range.start + stem.len(),
        lower: stem.to_lowercase().replace('’', "'"),
        kind,
        possessive,
        shouted: !stem.contains(char::is_lowercase),
    });
}

fn begins_name_after_particle(word: &str) -> bool {
    let (particle, rest) = word.split_once(['-', '’', '\'']).unwrap_or((word, ""));
    let is_particle = matches!(
        particle,
        "al" | "el" | "as" | "ash" | "an" | "ar" | "at" | "az" | "ad" | "ul" | "d" | "l"
    );
    is_particle && rest.starts_with(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        words(text, &[])
            .into_iter()
            .map(|word| &text[word.range])
            .collect()
    }

    #[test]
    fn words_keep_what_belongs_to_them() {
        assert_eq!(
            parts("Lt. Gen. al-Saadi's men, some 3,000, left the U.S. base at 5:30 a.m. — so-called."),
            [
                "Lt.",
                "Gen.",
                "al-Saadi",
                "men",
                ",",
                "some",
                "3,000",
                ",",
                "left",
                "the",
                "U.S.",
                "base",
                "at",
                "5",
                ":",
                "30",
                "a.m.",
                "—",
                "so-called",
                "."
            ]
        );
    }

    #[test]
    fn possessives_are_marked() {
        let words = words("Barbados’ minister and Mali's.", &[]);
        let possessive: Vec<bool> = words.iter().map(|word| word.possessive).collect();
        assert_eq!(possessive, [true, false, false, true, false]);
    }

    #[test]
    fn a_quotation_is_one_word() {
        let text = "He said “no, sir” twice.";
        let span = QuotedSpan {
            range: 8..text.find(" twice").unwrap(),
            quotation: 0,
            opens: true,
            closes: true,
        };
        let words = words(text, &[span]);
        assert_eq!(words.len(), 5);
        assert_eq!(words[2].kind, Kind::Quote(0));
    }
}
