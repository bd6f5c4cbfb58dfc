//! `--zero-shot`: models of natural language inference, against transformers (`scripts/tiny_checkpoints.py`).

use std::path::PathBuf;

use demarche::classifier::{Classifier, ClassifierOptions, Precision};
use demarche::device::DeviceChoice;
use demarche::model::{Hypotheses, ModelFiles, Reading};
use demarche::Stance;
use serde_json::Value;

use crate::support::{repository, Scratch};

const NAMES: [&str; 2] = ["nli-bert", "nli-roberta"];

#[derive(serde::Deserialize)]
struct Case {
    text: String,
    /// In the order of [`Stance::ALL`].
    probabilities: [f32; Stance::COUNT],
}

fn checkpoints() -> PathBuf {
    repository("tests/data/checkpoints")
}

fn cases(name: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(checkpoints().join(name).join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn classifier(name: &str, precision: Precision) -> Classifier {
    let hypotheses = Hypotheses::read(&checkpoints().join("hypotheses.json")).unwrap();
    let files = ModelFiles::folder(checkpoints().join(name)).read_by(Reading::Entailment(hypotheses));
    let options = ClassifierOptions {
        device: DeviceChoice::Cpu,
        precision,
        ..ClassifierOptions::default()
    };
    Classifier::new(&files, options).unwrap()
}

/// Segments, templates of pairs, statements that are cut and hypotheses that are not, and the mean over hypotheses.
#[test]
fn probabilities_are_those_of_transformers() {
    for name in NAMES {
        let cases = cases(name);
        let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
        let predictions = classifier(name, Precision::Float32).classify(&texts).unwrap();
        for (case, prediction) in cases.iter().zip(predictions) {
            for (stance, expected) in Stance::ALL.into_iter().zip(case.probabilities) {
                let found = prediction.probabilities.of(stance);
                assert!(
                    (found - expected).abs() < 1e-5,
                    "{name}: {found}, not {expected}: {}",
                    case.text
                );
            }
        }
    }
}

#[test]
fn a_long_statement_is_cut_beside_its_hypotheses() {
    let cases = cases("nli-bert");
    let classifier = classifier("nli-bert", Precision::Float32);
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let truncated: Vec<bool> = classifier
        .classify(&texts)
        .unwrap()
        .iter()
        .map(|prediction| prediction.truncated)
        .collect();
    let is_longest = |index: &usize| texts[*index].len();
    let longest = (0..texts.len()).max_by_key(is_longest).unwrap();
    let expected: Vec<bool> = (0..texts.len()).map(|index| index == longest).collect();
    assert_eq!(truncated, expected);
}

#[test]
fn a_statement_is_the_same_whatever_stands_beside_it() {
    for name in NAMES {
        for precision in [Precision::Float32, Precision::Int8] {
            let classifier = classifier(name, precision);
            let cases = cases(name);
            let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
            let together = classifier.classify(&texts).unwrap();
            for (text, expected) in texts.iter().zip(together) {
                assert_eq!(
                    classifier.classify(&[text]).unwrap(),
                    [expected],
                    "{name}: {text}"
                );
            }
        }
    }
}

struct World(Scratch);

impl World {
    fn new() -> Self {
        let scratch = Scratch::new();
        scratch.write("list.txt", "We will not let them in.\nSend the fleet!\n");
        scratch.write(
            "gold.jsonl",
            "{\"text\": \"We will never let them in.\", \"label\": \"anti_intervention\"}\n\
             {\"text\": \"Send the fleet!\", \"label\": \"pro_intervention\"}\n",
        );
        Self(scratch)
    }

    fn model(name: &str) -> String {
        checkpoints().join(name).to_str().unwrap().to_owned()
    }
}

#[test]
fn the_same_records_come_out_and_can_be_compared() {
    let World(scratch) = World::new();
    let model = World::model("nli-roberta");
    let hypotheses = World::model("hypotheses.json");
    let asked = ["--model", &model, "--zero-shot", "--hypotheses", &hypotheses];
    let classify = ["classify", "--statements", "list.txt", "-o", "out.jsonl"];
    scratch.demarche(&[&classify[..], &asked].concat()).expect_code(0);
    let records = crate::support::json_lines(&scratch.read("out.jsonl"));
    let sum = |record: &Value| -> f64 {
        let names = [
            "p_pro_intervention",
            "p_anti_intervention",
            "p_cooperative",
            "p_none",
        ];
        names.iter().map(|name| record[name].as_f64().unwrap()).sum()
    };
    assert!(records.len() == 2 && records.iter().all(|record| (sum(record) - 1.0).abs() < 1e-4));
    let manifest: Value = serde_json::from_str(&scratch.read("out.jsonl.manifest.json")).unwrap();
    assert!(manifest["model"].as_str().unwrap().ends_with("(zero-shot)"));

    let run = scratch
        .demarche(&[&["evaluate", "gold.jsonl"][..], &asked].concat())
        .expect_code(0);
    assert!(run.stdout.contains("(zero-shot) ("), "{}", run.stdout);
    // Of the two, only the one whose labels are no stances is asked.
    let compare = [
        "compare",
        "default",
        &model,
        "--gold",
        "gold.jsonl",
        "--zero-shot",
    ];
    scratch.demarche(&compare).expect_code(0);
    scratch
        .demarche(&compare[..5])
        .expect_code(2)
        .expect_message(&["ENTAILMENT"]);
}

/// Other hypotheses are another model: a run is not gone on with by them.
#[test]
fn hypotheses_belong_to_the_model() {
    let World(scratch) = World::new();
    let model = World::model("nli-bert");
    let show = ["model", "show", &model, "--zero-shot", "--json"];
    let sha256 = |more: &[&str]| {
        let run = scratch.demarche(&[&show[..], more].concat()).expect_code(0);
        let shown: Value = serde_json::from_str(&run.stdout).unwrap();
        shown["sha256"].as_str().unwrap().to_owned()
    };
    let hypotheses = World::model("hypotheses.json");
    assert_ne!(sha256(&[]), sha256(&["--hypotheses", &hypotheses]));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let World(scratch) = World::new();
    let stances = World::model("roberta");
    let run = scratch.demarche(&[
        "classify",
        "--statements",
        "list.txt",
        "--model",
        &stances,
        "--zero-shot",
    ]);
    run.expect_code(2)
        .expect_message(&["called `entailment`", "pro_intervention"]);
    let model = World::model("nli-bert");
    let asked = ["classify", "--statements", "list.txt", "--model", &model];
    let run = scratch.demarche(&asked).expect_code(2);
    run.expect_message(&["not_entailment", "a stance model has four"]);
    scratch.write("bad.json", "{\"none\": \"It says nothing.\"}");
    let more = ["--zero-shot", "--hypotheses", "bad.json"];
    let run = scratch.demarche(&[&asked[..], &more].concat()).expect_code(2);
    run.expect_message(&["bad.json", "no hypothesis for pro_intervention"]);
    let long = format!("{{\"none\": \"{}\", \"cooperative\": \"a\", \"anti_intervention\": \"b\", \"pro_intervention\": \"c\"}}", "no ".repeat(200));
    scratch.write("long.json", long);
    let more = ["--zero-shot", "--hypotheses", "long.json"];
    let run = scratch.demarche(&[&asked[..], &more].concat()).expect_code(2);
    run.expect_message(&["nli-bert", "tokenizer"]);
    let run = scratch
        .demarche(&[&asked[..], &["--zero-shot", "--long", "window"]].concat())
        .expect_code(2);
    run.expect_message(&["--zero-shot", "--long"]);
}

/// Which model's labels a map is for is plain: the one whose own say nothing.
#[test]
fn a_comparison_reads_foreign_labels_by_a_map() {
    let World(scratch) = World::new();
    for file in ["tokenizer.json", "model.safetensors"] {
        scratch.write(
            &format!("own/{file}"),
            std::fs::read(checkpoints().join("bert").join(file)).unwrap(),
        );
    }
    let mut config: Value =
        serde_json::from_str(&std::fs::read_to_string(checkpoints().join("bert/config.json")).unwrap())
            .unwrap();
    config["id2label"] = serde_json::json!({"0": "A", "1": "B", "2": "C", "3": "D"});
    scratch.write("own/config.json", config.to_string());
    scratch.write(
        "map.json",
        r#"{"A": "pro_intervention", "B": "anti_intervention", "C": "cooperative", "D": "none"}"#,
    );
    let compare = ["compare", "default", "./own", "--gold", "gold.jsonl"];
    scratch
        .demarche(&compare)
        .expect_code(2)
        .expect_message(&["./own", "0: A"]);
    scratch
        .demarche(&[&compare[..], &["--label-map", "map.json"]].concat())
        .expect_code(0);
}
