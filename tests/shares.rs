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
    assert_eq!(record["strata"][0]["drawn"], 600);
    assert_eq!(record["strata"][0]["statements"], 3000);
    assert_eq!(record["predictions_sha256"].as_str().unwrap().len(), 64);
    let sheet = scratch.read("sample.jsonl");
    // What the model said would sway the coder; what stands before does not.
    assert!(
        !sheet.contains("stance") && !sheet.contains("probability"),
        "{sheet}"
    );
    for row in json_lines(&sheet) {
        assert_eq!(
            row["before"].is_null(),
            row["id"].as_str().unwrap().ends_with("#0"),
            "{row}"
        );
    }
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
    let found = shares(&scratch, &["--gold", "sample.jsonl"]);
    assert_holds_the_truth(&found["all"]);
    // Drawn unequally, 400 are worth fewer.
    let worth = found["effective_gold"].as_f64().unwrap();
    assert!((200.0..350.0).contains(&worth), "{worth}");
    // The sheet may be renamed, but not parted from its record.
    scratch.write("labelled.jsonl", scratch.read("sample.jsonl"));
    assert_eq!(
        shares(&scratch, &["--gold", "labelled.jsonl"])["all"],
        found["all"]
    );
    std::fs::remove_file(scratch.path("sample.jsonl.record.json")).unwrap();
    scratch
        .demarche(&["shares", "stances.jsonl", "--gold", "labelled.jsonl"])
        .expect_code(2)
        .expect_message(&["sample.jsonl.record.json", "cannot be read"]);
}

#[test]
fn shares_are_a_table_for_other_programs() {
    let scratch = corpus();
    let sample = ["sample", "stances.jsonl", "--size", "600", "-o", "sample.jsonl"];
    scratch.demarche(&sample).expect_code(0);
    label(&scratch, "sample.jsonl");
    let arguments = ["--gold", "sample.jsonl", "--by", "outlet", "--csv", "shares.csv"];
    shares(&scratch, &arguments);
    let csv = scratch.read("shares.csv");
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 1 + 3 * 4);
    assert!(
        rows[0].starts_with("by,part,stance,statements,gold,predicted,"),
        "{}",
        rows[0]
    );
    assert!(
        rows[1].starts_with(",,pro_intervention,3000,600,0.1,"),
        "{}",
        rows[1]
    );
    assert!(
        rows[5].starts_with("outlet,Courier,pro_intervention,1500,"),
        "{}",
        rows[5]
    );
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
    assert_eq!(
        scratch.read("one.csv").replace("one.csv", "two.csv"),
        scratch.read("two.csv")
    );
    draw("one.csv")
        .expect_code(2)
        .expect_message(&["one.csv: exists"]);
    draw("sample.txt")
        .expect_code(2)
        .expect_message(&["ends in .csv or .jsonl"]);
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
        .expect_message(&["nothing in it is labelled yet", "100 rows"]);
    label(&scratch, "small.jsonl");
    shares(&[])
        .expect_code(2)
        .expect_message(&["100 gold statements are too few", "at least 200"]);
    let forced = shares(&["--force"]).expect_code(0);
    assert!(forced.stdout.contains("random sample"), "{}", forced.stdout);
    forced.expect_message(&["100 gold statements are few", "from 600 on"]);
    // A label is wrong: what is left is not the whole sample.
    let whole = scratch.read("small.jsonl");
    scratch.write("small.jsonl", whole.replacen("\"none\"", "\"neutral\"", 1));
    shares(&[])
        .expect_code(2)
        .expect_message(&["1 rows could not be used"]);
    // Rows are gone.
    let rest: String = whole.lines().skip(10).map(|line| format!("{line}\n")).collect();
    scratch.write("small.jsonl", rest);
    shares(&[])
        .expect_code(2)
        .expect_message(&["10 of the 100 statements that were drawn are not in it"]);
    scratch.write("small.jsonl", whole);
    // The record is an input too.
    shares(&["--force", "--json", "small.jsonl.record.json"])
        .expect_code(2)
        .expect_message(&["small.jsonl.record.json", "is an input"]);
    // Other predictions than it was drawn from, for the same statements.
    let predictions = scratch.read("stances.jsonl");
    scratch.write("stances.jsonl", predictions.replacen("cooperative", "none", 1));
    shares(&["--force"])
        .expect_code(0)
        .expect_message(&["SHA-256 differs"]);
    // And for others.
    scratch.write("stances.jsonl", predictions.replace("Statement", "Sentence"));
    shares(&["--force"])
        .expect_code(2)
        .expect_message(&["have another text"]);
    scratch.write("stances.jsonl", predictions);
    shares(&["--force", "--by", "newspaper"])
        .expect_code(2)
        .expect_message(&["no prediction has anything in a field `newspaper`"]);
}
