//! `demarche bench`, and the precision that it compares.

use serde_json::Value;

use crate::support::{repository, Scratch};

#[test]
fn both_precisions_are_measured_and_compared() {
    let run = Scratch::new()
        .demarche(&[
            "bench",
            "--statements",
            "40",
            "--rounds",
            "1",
            "--device",
            "cpu",
            "--json",
        ])
        .expect_code(0);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let parity = report["parity"].as_array().unwrap();
    assert_eq!(parity.len(), 1);
    assert_eq!(
        (&parity[0]["device"], &parity[0]["precision"]),
        (&"cpu".into(), &"int8".into())
    );
    assert!(parity[0]["statements"].as_u64().unwrap() > 100);
    for (measured, precision) in report["results"].as_array().unwrap().iter().zip(["int8", "f32"]) {
        assert_eq!(measured["precision"], precision);
        assert_eq!(measured["repeats"], true);
        assert!(measured["tokens"].as_u64().unwrap() > 40 * 2);
        assert!(measured["start_up_ms"]["median"].as_f64().unwrap() > 0.0);
        let throughput = &measured["throughput"];
        assert_eq!(throughput["statements"], 40);
        assert!(throughput["statements_per_second"]["median"].as_f64().unwrap() > 0.0);
        let share = throughput["share_of_peak"].as_f64().unwrap();
        assert!(share > 0.0 && share < 1.5, "{share}");
        assert!(measured["latency_ms"]["p99"].as_f64() >= measured["latency_ms"]["p50"].as_f64());
    }
}

#[test]
fn a_list_is_read_and_what_cannot_be_used_is_named() {
    let scratch = Scratch::new();
    scratch.write("list.jsonl", "{\"text\": \"We will help.\"}\n{\"other\": 1}\n");
    let run = scratch.demarche(&[
        "bench",
        "list.jsonl",
        "--statements",
        "3",
        "--rounds",
        "1",
        "--device",
        "cpu",
        "--precision",
        "int8",
    ]);
    let run = run.expect_code(1).expect_message(&["list.jsonl", "line 2"]);
    assert!(run.stdout.contains("3 statements of "), "{}", run.stdout);
    scratch
        .demarche(&["bench", "missing.txt"])
        .expect_code(2)
        .expect_message(&["missing.txt"]);
    scratch
        .demarche(&["bench", "--precision", "f64"])
        .expect_code(2)
        .expect_message(&["f64", "auto, f32 or int8"]);
}

/// The default precision is int8: the same bytes, and nearly the labels of float32.
#[test]
fn int8_is_the_default_and_agrees_with_float32() {
    let scratch = Scratch::new();
    let articles = repository("datasets/articles");
    let articles = articles.to_str().unwrap();
    let mut outputs = Vec::new();
    for precision in ["auto", "int8", "f32"] {
        let file = format!("{precision}.jsonl");
        scratch
            .demarche(&["classify", articles, "-o", &file, "--precision", precision])
            .expect_code(0);
        outputs.push(scratch.read(&file));
    }
    assert_eq!(outputs[0], outputs[1]);
    let stances = |output: &str| -> Vec<Value> {
        crate::support::json_lines(output)
            .into_iter()
            .map(|record| record["stance"].clone())
            .collect()
    };
    let (int8, float32) = (stances(&outputs[1]), stances(&outputs[2]));
    let same = int8.iter().zip(&float32).filter(|(a, b)| a == b).count();
    assert!(int8.len() > 600 && int8.len() == float32.len());
    assert!(
        same as f64 >= 0.985 * int8.len() as f64,
        "{same} of {}",
        int8.len()
    );
}

/// `--parity` compares on statements of the user's own, and names those that differ most.
#[test]
fn parity_is_measured_on_a_fixture() {
    let scratch = Scratch::new();
    scratch.write(
        "fixture.jsonl",
        "{\"text\": \"The premier refused the offer of foreign troops.\", \"label\": \"anti_intervention\"}\n\
         {\"text\": \"Parliament asked its allies to send soldiers.\", \"label\": \"pro_intervention\"}\n",
    );
    let arguments = [
        "bench",
        "--device",
        "cpu",
        "--precision",
        "int8",
        "--parity",
        "fixture.jsonl",
    ];
    let quick = ["--statements", "5", "--rounds", "1"];
    let run = scratch
        .demarche(&[&arguments[..], &quick, &["--json"]].concat())
        .expect_code(0);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let parity = &report["parity"][0];
    assert_eq!(parity["statements"], 2);
    let largest = parity["largest_difference"].as_f64().unwrap();
    assert!(largest > 0.0 && largest < 0.2, "{largest}");
    assert_eq!(parity["worst"][0]["difference"].as_f64(), Some(largest));
    assert!(parity["worst"][0]["text"].is_string());
    let run = scratch
        .demarche(&[&arguments[..], &quick].concat())
        .expect_code(0);
    assert!(
        run.stdout.contains("cpu int8 against cpu f32: "),
        "{}",
        run.stdout
    );
}
