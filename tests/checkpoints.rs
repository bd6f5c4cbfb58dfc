//! Classifiers of each architecture against transformers (`scripts/tiny_checkpoints.py`).

use candle_core::{Device, Tensor};
use demarche::classifier::{Classifier, ClassifierOptions, Precision};
use demarche::device::DeviceChoice;
use demarche::encoder::{Arithmetic, PackedBatch, Pass, SequenceClassifier};
use demarche::model::{Architecture, Model, ModelFiles, Pooling};
use demarche::Stance;

use crate::support::{repository, Scratch};

const TOLERANCE: f32 = 1e-4;

const NAMES: [&str; 8] = [
    "bert",
    "distilbert",
    "roberta",
    "xlm-roberta",
    "mpnet",
    "deberta-v2",
    "deberta-v3",
    "modernbert",
];

#[derive(serde::Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    logits: Vec<f32>,
    #[serde(default)]
    logits_of_mean: Vec<f32>,
}

fn folder(name: &str) -> std::path::PathBuf {
    repository("tests/data/checkpoints").join(name)
}

fn cases(name: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(folder(name).join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn model(name: &str) -> Model {
    Model::load(&ModelFiles::folder(folder(name)), &Device::Cpu).unwrap()
}

fn classifier(model: &Model, arithmetic: Arithmetic) -> SequenceClassifier {
    SequenceClassifier::new(&model.config.encoder, 4, &model.weights, &Device::Cpu, arithmetic).unwrap()
}

fn rows(logits: &Tensor) -> Vec<Vec<f32>> {
    logits.to_vec2().unwrap()
}

fn largest_difference(found: &[Vec<f32>], expected: impl Iterator<Item = Vec<f32>>) -> f32 {
    let pairs = found.iter().zip(expected);
    let differences = pairs.flat_map(|(found, expected)| {
        assert_eq!(found.len(), expected.len());
        found
            .iter()
            .zip(expected)
            .map(|(found, expected)| (found - expected).abs())
            .collect::<Vec<_>>()
    });
    differences.fold(0.0, f32::max)
}

fn batch(cases: &[Case]) -> PackedBatch {
    PackedBatch::new(cases.iter().map(|case| case.ids.as_slice()))
}

#[test]
fn every_architecture_has_a_checkpoint() {
    let mut found: Vec<&str> = NAMES
        .iter()
        .map(|name| model(name).config.encoder.architecture.name())
        .collect();
    found.dedup();
    let all: Vec<&str> = Architecture::ALL
        .iter()
        .map(|architecture| architecture.name())
        .collect();
    assert_eq!(found, all);
}

#[test]
fn statements_get_the_librarys_tokens() {
    for name in NAMES {
        let model = model(name);
        for case in cases(name) {
            let found = model.tokenizer.encode(&case.text).unwrap();
            assert_eq!(found.ids, case.ids, "{name}: {}", case.text);
            assert!(!found.truncated);
        }
    }
}

/// In both forms of float32, all statements in one batch.
#[test]
fn logits_are_those_of_transformers() {
    for name in NAMES {
        let (model, cases) = (model(name), cases(name));
        for arithmetic in [Arithmetic::Candle, Arithmetic::Float32] {
            let logits = classifier(&model, arithmetic)
                .forward(&batch(&cases), &Pass::Inference)
                .unwrap();
            let expected = cases.iter().map(|case| case.logits.clone());
            let difference = largest_difference(&rows(&logits), expected);
            assert!(
                difference < TOLERANCE,
                "{name}, {arithmetic:?}: off by {difference}"
            );
        }
    }
}

#[test]
fn modern_bert_pools_by_the_mean_as_well() {
    let (mut model, cases) = (model("modernbert"), cases("modernbert"));
    model.config.encoder.classifier_pooling = Pooling::Mean;
    for arithmetic in [Arithmetic::Candle, Arithmetic::Float32] {
        let logits = classifier(&model, arithmetic)
            .forward(&batch(&cases), &Pass::Inference)
            .unwrap();
        let expected = cases.iter().map(|case| case.logits_of_mean.clone());
        let difference = largest_difference(&rows(&logits), expected);
        assert!(difference < TOLERANCE, "{arithmetic:?}: off by {difference}");
    }
}

/// 8-bit integers are coarse in layers 32 wide; still, they must not be something else.
#[test]
fn int8_comes_near() {
    for name in NAMES {
        let (model, cases) = (model(name), cases(name));
        let logits = classifier(&model, Arithmetic::Int8)
            .forward(&batch(&cases), &Pass::Inference)
            .unwrap();
        let difference = largest_difference(&rows(&logits), cases.iter().map(|case| case.logits.clone()));
        assert!(difference < 0.5, "{name}: off by {difference}");
    }
}

/// To the last bit.
#[test]
fn a_statement_is_the_same_whatever_stands_beside_it() {
    for name in NAMES {
        let (model, cases) = (model(name), cases(name));
        for arithmetic in [Arithmetic::Candle, Arithmetic::Float32, Arithmetic::Int8] {
            let classifier = classifier(&model, arithmetic);
            let together = rows(&classifier.forward(&batch(&cases), &Pass::Inference).unwrap());
            for (case, expected) in cases.iter().zip(together) {
                let alone = classifier
                    .forward(&batch(std::slice::from_ref(case)), &Pass::Inference)
                    .unwrap();
                assert_eq!(rows(&alone), [expected], "{name}, {arithmetic:?}: {}", case.text);
            }
        }
    }
}

/// The whole way, with labels by name in whatever order: what transformers says is most likely.
#[test]
fn statements_are_classified_as_transformers_would() {
    for name in NAMES {
        let options = ClassifierOptions {
            device: DeviceChoice::Cpu,
            precision: Precision::Float32,
            ..ClassifierOptions::default()
        };
        let classifier = Classifier::new(&ModelFiles::folder(folder(name)), options).unwrap();
        let config: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(folder(name).join("config.json")).unwrap())
                .unwrap();
        let cases = cases(name);
        let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
        for (case, prediction) in cases.iter().zip(classifier.classify(&texts).unwrap()) {
            let likeliest = (0..4)
                .max_by(|&a, &b| case.logits[a].total_cmp(&case.logits[b]))
                .unwrap();
            let label = config["id2label"][likeliest.to_string()].as_str().unwrap();
            assert_eq!(
                prediction.stance,
                Stance::from_spelling(label).unwrap(),
                "{name}: {}",
                case.text
            );
        }
    }
}

/// What is fast for BERT alone is not what others get unasked.
#[test]
fn other_attention_than_berts_runs_in_float32() {
    for (name, expected) in [
        ("roberta", Precision::Int8),
        ("distilbert", Precision::Int8),
        ("mpnet", Precision::Float32),
        ("deberta-v3", Precision::Float32),
        ("modernbert", Precision::Float32),
    ] {
        let options = ClassifierOptions {
            device: DeviceChoice::Cpu,
            ..ClassifierOptions::default()
        };
        let classifier = Classifier::new(&ModelFiles::folder(folder(name)), options).unwrap();
        assert_eq!(classifier.precision(), expected, "{name}");
    }
}

#[test]
fn positions_that_padding_has_are_no_room_for_tokens() {
    for (name, tokens) in [
        ("roberta", 320),
        ("xlm-roberta", 320),
        ("mpnet", 320),
        ("bert", 240),
        ("modernbert", 320),
    ] {
        let model = model(name);
        let long = model.tokenizer.encode(&"no ".repeat(1000)).unwrap();
        assert_eq!((long.ids.len(), long.truncated), (tokens, true), "{name}");
        // The last position exists.
        let packed = PackedBatch::new([long.ids.as_slice()]);
        for arithmetic in [Arithmetic::Candle, Arithmetic::Float32] {
            classifier(&model, arithmetic)
                .forward(&packed, &Pass::Inference)
                .unwrap();
        }
    }
}

/// A model of another architecture, from the command line.
#[test]
fn a_user_brings_a_checkpoint() {
    let scratch = Scratch::new();
    scratch.write("list.txt", "We will not let them in.\nSend the fleet!\n");
    let own = folder("modernbert");
    let run = scratch.demarche(&[
        "classify",
        "--statements",
        "list.txt",
        "--format",
        "jsonl",
        "--model",
        own.to_str().unwrap(),
    ]);
    assert_eq!(run.expect_code(0).records().len(), 2);
}

fn copied(scratch: &Scratch, name: &str) {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        scratch.write(
            &format!("own/{file}"),
            std::fs::read(folder(name).join(file)).unwrap(),
        );
    }
}

#[test]
fn an_unknown_architecture_is_refused_with_those_that_are_known() {
    let scratch = Scratch::new();
    copied(&scratch, "bert");
    let config = scratch.read("own/config.json").replace("\"bert\"", "\"bart\"");
    scratch.write("own/config.json", config);
    scratch
        .demarche(&["classify", "-", "--model", "own"])
        .expect_code(2)
        .expect_message(&["model type `bart`", "distilbert", "xlm-roberta", "modernbert"]);
}

#[test]
fn a_pickle_is_refused_with_the_reason_and_the_way_out() {
    let scratch = Scratch::new();
    copied(&scratch, "bert");
    std::fs::remove_file(scratch.path("own/model.safetensors")).unwrap();
    scratch.write("own/pytorch_model.bin", "a pickle");
    scratch
        .demarche(&["classify", "-", "--model", "own"])
        .expect_code(2)
        .expect_message(&["pytorch_model.bin", "can run any code", "safe_serialization=True"]);
    scratch.write("own/model.safetensors.index.json", "{}");
    scratch
        .demarche(&["classify", "-", "--model", "own"])
        .expect_code(2)
        .expect_message(&["several files", "max_shard_size"]);
}

/// Gradients and file names are written for BERT.
#[test]
fn training_takes_bert_alone() {
    let scratch = Scratch::new();
    scratch.write(
        "gold.jsonl",
        "{\"text\": \"We will never let them in.\", \"label\": \"anti_intervention\"}\n",
    );
    let base = folder("roberta");
    scratch
        .demarche(&[
            "train",
            "--base",
            base.to_str().unwrap(),
            "--train",
            "gold.jsonl",
            "--dev",
            "gold.jsonl",
            "--out",
            "out",
        ])
        .expect_code(2)
        .expect_message(&["roberta", "bert"]);
}
