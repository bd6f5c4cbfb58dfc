//! `demarche compare` and `demarche agree` as a user runs them.

use serde_json::Value;

use crate::support::{repository, Scratch};

const GOLD: &str = "\
id,text,label
1,The first.,none
2,The second.,cooperative
3,The third.,pro_intervention
4,The fourth.,none
";

fn scratch() -> Scratch {
    let scratch = Scratch::new();
    scratch
        .write("gold.csv", GOLD)
        .write(
            "a.csv",
            "id,stance\n1,none\n2,none\n3,anti_intervention\n4,none\n",
        )
        .write(
            "b.jsonl",
            "{\"id\": 1, \"stance\": \"none\"}\n{\"id\": 2, \"stance\": \"cooperative\"}\n\
             {\"id\": 3, \"stance\": \"pro_intervention\"}\n",
        );
    scratch
}

#[test]
fn two_sets_of_predictions_are_set_beside_each_other() {
    let scratch = scratch();
    let run = scratch
        .demarche(&["compare", "a.csv", "b.jsonl", "--gold", "gold.csv"])
        .expect_code(0);
    for part in [
        "3 statements (1 without a prediction of both, left out)",
        "both right 1, both wrong 0, A alone right 0, B alone right 2",
        "p = 0.5000",
        "B right, A wrong:",
        "The second.",
    ] {
        assert!(run.stdout.contains(part), "{}", run.stdout);
    }
    let json = scratch
        .demarche(&["compare", "a.csv", "b.jsonl", "--gold", "gold.csv", "--json"])
        .expect_code(0)
        .stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let difference = json["figures"]["accuracy"]["difference"].as_f64().unwrap();
    assert!((difference - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!(json["b_right_a_wrong"][1]["gold"], "pro_intervention");
}

#[test]
fn models_are_compared_by_name_and_folder() {
    let scratch = scratch();
    let folder = repository("models/demarche-en-small");
    let run = scratch
        .demarche(&[
            "compare",
            "default",
            folder.to_str().unwrap(),
            "--gold",
            "gold.csv",
        ])
        .expect_code(0);
    assert!(run.stdout.contains("different stances 0"), "{}", run.stdout);
    assert!(run.stdout.contains("Brier score"), "{}", run.stdout);
    scratch
        .demarche(&["compare", "default", "nothing.csv", "--gold", "gold.csv"])
        .expect_code(2)
        .expect_message(&["nothing.csv", "cannot be read"]);
}

#[test]
fn coders_are_set_beside_each_other() {
    let scratch = Scratch::new();
    scratch
        .write(
            "anna.csv",
            "id,label,text\n1,none,One\n2,none,Two\n3,cooperative,Three\n4,,Four\n",
        )
        .write(
            "ben.csv",
            "id,label\n1,none\n2,cooperative\n3,cooperative\n4,none\n5,maybe\n",
        )
        .write(
            "model.csv",
            "id,label,stance\n1,none,none\n2,none,none\n3,cooperative,none\n",
        );
    let run = scratch.demarche(&["agree", "anna.csv", "ben.csv"]).expect_code(1);
    for part in [
        "coder 1: anna.csv, 3 labels and 1 left empty",
        "4 statements: 3 labelled by two coders or more, 3 by all 2",
        "Krippendorff's alpha",
        "Cohen's kappa",
        "1 statement labelled differently",
        "none / cooperative  (2)",
    ] {
        assert!(run.stdout.contains(part), "{}", run.stdout);
    }
    run.expect_message(&["ben.csv: line 6", "unknown stance `maybe`"]);
    scratch
        .demarche(&["agree", "anna.csv", "model.csv"])
        .expect_code(2)
        .expect_message(&["model.csv:stance"]);
    let json = scratch
        .demarche(&["agree", "anna.csv", "ben.csv", "model.csv:stance", "--json"])
        .expect_code(1)
        .stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["cohen_kappa"].as_array().unwrap().len(), 3);
    assert_eq!(json["labelled_by_all"], 3);
    scratch.demarche(&["agree", "anna.csv"]).expect_code(2);
}
