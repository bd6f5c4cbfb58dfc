//! The same statement gets the same bytes, whatever stands beside it and however many threads run.

use std::num::NonZeroUsize;

use demarche::classifier::{Classifier, ClassifierOptions, Precision};
use demarche::device::DeviceChoice;
use demarche::model::ModelFiles;
use demarche::{Prediction, Stance};

use crate::support::repository;

fn classifier(threads: usize, batch_tokens: usize, precision: Precision) -> Classifier {
    let options = ClassifierOptions {
        threads: NonZeroUsize::new(threads),
        batch_tokens: NonZeroUsize::new(batch_tokens),
        device: DeviceChoice::Cpu,
        precision,
        ..ClassifierOptions::default()
    };
    Classifier::new(&ModelFiles::embedded().unwrap(), options).unwrap()
}

fn bits(prediction: &Prediction) -> Vec<u32> {
    Stance::ALL
        .iter()
        .map(|&stance| prediction.probabilities.of(stance).to_bits())
        .collect()
}

/// Statements of many lengths, the shortest and the longest included.
fn statements() -> Vec<String> {
    let text = std::fs::read_to_string(repository("datasets/articles/mideast-termez-2019.txt")).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut statements: Vec<String> = (1..60)
        .map(|length| words[length * 7..length * 8].join(" "))
        .collect();
    // Many short ones: batches of more than 64 statements.
    statements.extend(words.chunks(3).map(|words| words.join(" ")));
    statements.extend([
        "".to_owned(),
        "No".to_owned(),
        words.join(" "),
        words[..300].join(" "),
    ]);
    statements
}

#[test]
fn neighbours_batches_and_threads_change_nothing() {
    let statements = statements();
    for precision in [Precision::Int8, Precision::Float32] {
        let alone = classifier(1, 1, precision);
        let expected: Vec<Vec<u32>> = statements
            .iter()
            .map(|statement| bits(&alone.classify(&[statement]).unwrap()[0]))
            .collect();
        for (threads, batch_tokens) in [(1, 64), (2, 512), (3, 100_000), (8, 37)] {
            let found = classifier(threads, batch_tokens, precision)
                .classify(&statements)
                .unwrap();
            for ((statement, expected), found) in statements.iter().zip(&expected).zip(&found) {
                assert_eq!(
                    &bits(found),
                    expected,
                    "{precision:?}, {threads} threads, {batch_tokens} tokens: {statement}"
                );
            }
        }
    }
}

#[test]
fn only_statements_beyond_the_limit_are_truncated() {
    let statements = statements();
    let predictions = classifier(2, 512, Precision::Auto).classify(&statements).unwrap();
    let truncated: Vec<usize> = (0..statements.len())
        .filter(|&index| predictions[index].truncated)
        .collect();
    // The whole article, of some 660 words; 300 words fit into 512 tokens.
    assert_eq!(truncated, [statements.len() - 2]);
}

#[test]
fn no_statements_give_no_predictions() {
    assert_eq!(
        classifier(2, 512, Precision::Auto)
            .classify::<String>(&[])
            .unwrap(),
        []
    );
}
