//! Statements → who holds each, and how the holder's words stand.
//!
//! An article is read once for its [cast](cast): the people, bodies and places it names. Then its
//! statements are read in order: where [quotations] open and close, whose [turn](turns) it is in a
//! transcript, which [clause](clauses) [reports](reporting) whom, and whose [voice] the rest is.
//! `docs/attribution.md` has the rules, and how well they do.

mod cast;
mod clauses;
mod lexicon;
mod phrases;
mod quotations;
mod reporting;
mod speakers;
mod turns;
mod voice;
mod words;

use std::ops::Range;

use crate::article::Article;
use crate::statement::Statement;
use cast::Cast;
use quotations::{quotations, Sentence};
use speakers::Line;

/// How the holder's words stand in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quote {
    /// The statement is quoted, a reporting clause beside it or not, or is a turn of a transcript.
    Direct,
    /// The view is reported without the holder's words.
    Indirect,
    /// A paraphrase holds quoted words.
    Mixed,
    /// Narration, an act, or the author's own voice.
    None,
}

impl Quote {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Indirect, Self::Mixed, Self::None];

    /// The name used in every file.
    pub const fn name(self) -> &'static str {
        match self {
            Quote::Direct => "direct",
            Quote::Indirect => "indirect",
            Quote::Mixed => "mixed",
            Quote::None => "none",
        }
    }
}

/// Who holds a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    pub quote: Quote,
    /// By one name in the article, the fullest it gives; `None` for narration, for the article's own
    /// voice where no author is named, and where it cannot be told.
    pub holder: Option<String>,
    /// How often holders found in this way were right, from 0 to 1; `None` where there is no holder.
    pub holder_confidence: Option<f32>,
}

/// Who holds each of an article's statements, in their order.
///
/// `statements` are those of [`crate::statement::split`] for this article.
pub fn attribute(article: &Article, statements: &[Statement]) -> Vec<Attribution> {
    let text = article.text.as_str();
    let places = byte_places(text, statements);
    let begins_paragraph: Vec<bool> = (0..statements.len())
        .map(|index| index == 0 || statements[index].paragraph != statements[index - 1].paragraph)
        .collect();
    let sentences: Vec<Sentence<'_>> = statements
        .iter()
        .zip(&begins_paragraph)
        .map(|(statement, &begins_paragraph)| Sentence {
            text: &statement.text,
            begins_paragraph,
        })
        .collect();
    let quoted = quotations(&sentences);
    let texts: Vec<&str> = statements
        .iter()
        .map(|statement| statement.text.as_str())
        .collect();
    let begin_quoted: Vec<bool> = quoted
        .iter()
        .map(|spans| spans.first().is_some_and(|span| span.range.start == 0))
        .collect();
    let turns = turns::turns(&texts, &begins_paragraph, &begin_quoted);
    // What somebody says in quotation marks or in a turn is not the author's own.
    let own: Vec<String> = statements
        .iter()
        .zip(quoted.iter().zip(&turns))
        .map(|(statement, (spans, turn))| match turn {
            Some(_) => String::new(),
            None => without(&statement.text, spans.iter().map(|span| span.range.clone())),
        })
        .collect();
    let voices = voice::voices(text, article.title.as_deref(), &places, &own);
    let answers = turns
        .iter()
        .any(|turn| matches!(turn, Some(turns::Speaker::Answerer)));
    let interviewer = answers.then(|| voice::byline(text)).flatten();
    let cast = Cast::of(article.title.as_deref(), &texts);
    let voices = voices
        .into_iter()
        .map(|voice| voice.map(|voice| cast.fullest(&voice)));
    let lines: Vec<Line<'_>> = quoted
        .into_iter()
        .zip(turns)
        .zip(voices)
        .enumerate()
        .map(|(index, ((quoted, turn), voice))| Line {
            text: texts[index],
            begins_paragraph: begins_paragraph[index],
            quoted,
            turn,
            voice,
        })
        .collect();
    speakers::attribute(&lines, cast, interviewer)
}

/// The statements' ranges in the article's text, in bytes.
fn byte_places(text: &str, statements: &[Statement]) -> Vec<Range<usize>> {
    let mut characters = text
        .char_indices()
        .map(|(byte, _)| byte)
        .chain([text.len()])
        .enumerate();
    let mut byte_of = |character: usize| {
        characters
            .find(|&(number, _)| number >= character)
            .map_or(text.len(), |(_, byte)| byte)
    };
    statements
        .iter()
        .map(|statement| {
            let start = byte_of(statement.start);
            start..start + statement.text.len()
        })
        .collect()
}

/// A text without some of its parts, which are in order.
fn without(text: &str, parts: impl Iterator<Item = Range<usize>>) -> String {
    let mut rest = String::new();
    let mut at = 0;
    for part in parts {
        rest.push_str(&text[at..part.start]);
        at = part.end;
    }
    rest.push_str(&text[at..]);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Article, Encoding};
    use crate::statement::split;

    fn article(text: &str) -> Article {
        Article {
            id: "a".to_owned(),
            title: None,
            date: None,
            outlet: None,
            text: text.to_owned(),
            body_start: 0,
            encoding: Encoding::Utf8,
        }
    }

    /// The quote type and holder of each statement of a text.
    fn attributed(text: &str) -> Vec<(&'static str, Option<String>)> {
        let article = article(text);
        let statements = split(&article);
        attribute(&article, &statements)
            .into_iter()
            .map(|attribution| (attribution.quote.name(), attribution.holder))
            .collect()
    }

    fn expect(text: &str, expected: &[(&str, &str)]) {
        let found = attributed(text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(quote, holder)| (*quote, holder.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn direct_speech_has_its_speaker() {
        expect(
            "“We will not go,” said Foreign Minister Ana Belor. “Nobody has asked us. We never will.”",
            &[
                ("direct", "Ana Belor"),
                ("direct", "Ana Belor"),
                ("direct", "Ana Belor"),
            ],
        );
        expect(
            "Ivo Halloway, a trader, was tired. ‘Go home,’ he said, ‘and stay there.’",
            &[("none", ""), ("direct", "Ivo Halloway")],
        );
        expect("Ms Belor: “They are guests.”", &[("direct", "Belor")]);
    }

    #[test]
    fn one_quotation_may_run_over_paragraphs() {
        expect(
            "“We waited a year,” Gen. Tomas Arenga said.\n\n“Then we waited another.\n\n“Now we go.”\n\nHe left the hall.",
            &[("direct", "Tomas Arenga"), ("direct", "Tomas Arenga"), ("direct", "Tomas Arenga"), ("none", "")],
        );
    }

    #[test]
    fn indirect_speech_and_fragments() {
        expect(
            "The ministry said on Monday that no troops would be sent.\n\nIt called the raid “an act of war” and demanded talks.",
            &[("indirect", "ministry"), ("mixed", "ministry")],
        );
        expect(
            "According to the Port Authority, nine ships were turned back.",
            &[("indirect", "Port Authority")],
        );
        expect(
            "The pact, Ana Belor added, was dead.",
            &[("indirect", "Ana Belor")],
        );
        expect("The council voted to send a mission.", &[("none", "council")]);
    }

    #[test]
    fn people_go_by_their_fullest_name() {
        expect(
            "Defence Secretary Ingrid Halloway refused to wait. “It is late,” Halloway said. “Very late,” the defence secretary \
             added.\n\n“Too late,” she said.",
            &[
                ("none", "Ingrid Halloway"),
                ("direct", "Ingrid Halloway"),
                ("direct", "Ingrid Halloway"),
                ("direct", "Ingrid Halloway"),
            ],
        );
    }

    #[test]
    fn narration_and_scare_quotes_have_nobody() {
        expect(
            "The convoy left at dawn with 300 men. The “peace dividend” came to nothing. Nobody said a word.",
            &[("none", ""), ("none", ""), ("none", "")],
        );
    }

    #[test]
    fn transcripts_are_turns() {
        expect(
            "Defence Minister Ilze Arenga met the press.\n\nQ: Will you send ships?\n\nTHE MINISTER: No. We were not asked.\n\n\
             Q: And Admiral Venn's vow to go “all the way”?\n\nTHE MINISTER: Ask him.",
            &[
                ("none", ""),
                ("direct", ""),
                ("direct", "Ilze Arenga"),
                ("direct", "Ilze Arenga"),
                ("mixed", "Venn"),
                ("direct", "Ilze Arenga"),
            ],
        );
    }

    #[test]
    fn every_statement_of_any_text_is_attributed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/articles");
        let marks = ["\"", "“", "‘", "'", "”", ":", "—", "(", ",", "."];
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "txt") {
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let characters: Vec<char> = text.chars().collect();
            // Cut and spoilt in many places: quotations that never close, marks where none belong.
            for (round, mark) in marks.iter().enumerate() {
                let cut = characters.len() * (round + 1) / marks.len();
                let spoilt: String = characters[..cut]
                    .iter()
                    .enumerate()
                    .map(|(at, character)| match at % (97 + round) {
                        0 => format!("{mark}{character}"),
                        _ => character.to_string(),
                    })
                    .collect();
                let article = article(&spoilt);
                let statements = split(&article);
                let attributions = attribute(&article, &statements);
                assert_eq!(attributions.len(), statements.len());
                for attribution in attributions {
                    assert_eq!(
                        attribution.holder.is_none(),
                        attribution.holder_confidence.is_none(),
                        "{attribution:?}"
                    );
                    assert!(attribution.holder.is_none_or(|holder| !holder.trim().is_empty()));
                }
            }
        }
    }
}
