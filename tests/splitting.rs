//! Statements against the annotated articles, and against arbitrary text.

use demarche::article::{read_article, Article, Encoding, ReadOptions};
use demarche::input::Input;
use demarche::statement::split;
use proptest::prelude::*;

use crate::support::{json_lines, repository};

const GOAL: f64 = 0.97;

fn article(text: &str) -> Article {
    Article {
        id: "test".into(),
        title: None,
        date: None,
        outlet: None,
        text: text.into(),
        body_start: 0,
        encoding: Encoding::Utf8,
    }
}

fn texts(text: &str) -> Vec<String> {
    split(&article(text))
        .into_iter()
        .map(|statement| statement.text)
        .collect()
}

#[test]
fn annotated_sentences_are_found_exactly() {
    let mut articles = 0;
    let (mut gold_total, mut exact, mut surplus) = (0, 0, 0);
    for entry in std::fs::read_dir(repository("datasets/articles")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "txt") {
            continue;
        }
        articles += 1;
        let input = Input::File(path.clone());
        let article = read_article(&input, &ReadOptions::default()).unwrap();
        let found: Vec<String> = split(&article)
            .into_iter()
            .map(|statement| statement.text)
            .collect();
        let annotation = std::fs::read_to_string(path.with_extension("jsonl")).unwrap();
        let gold: Vec<String> = json_lines(&annotation)
            .iter()
            .map(|line| line["text"].as_str().unwrap().to_owned())
            .collect();
        gold_total += gold.len();
        exact += gold.iter().filter(|sentence| found.contains(sentence)).count();
        surplus += found.iter().filter(|sentence| !gold.contains(sentence)).count();
    }
    assert!(articles >= 12, "{articles} articles");
    let share = exact as f64 / gold_total as f64;
    assert!(
        share >= GOAL,
        "{exact} of {gold_total} sentences are exact: {share:.4}"
    );
    assert!(
        surplus * 100 <= 3 * gold_total,
        "{surplus} pieces are no annotated sentence"
    );
}

#[test]
fn abbreviations_initials_and_figures() {
    assert_eq!(
        texts("Gen. T. A. Obi met Sen. Ruiz of the U.S. Senate at 5 p.m. Friday. He paid $1.5 million."),
        [
            "Gen. T. A. Obi met Sen. Ruiz of the U.S. Senate at 5 p.m. Friday.",
            "He paid $1.5 million."
        ]
    );
    assert_eq!(
        texts("It was drafted in the U.S. The envoy denied it. See No. 5. 12 soldiers left on Jan. 3."),
        [
            "It was drafted in the U.S.",
            "The envoy denied it.",
            "See No. 5.",
            "12 soldiers left on Jan. 3."
        ]
    );
}

#[test]
fn quotations_and_reporting_clauses() {
    assert_eq!(
        texts("“Why now?” he asked. “Who called them?” Col. Haddad wondered. “We did not. Nobody did,” she said."),
        [
            "“Why now?” he asked.",
            "“Who called them?” Col. Haddad wondered.",
            "“We did not.",
            "Nobody did,” she said."
        ]
    );
    assert_eq!(
        texts("\"Never!\" The crowd went home. 'Not one plane.' \"Then what?\" \"Talks.\""),
        [
            "\"Never!\"",
            "The crowd went home.",
            "'Not one plane.'",
            "\"Then what?\"",
            "\"Talks.\""
        ]
    );
}

#[test]
fn ellipses_hold_a_sentence_together_unless_another_begins() {
    assert_eq!(
        texts("We … we waited. They never came... The rest is known. It has fuel . . . and friends."),
        [
            "We … we waited.",
            "They never came...",
            "The rest is known.",
            "It has fuel . . . and friends."
        ]
    );
}

#[test]
fn a_full_stop_inside_brackets_ends_nothing() {
    assert_eq!(
        texts("The ferry (it is old. Very old) sailed. (Nobody was hurt.) It returned."),
        [
            "The ferry (it is old. Very old) sailed.",
            "(Nobody was hurt.)",
            "It returned."
        ]
    );
}

fn assert_sound(text: &str, body_start: usize) {
    let mut article = article(text);
    article.body_start = body_start;
    let characters: Vec<char> = text.chars().collect();
    let mut previous_end = 0;
    for statement in split(&article) {
        assert!(statement.start >= previous_end, "overlap or disorder in {text:?}");
        assert!(statement.start < statement.end);
        let slice: String = characters[statement.start..statement.end].iter().collect();
        assert_eq!(slice, statement.text);
        assert_eq!(statement.text.trim(), statement.text);
        previous_end = statement.end;
    }
    assert!(previous_end <= characters.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_unicode_text_is_sliced_exactly(text in any::<String>()) {
        assert_sound(&text, 0);
    }

    /// Text made of what the rules look at: far more of it reaches them than of random text.
    #[test]
    fn newslike_text_is_sliced_exactly(parts in prop::collection::vec(prop::sample::select(vec![
        "U.S. ", "Gen. ", "No. ", "5 ", "a.m. ", "p.m. Friday", ". ", "? ", "! ", "… ", "... ", ". . . ", "“", "”", "\"",
        "'", "‘", "’", "(", ")", "[", "]", "—", " – ", "-- ", "\n", "\n\n", "\r\n", "\u{2028}", "\u{85}", "\t", "• ", "1. ",
        "(a) ", "LONDON ", "(AP) ", "LONDON (AP) — ", "14:20 ", "Q: ", "A: ", "THE MINISTER: ", "By Ann Bell", "Filed under: ",
        "he said", "Rubio asked", "Troops left", "troops", "é", "é", "İstanbul ", "日本。", "👩‍👩‍👧 ", "\u{a0}", "\u{feff}", "ß",
        "CAPTION: ", "al-Shabab ", "iPhone ", "| ", ": ", "J. R. ", "Inc. ", "St. ", "$1.5 million ",
    ]), 0..60)) {
        assert_sound(&parts.concat(), 0);
    }

    #[test]
    fn a_title_is_left_out(title in "[A-Z][a-z]{2,9}( [a-z]{1,9}){1,6}", body in "[A-Z][a-z]{1,9}( [a-z]{1,9}){1,6}\\.") {
        let text = format!("{title}\n\n{body}");
        assert_sound(&text, title.len());
    }
}
