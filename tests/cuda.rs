//! The GPU against the CPU, through the public face. On a machine with a GPU:
//! `cargo test --release --features cuda -- --ignored`.

use std::num::NonZeroUsize;

use demarche::article::Article;
use demarche::classifier::{Classifier, ClassifierOptions, Precision};
use demarche::device::DeviceChoice;
use demarche::model::ModelFiles;
use demarche::{Prediction, Stance};

use crate::support::{repository, Scratch};

fn classifier(device: DeviceChoice, precision: Precision, batch_tokens: Option<usize>) -> Classifier {
    let options = ClassifierOptions {
        batch_tokens: batch_tokens.and_then(NonZeroUsize::new),
        device,
        precision,
        ..ClassifierOptions::default()
    };
    Classifier::new(
        &ModelFiles::folder(repository("models/demarche-en-small")),
        options,
    )
    .unwrap()
}

/// The sentences of our articles, one that is longer than the model reads, and one of a single word.
fn statements() -> Vec<String> {
    let mut statements = vec!["No.".to_owned(), "They will never be let in. ".repeat(200)];
    for entry in std::fs::read_dir(repository("datasets/articles")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            let article = Article::from_text("a", &std::fs::read_to_string(&path).unwrap());
            let split = demarche::statement::split(&article);
            statements.extend(split.into_iter().map(|statement| statement.text));
        }
    }
    assert!(statements.len() > 300);
    statements
}

fn largest_difference(some: &[Prediction], others: &[Prediction]) -> f32 {
    let pairs = some.iter().zip(others);
    let all = pairs.flat_map(|(a, b)| {
        Stance::ALL.map(|stance| (a.probabilities.of(stance) - b.probabilities.of(stance)).abs())
    });
    all.fold(0.0, f32::max)
}

#[test]
#[ignore = "needs an Nvidia GPU"]
fn a_gpu_computes_what_the_cpu_computes() {
    let statements = statements();
    let expected = classifier(DeviceChoice::Cpu, Precision::Float32, None);
    let expected = expected.classify(&statements).unwrap();
    for (precision, tolerance, flips) in [
        (Precision::Float32, 1e-4, 0),
        (Precision::Float16, 0.02, 1),
        (Precision::BFloat16, 0.15, 7),
    ] {
        let gpu = classifier(DeviceChoice::CudaNumber(0), precision, None);
        assert!(gpu.device().starts_with("cuda:0 ("), "{}", gpu.device());
        let found = gpu.classify(&statements).unwrap();
        let largest = largest_difference(&expected, &found);
        assert!(largest <= tolerance, "{precision}: {largest}");
        let other = expected
            .iter()
            .zip(&found)
            .filter(|(a, b)| a.stance != b.stance)
            .count();
        assert!(other <= flips, "{precision}: {other} labels differ");
        assert!(found[1].truncated && !found[0].truncated);
    }
}

/// To the last bit: however statements are batched, and from run to run.
#[test]
#[ignore = "needs an Nvidia GPU"]
fn what_a_statement_gets_does_not_depend_on_its_neighbours() {
    let statements = statements();
    for precision in [Precision::Float16, Precision::BFloat16, Precision::Float32] {
        let gpu = classifier(DeviceChoice::Cuda, precision, None);
        let expected = gpu.classify(&statements).unwrap();
        assert_eq!(gpu.classify(&statements).unwrap(), expected);
        for batch_tokens in [1, 100, 5000] {
            let other = classifier(DeviceChoice::Cuda, precision, Some(batch_tokens));
            assert_eq!(
                other.classify(&statements).unwrap(),
                expected,
                "{precision}, {batch_tokens} tokens"
            );
        }
        let alone: Vec<Prediction> = statements[..50]
            .iter()
            .map(|one| gpu.classify(&[one]).unwrap()[0])
            .collect();
        assert_eq!(alone, expected[..50]);
    }
    let nothing: [&str; 0] = [];
    assert!(classifier(DeviceChoice::Cuda, Precision::Auto, None)
        .classify(&nothing)
        .unwrap()
        .is_empty());
}

#[test]
#[ignore = "needs an Nvidia GPU"]
fn a_gpu_that_is_not_there_is_named_with_those_that_are() {
    let scratch = Scratch::new();
    scratch.write("a.txt", "We will never let them in.");
    let model = repository("models/demarche-en-small");
    let classify = [
        "classify",
        "a.txt",
        "--model",
        model.to_str().unwrap(),
        "--device",
    ];
    scratch
        .demarche(&[&classify[..], &["cuda:99"]].concat())
        .expect_code(2)
        .expect_message(&["no GPU 99", "the driver shows"]);
    scratch
        .demarche(&[&classify[..], &["cuda", "--precision", "int8"]].concat())
        .expect_code(2)
        .expect_message(&["int8", "a GPU", "f32, f16, bf16 or auto"]);
}
