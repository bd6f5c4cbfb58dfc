//! The encoder against the reference implementation (`scripts/reference_states.py`).

use candle_core::{Device, Tensor};
use demarche::encoder::{Arithmetic, Encoder, PackedBatch, Pass, SequenceClassifier};
use demarche::model::{Model, ModelFiles};

use crate::support::repository;

const TOLERANCE: f32 = 1e-4;

#[derive(serde::Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    first: Vec<f32>,
    last: Vec<f32>,
    mean: Vec<f32>,
    logits: Option<Vec<f32>>,
}

fn cases(name: &str) -> Vec<Case> {
    let path = repository(&format!("tests/data/reference/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn largest_difference(found: &Tensor, expected: &[f32]) -> f32 {
    let found = found.to_vec1::<f32>().unwrap();
    assert_eq!(found.len(), expected.len());
    found
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

/// Both forms in float32: Candle's operations and our CPU kernels.
fn check(files: &ModelFiles, name: &str) {
    for arithmetic in [Arithmetic::Candle, Arithmetic::Float32] {
        check_form(files, name, arithmetic);
    }
}

/// The largest difference over all cases, each encoded in one batch with the others.
fn check_form(files: &ModelFiles, name: &str, arithmetic: Arithmetic) {
    let device = Device::Cpu;
    let model = Model::load(files, &device).unwrap();
    let cases = cases(name);
    for case in &cases {
        assert_eq!(
            model.tokenizer.encode(&case.text).unwrap().ids,
            case.ids,
            "{}",
            case.text
        );
    }
    let encoder = Encoder::new(&model.config.encoder, &model.weights, &device, arithmetic).unwrap();
    let batch = PackedBatch::new(cases.iter().map(|case| case.ids.as_slice()));
    let states = encoder.forward(&batch, &Pass::Inference).unwrap();
    let mut start = 0;
    for case in &cases {
        let own = states.narrow(0, start, case.ids.len()).unwrap();
        start += case.ids.len();
        let differences = [
            largest_difference(&own.get(0).unwrap(), &case.first),
            largest_difference(&own.get(case.ids.len() - 1).unwrap(), &case.last),
            largest_difference(&own.mean(0).unwrap(), &case.mean),
        ];
        for difference in differences {
            assert!(
                difference < TOLERANCE,
                "{name}, {arithmetic:?}: off by {difference}: {}",
                case.text
            );
        }
    }
    if model.config.labels.is_none() {
        return;
    }
    let classifier =
        SequenceClassifier::new(&model.config.encoder, 4, &model.weights, &device, arithmetic).unwrap();
    let logits = classifier.forward(&batch, &Pass::Inference).unwrap();
    for (row, case) in cases.iter().enumerate() {
        let expected = case
            .logits
            .as_ref()
            .expect("the reference has logits for a classifier");
        let difference = largest_difference(&logits.get(row).unwrap(), expected);
        assert!(
            difference < TOLERANCE,
            "{name}: logits off by {difference}: {}",
            case.text
        );
    }
}

#[test]
fn a_tiny_random_encoder_computes_what_the_reference_computes() {
    check(
        &ModelFiles::folder(repository("tests/data/tiny-bert")),
        "tiny-bert",
    );
}

#[test]
fn the_default_model_computes_what_the_reference_computes() {
    check(
        &ModelFiles::folder(repository("models/demarche-en-small")),
        "demarche-en-small",
    );
}
