//! `demarche export`: the same model in a folder that others can load.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{repository, Scratch};

const STATEMENTS: &str = "\
We will never accept foreign troops on our soil.
The council called for air strikes on the depots.
Both ministries agreed to a joint mission of observers.
The harvest was late this year.
“Help us,” said the mayor — and nobody came…
";

/// The four probabilities of each statement, in float32.
fn probabilities(scratch: &Scratch, model: &[&str]) -> Vec<Vec<f64>> {
    let mut arguments = vec!["classify", "--statements", "list.txt", "--precision", "f32"];
    arguments.extend(["--device", "cpu", "--format", "jsonl", "--quiet"]);
    arguments.extend(model);
    let run = scratch.demarche(&arguments).expect_code(0);
    let of_one = |record: &Value| {
        let names = [
            "p_pro_intervention",
            "p_anti_intervention",
            "p_cooperative",
            "p_none",
        ];
        names.iter().map(|name| record[name].as_f64().unwrap()).collect()
    };
    run.records().iter().map(of_one).collect()
}

#[track_caller]
fn assert_same(found: &[Vec<f64>], expected: &[Vec<f64>]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < 1e-5, "{found} instead of {expected}");
    }
}

fn json(scratch: &Scratch, file: &str) -> Value {
    serde_json::from_str(&scratch.read(file)).unwrap()
}

/// Tensors of a safetensors file: how many of each dtype, and the metadata.
fn tensors(scratch: &Scratch, file: &str) -> (BTreeMap<String, usize>, Value) {
    let bytes = std::fs::read(scratch.path(file)).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Map<String, Value> = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let mut dtypes = BTreeMap::new();
    for (_, tensor) in header.iter().filter(|(name, _)| *name != "__metadata__") {
        *dtypes
            .entry(tensor["dtype"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    (dtypes, header["__metadata__"].clone())
}

#[test]
fn the_default_model_comes_out_as_it_is_inside() {
    let scratch = Scratch::new();
    scratch.write("list.txt", STATEMENTS);
    scratch
        .demarche(&["export", "--out", "mine"])
        .expect_code(0)
        .expect_message(&["mine: demarche-en-small in float32", "config.json"]);
    assert_same(
        &probabilities(&scratch, &["--model", "mine"]),
        &probabilities(&scratch, &[]),
    );

    let config = json(&scratch, "mine/config.json");
    assert_eq!(config["id2label"]["0"], "pro_intervention");
    assert_eq!(config["torch_dtype"], "float32");
    assert_eq!(config["architectures"][0], "DemarcheForSequenceClassification");
    let class = config["auto_map"]["AutoModelForSequenceClassification"]
        .as_str()
        .unwrap();
    let (module, class) = class.split_once('.').unwrap();
    assert!(scratch
        .read(&format!("mine/{module}.py"))
        .contains(&format!("class {class}(")));
    let (dtypes, metadata) = tensors(&scratch, "mine/model.safetensors");
    assert_eq!(dtypes.keys().collect::<Vec<_>>(), ["F32"]);
    assert_eq!(metadata["format"], "pt");
    let tokenizer = json(&scratch, "mine/tokenizer_config.json");
    assert_eq!(
        (&tokenizer["model_max_length"], &tokenizer["pad_token"]),
        (&512.into(), &"[PAD]".into())
    );

    let card = scratch.read("mine/README.md");
    assert!(
        card.starts_with("---\nlanguage: en\nlicense: apache-2.0\n"),
        "{card}"
    );
    assert!(card.contains("trust_remote_code=True") && !card.contains("](../"));
    assert!(scratch.read("mine/NOTICE").contains("LICENSE-APACHE"));
    assert!(scratch.read("mine/LICENSE-APACHE").contains("Apache License"));
}

/// What a label map says, and a temperature, are in the exported folder without either.
#[test]
fn labels_and_temperature_go_into_the_folder() {
    let scratch = Scratch::new();
    scratch.write("list.txt", STATEMENTS);
    let source = "models/demarche-en-small";
    for file in ["tokenizer.json", "model.safetensors"] {
        scratch.write(
            &format!("own/{file}"),
            std::fs::read(repository(&format!("{source}/{file}"))).unwrap(),
        );
    }
    let text = std::fs::read_to_string(repository(&format!("{source}/config.json"))).unwrap();
    let mut config: Value = serde_json::from_str(&text).unwrap();
    let letters = serde_json::json!({"0": "A", "1": "B", "2": "C", "3": "D"});
    config["id2label"] = letters;
    config["calibration_temperature"] = 1.7.into();
    scratch.write("own/config.json", config.to_string());
    scratch.write(
        "map.json",
        r#"{"A": "none", "B": "cooperative", "C": "pro_intervention", "D": "anti_intervention"}"#,
    );
    let own = ["--model", "own", "--label-map", "map.json"];
    scratch
        .demarche(&[&["export", "--out", "out"][..], &own].concat())
        .expect_code(0);
    assert_same(
        &probabilities(&scratch, &["--model", "out"]),
        &probabilities(&scratch, &own),
    );
    let exported = json(&scratch, "out/config.json");
    assert_eq!(exported["id2label"]["0"], "none");
    assert_eq!(exported["label2id"]["anti_intervention"], 3);
    assert_eq!(exported["calibration_temperature"], Value::Null);
    assert!(scratch.read("out/README.md").contains("divided by 1.7"));
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let scratch = Scratch::new();
    scratch.write("out/notes.txt", "mine");
    scratch
        .demarche(&["export", "--out", "out"])
        .expect_code(2)
        .expect_message(&["out: is not empty", "--overwrite"]);
    scratch
        .demarche(&["export", "--out", "out", "--overwrite"])
        .expect_code(0);
    assert_eq!(scratch.read("out/notes.txt"), "mine");
    scratch.write("file", "");
    scratch
        .demarche(&["export", "--out", "file"])
        .expect_code(2)
        .expect_message(&["file", "cannot be written"]);
}

#[test]
fn a_bare_encoder_is_no_classifier() {
    let tiny = repository("tests/data/tiny-bert");
    Scratch::new()
        .demarche(&["export", "--out", "out", "--model", tiny.to_str().unwrap()])
        .expect_code(2)
        .expect_message(&["tiny-bert", "no classification head"]);
}
