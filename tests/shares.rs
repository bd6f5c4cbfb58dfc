//! `demarche sample` and `demarche shares` as a user runs them, one after the other.

use serde_json::Value;

use crate::support::{json_lines, Scratch};

const STANCES: [&str; 4] = ["pro_intervention", "anti_intervention", "cooperative", "none"];

/// The true stance of a statement, by its number.
fn truth(number: usize) -> &'static str {
    match number % 10 {
        0 => STANCES[0],
        1..=3 => STANCES[1],
        4 => STANCES[2],
        _ => STANCES[3],
    }
}

/// Predictions for 3,000 statements, as `classify` writes them: a third of what is against is missed.
fn corpus() -> Scratch {
    let rows = (0..3000).map(|number| {
        let predicted = if number % 10 == 3 { "none" } else { truth(number) };
        let (outlet, article) = (["Courier", "Echo"][number / 10 % 2], number / 10);
        let statement = number % 10;
        format!(
            "{{\"article\": \"{article}.txt\", \"outlet\": \"{outlet}\", \"statement\": {statement}, \
             \"text\": \"Statement {number}.\", \"stance\": \"{predicted}\", \"p_none\": null}}\n"
        )
    });
    let scratch = Scratch::new();
    scratch.write("stances.jsonl", rows.collect::<String>());
    scratch
}

/// Fills in the labels, as a coder would who is always right.
fn label(scratch: &Scratch, sheet: &str) {
    let rows = json_lines(&scratch.read(sheet)).into_iter().map(|mut row| {
        let text = row["text"].as_str().unwrap();
        let number: usize = text["Statement ".len()..text.len() - 1].parse().unwrap();
        row["label"] = truth(number).into();
        format!("{row}\n")
    });
    let labelled: String = rows.collect();
    scratch.write(sheet, labelled);
}

fn shares(scratch: &Scratch, arguments: &[&str]) -> Value {
    let arguments = [&["shares", "stances.jsonl", "--json"], arguments].concat();
    serde_json::from_str(&scratch.demarche(&arguments).expect_code(0).stdout).unwrap()
}

#[track_caller]
fn assert_holds_the_truth(group: &Value) {
    for (stance, truth) in STANCES.into_iter().zip([0.1, 0.3, 0.1, 0.5]) {
        let share = &group["shares"][stance];
        let bound = |end: usize| share["corrected"]["interval"][end].as_f64().unwrap();
        assert!(bound(0) <= truth && truth <= bound(1), "{stance}: {share}");
    }
    let against = &group["shares"]["anti_intervention"]["predicted"];
    assert!(
        (against["value"].as_f64().unwrap() - 0.2).abs() < 0.01,
        "{against}"
    );
}

#[test]
fn a_random_sample_corrects_the_shares() {
    let scratch = corpus();
    scratch
        .demarche(&["sample", "stances.jsonl", "--size", "600", "-o", "sample.jsonl"])
        .expect_code(0)
        .expect_message(&["drew 600 of 3000 statements"]);
    let record: Value = serde_json::from_str(&scratch.read("sample.jsonl.record.json")).unwrap();
    assert_eq!(record["strata"][0]["sampling_probability"], 0.2);
    assert_eq!(record["predictions_sha256"].as_str().unwrap().len(), 64);
    // What the model said would sway the coder.
    assert!(!scratch.read("sample.jsonl").contains("stance"));
    label(&scratch, "sample.jsonl");
    let found = shares(&scratch, &["--gold", "sample.jsonl", "--by", "outlet"]);
    assert_holds_the_truth(&found["all"]);
    assert_eq!(found["groups"][0]["statements"], 1500);
    assert_holds_the_truth(&found["groups"][1]);
}

#[test]
fn strata_drawn_unequally_are_weighed() {
    let scratch = corpus();
    let arguments = ["--stratify", "stance", "--allocation", "equal", "--size", "400"];
    let output = ["sample", "stances.jsonl", "-o", "sample.jsonl"];
    scratch
        .demarche(&[&output[..], &arguments[..]].concat())
        .expect_code(0);
    label(&scratch, "sample.jsonl");
    let rows = json_lines(&scratch.read("sample.jsonl"));
    let weights: f64 = rows
        .iter()
        .map(|row| 1.0 / row["sampling_probability"].as_f64().unwrap())
        .sum();
    assert!((weights - 3000.0).abs() < 1e-6);
    let found = shares(&scratch, &["--gold", "sample.jsonl"]);
    assert_holds_the_truth(&found["all"]);
}

#[test]
fn labels_are_never_overwritten_and_nothing_else_is_drawn_twice() {
    let scratch = corpus();
    let draw = |output| {
        let arguments = [
            "sample",
            "stances.jsonl",
            "--size",
            "50",
            "--seed",
            "4",
            "-o",
            output,
        ];
        scratch.demarche(&arguments)
    };
    draw("one.csv").expect_code(0);
    draw("two.csv").expect_code(0);
    assert_eq!(scratch.read("one.csv"), scratch.read("two.csv"));
    draw("one.csv")
        .expect_code(2)
        .expect_message(&["one.csv: exists"]);
    draw("sample.txt").expect_code(2);
}

#[test]
fn what_would_mislead_is_refused_or_said() {
    let scratch = corpus();
    scratch
        .demarche(&["sample", "stances.jsonl", "--size", "100", "-o", "small.jsonl"])
        .expect_code(0);
    let shares = |more: &[&str]| {
        scratch.demarche(&[&["shares", "stances.jsonl", "--gold", "small.jsonl"], more].concat())
    };
    shares(&[])
        .expect_code(2)
        .expect_message(&["no line has a text and one of the four labels"]);
    label(&scratch, "small.jsonl");
    shares(&[])
        .expect_code(2)
        .expect_message(&["100 gold statements are too few", "at least 200"]);
    let forced = shares(&["--force"]).expect_code(0);
    assert!(forced.stdout.contains("random sample"), "{}", forced.stdout);
    forced.expect_message(&["100 gold statements are few", "from 600 on"]);
    // Half of the sample is gone: its weights say so.
    let half: String = scratch
        .read("small.jsonl")
        .lines()
        .take(50)
        .map(|line| format!("{line}\n"))
        .collect();
    scratch.write("small.jsonl", half);
    shares(&["--force"])
        .expect_code(0)
        .expect_message(&["stand for 1500 statements", "3000 predictions"]);
    shares(&["--force", "--by", "newspaper"])
        .expect_code(2)
        .expect_message(&["no prediction has the field `newspaper`"]);
}
