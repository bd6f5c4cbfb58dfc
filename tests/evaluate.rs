//! `demarche evaluate` as a user runs it.

use crate::support::Scratch;

const FIXTURE: &str = "\
{\"id\": \"1\", \"text\": \"We will bomb their camps unless they surrender, the general threatened.\", \"label\": \"pro_intervention\"}
{\"id\": \"2\", \"text\": \"We reject any foreign intervention, the president said.\", \"label\": \"anti_intervention\"}
{\"id\": \"3\", \"text\": \"The meeting began at noon.\", \"label\": \"none\"}
";

#[test]
fn scores_are_printed_for_people_and_for_programs() {
    let scratch = Scratch::new();
    scratch
        .write("gold.jsonl", FIXTURE)
        .write("gold.csv", "text,label\nThe meeting began at noon.,none\n");
    let text = scratch
        .demarche(&["evaluate", "gold.jsonl"])
        .expect_code(0)
        .stdout;
    for part in [
        "gold.jsonl: 3 statements",
        "macro-F1",
        "precision",
        "gold \\ predicted",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let json = scratch
        .demarche(&["evaluate", "gold.jsonl", "gold.csv", "--json"])
        .expect_code(0)
        .stdout;
    let reports: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(reports.as_array().unwrap().len(), 3);
    assert_eq!(reports[0]["accuracy"], 1.0);
    assert_eq!(reports[2]["statements"], 4);
    assert_eq!(reports[2]["confusion_gold_by_predicted"]["none"]["none"], 2);
}

#[test]
fn lines_without_a_label_are_rejected_alone() {
    let scratch = Scratch::new();
    let extra = "{\"text\": \"x\"}\n{\"text\": \"x\", \"label\": \"neutral\"}\n";
    scratch.write("gold.jsonl", format!("{FIXTURE}{extra}"));
    let run = scratch.demarche(&["evaluate", "gold.jsonl"]).expect_code(1);
    assert!(
        run.stdout.contains("3 statements (2 lines rejected)"),
        "{}",
        run.stdout
    );
    run.expect_message(&["gold.jsonl: line 4", "no field `label`"])
        .expect_message(&["gold.jsonl: line 5", "unknown stance `neutral`"]);
}

#[test]
fn a_fixture_without_any_label_is_an_error() {
    let scratch = Scratch::new();
    scratch.write("gold.jsonl", "{\"text\": \"x\"}\n");
    scratch
        .demarche(&["evaluate", "gold.jsonl"])
        .expect_code(2)
        .expect_message(&["gold.jsonl", "line 1"]);
    scratch.write("good.jsonl", FIXTURE);
    let run = scratch
        .demarche(&["evaluate", "missing.jsonl", "good.jsonl"])
        .expect_code(1);
    assert!(run.stdout.contains("good.jsonl: 3 statements"), "{}", run.stdout);
    scratch
        .demarche(&["evaluate", "missing.jsonl"])
        .expect_code(2)
        .expect_message(&["missing.jsonl"]);
}
